package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/milosgajdos/taurus/internal/job"
)

// othersMay are the bits of a file's mode that let anybody on the machine at it.
const othersMay fs.FileMode = 0o007

// Directory keeps each secret in a file, whose path below the directory is its name. What is in the file is the secret,
// an end of line at its end included. Files that others may read are refused, and so is what is not below the
// directory, wherever symbolic links lead.
type Directory struct {
	path string
	root *os.Root
}

// OpenDirectory opens the directory of secrets.
func OpenDirectory(path string) (*Directory, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open the directory of secrets: %w", err)
	}
	return &Directory{path: path, root: root}, nil
}

// Close closes the directory.
func (d *Directory) Close() error { return d.root.Close() }

// Get implements Provider. A read that takes long is given up with ctx: directories may be those of other machines.
func (d *Directory) Get(ctx context.Context, name string) (Value, string, error) {
	if why := job.CheckSecretName(name); why != "" {
		return Value{}, "", Missing("its name %s", why)
	}
	type answer struct {
		data []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		data, err := d.read(name)
		got <- answer{data, err}
	}()
	select {
	case a := <-got:
		return NewValue(a.data), "", a.err
	case <-ctx.Done():
		return Value{}, "", Unavailable("%s did not answer in time", d.path)
	}
}

func (d *Directory) read(name string) ([]byte, error) {
	if _, key := Split(name); key != "" {
		return nil, Missing("a directory keeps one secret in a file; leave out #%s", key)
	}
	// It must not wait for whoever would write to a pipe of that name.
	f, err := d.root.OpenFile(name, os.O_RDONLY|nonBlocking, 0)
	switch shown := filepath.Join(d.path, name); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, Missing("put it into %s, which only the launcher may read (0600)", shown)
	case errors.Is(err, fs.ErrPermission):
		return nil, Forbidden("the launcher may not read %s; give it the file", shown)
	case err != nil:
		return nil, Missing("%s cannot be opened, or leads out of the directory; put a file there", shown)
	}
	defer func() { _ = f.Close() }()
	return d.content(f, name)
}

func (d *Directory) content(f *os.File, name string) ([]byte, error) {
	shown := filepath.Join(d.path, name)
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, Unavailable("%s cannot be looked at", shown)
	case !info.Mode().IsRegular():
		return nil, Missing("%s is no file; name a file below it", shown)
	case info.Mode()&othersMay != 0:
		return nil, Forbidden("%s has mode %#o, so anybody on its machine may read or change it; chmod o= %s", shown, info.Mode().Perm(), shown)
	case info.Size() > SizeMax:
		return nil, Missing("%s has %d bytes, the most is %d", shown, info.Size(), SizeMax)
	}
	data := make([]byte, SizeMax+1)
	n, err := io.ReadFull(f, data)
	switch {
	case n > SizeMax:
		clear(data)
		return nil, Missing("%s has more than %d bytes", shown, SizeMax)
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		clear(data)
		return nil, Unavailable("%s cannot be read", shown)
	case n == 0:
		return nil, Missing("%s is empty; put the secret into it", shown)
	}
	return data[:n:n], nil
}
