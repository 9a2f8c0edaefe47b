package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

// Directory is a store in files, one each.
type Directory struct{ path string }

// OpenDirectory makes a directory the store of one process, and removes what others left
// half written.
func OpenDirectory(path string) (*Directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("snapshots: %w", err)
	}
	return &Directory{path: path}, atomicfile.Sweep(path)
}

// List implements Store.
func (d *Directory) List(context.Context) ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if _, is := ParseName(e.Name()); is {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Get implements Store.
func (d *Directory) Get(_ context.Context, name string) ([]byte, error) {
	path, err := d.file(name)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path) //nolint:gosec // The name has the form of one.
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNone, name)
	}
	return data, err
}

// Put implements Store.
func (d *Directory) Put(_ context.Context, name string, data []byte) error {
	path, err := d.file(name)
	if err != nil {
		return err
	}
	return atomicfile.Replace(path, data)
}

// Delete implements Store.
func (d *Directory) Delete(_ context.Context, name string) error {
	path, err := d.file(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return atomicfile.SyncDir(d.path)
}

func (d *Directory) file(name string) (string, error) {
	if _, is := ParseName(name); !is {
		return "", fmt.Errorf("%w: %q is no name of one", ErrNone, name)
	}
	return filepath.Join(d.path, name), nil
}
