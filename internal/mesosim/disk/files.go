package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

const dirMode = 0o750

// Dir is a directory of small files.
type Dir struct{ root string }

// Open makes a directory and those below it that will be used, and removes what
// a process left that died while it wrote there.
func Open(root string, below ...string) (Dir, error) {
	for _, name := range append([]string{""}, below...) {
		dir := filepath.Join(root, name)
		if err := os.MkdirAll(dir, dirMode); err != nil {
			return Dir{}, err
		}
		if err := atomicfile.Sweep(dir); err != nil {
			return Dir{}, err
		}
	}
	return Dir{root: root}, nil
}

// Replace writes a file whole, and returns once it is there to stay.
func (d Dir) Replace(name string, content []byte) error {
	return atomicfile.Replace(filepath.Join(d.root, name), content)
}

// Remove removes a file; one that is not there is no error.
func (d Dir) Remove(name string) error {
	if err := os.Remove(filepath.Join(d.root, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Read returns a file's content; fs.ErrNotExist if it is not there.
func (d Dir) Read(name string) ([]byte, error) { return os.ReadFile(filepath.Join(d.root, name)) }

// List returns the names of the files in a directory below, sorted.
func (d Dir) List(below string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(d.root, below))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, path.Join(below, e.Name()))
	}
	return names, nil
}

// Memory is a Dir that outlives its users, but not the process: for a cluster
// within one process whose masters and agents are killed and started again.
type Memory struct {
	mu    sync.Mutex
	files map[string][]byte
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{files: map[string][]byte{}} }

// Replace is Dir.Replace.
func (m *Memory) Replace(name string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = slices.Clone(content)
	return nil
}

// Remove is Dir.Remove.
func (m *Memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, name)
	return nil
}

// Read is Dir.Read.
func (m *Memory) Read(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.files[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return slices.Clone(content), nil
}

// List is Dir.List.
func (m *Memory) List(below string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m.files)), func(name string) bool {
		return !strings.HasPrefix(name, below+"/")
	}), nil
}
