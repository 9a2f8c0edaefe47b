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

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, want := range []string{"old", "new and longer", ""} {
		if err := disk.Replace(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%q %v, want %q", got, err, want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v %v are left", entries, err)
	}
	if err := disk.Replace(filepath.Join(dir, "nowhere", "f"), nil); err == nil {
		t.Error("a missing directory is no error")
	}
}

func TestSweepTakesOnlyWhatAReplaceLeft(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"f", "f.123.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := disk.Sweep(dir); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != "f" {
		t.Errorf("%v %v", entries, err)
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
