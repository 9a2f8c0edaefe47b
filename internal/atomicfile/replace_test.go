package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	for _, want := range []string{"old", "new and longer", ""} {
		if err := atomicfile.Replace(file, []byte(want)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != want {
			t.Errorf("read %q, %v, want %q", got, err, want)
		}
	}
	wantOnly(t, dir, "f")
}

func TestReplaceFails(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.Mkdir(taken, 0o700); err != nil {
		t.Fatal(err)
	}
	err := atomicfile.Replace(taken, []byte("x"))
	if err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("replacing a directory says %v, want an error that names it", err)
	}
	wantOnly(t, dir, "taken")
	if err := atomicfile.Replace(filepath.Join(dir, "nowhere", "f"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of no directory: %v, want %v", err, fs.ErrNotExist)
	}
}

// wantOnly checks that no temporary file is left.
func wantOnly(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("the directory has %v, %v, want %s only", entries, err, name)
	}
}
