package disk_test

import (
	"os"
	"path/filepath"
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
