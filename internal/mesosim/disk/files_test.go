package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
)

// TestOpenSweeps: what a killed process left is gone, what it wrote is there.
func TestOpenSweeps(t *testing.T) {
	root := t.TempDir()
	for range 2 {
		if _, err := disk.Open(root, "runs"); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"f", "runs/g", ".f.1.tmp", "runs/.g.1.tmp"} {
			if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	d, err := disk.Open(root, "runs")
	if err != nil {
		t.Fatal(err)
	}
	if names, err := d.List("runs"); err != nil || !slices.Equal(names, []string{"runs/g"}) {
		t.Errorf("%v, %v", names, err)
	}
	if left, err := filepath.Glob(filepath.Join(root, ".*")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v are left", left, err)
	}
}

// files is what both kinds have to do.
type files interface {
	Replace(name string, content []byte) error
	Remove(name string) error
	Read(name string) ([]byte, error)
	List(below string) ([]string, error)
}

func TestFiles(t *testing.T) {
	dir, err := disk.Open(t.TempDir(), "runs")
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]files{"dir": dir, "memory": disk.NewMemory()} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.Read("runs/a"); !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("read what is not there: %v", err)
			}
			content := []byte("one")
			for _, name := range []string{"runs/b", "runs/a", "c"} {
				if err := f.Replace(name, content); err != nil {
					t.Fatal(err)
				}
			}
			content[0] = 'x'
			got, err := f.Read("runs/a")
			if err != nil || string(got) != "one" {
				t.Fatalf("read %q, %v", got, err)
			}
			for range 2 {
				if err := f.Remove("runs/b"); err != nil {
					t.Fatal(err)
				}
			}
			names, err := f.List("runs")
			if err != nil || !slices.Equal(names, []string{"runs/a"}) {
				t.Fatalf("list %v, %v", names, err)
			}
		})
	}
}
