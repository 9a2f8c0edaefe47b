package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

// Dir keeps objects as files of a directory.
type Dir struct {
	root string
	pace *Pace
}

// NewDir returns the store of a directory, which is made with the first object. It needs
// a file system with hard links.
func NewDir(root string, pace *Pace) *Dir { return &Dir{root: filepath.Clean(root), pace: pace} }

// String implements Store.
func (d *Dir) String() string { return d.root }

// Put implements Store.
func (d *Dir) Put(ctx context.Context, name string, content []byte) error {
	if err := errors.Join(CheckName(name), ctx.Err()); err != nil {
		return err
	}
	file := filepath.Join(d.root, filepath.FromSlash(name))
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s: %w", file, ErrExists)
	}
	if err := d.pace.Take(ctx, len(content)); err != nil {
		return err
	}
	if err := makeDirs(filepath.Dir(file)); err != nil {
		return err
	}
	err := atomicfile.Create(file, content)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}

// makeDirs makes a directory with those above it, to stay.
func makeDirs(dir string) error {
	_, err := os.Stat(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(dir)
	if err := makeDirs(above); err != nil {
		return err
	}
	const private = 0o700
	if err := os.Mkdir(dir, private); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return atomicfile.SyncDir(above)
}

// Get implements Store.
func (d *Dir) Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	if err := errors.Join(CheckName(name), ctx.Err()); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(d.root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if length == 0 {
		return d.pace.Reader(ctx, f), nil
	}
	return d.pace.Reader(ctx, part{io.LimitReader(f, length), f}), nil
}

// part is the beginning of a file that is open.
type part struct {
	io.Reader
	io.Closer
}

// List implements Store. What was not put whole is hidden, and left out.
func (d *Dir) List(ctx context.Context, prefix, after string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		objects, err := d.all(prefix, after)
		if err = errors.Join(err, ctx.Err()); err != nil {
			yield(Object{}, err)
			return
		}
		slices.SortFunc(objects, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
		for _, o := range objects {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (d *Dir) all(prefix, after string) (objects []Object, err error) {
	// Nothing is in other directories than the one that a prefix is in, or below it.
	under := filepath.Join(d.root, filepath.FromSlash(path.Dir(prefix+"x")))
	err = filepath.WalkDir(under, func(file string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(d.root, file)
		name := filepath.ToSlash(rel)
		if err != nil || CheckName(name) != nil || !strings.HasPrefix(name, prefix) || name <= after {
			return err
		}
		info, err := e.Info()
		if err == nil {
			objects = append(objects, Object{Name: name, Size: info.Size()})
		}
		return err
	})
	return objects, err
}
