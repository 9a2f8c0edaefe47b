package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// TestCreate makes a file once: of several who do one has made it, and it is theirs.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	const many = 8
	made := make(chan error, many)
	for n := range many {
		go func() { made <- atomicfile.Create(file, []byte{byte(n)}) }()
	}
	created := 0
	for range many {
		switch err := <-made; {
		case err == nil:
			created++
		case !errors.Is(err, fs.ErrExist):
			t.Error(err)
		}
	}
	if created != 1 {
		t.Errorf("%d have created it", created)
	}
	was, err := os.ReadFile(file)
	if err != nil || len(was) != 1 {
		t.Fatalf("%q, %v", was, err)
	}
	if err := atomicfile.Create(file, []byte("other")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("it was there: %v", err)
	}
	if is, _ := os.ReadFile(file); string(is) != string(was) {
		t.Errorf("it was %q, and is %q", was, is)
	}
	wantOnly(t, dir, "f")
}

// TestSweep takes what a Replace left that was killed, and nothing else.
func TestSweep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[1]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	kept := []string{".hidden", "f", "f.tmp"}
	for _, name := range append([]string{".f.123.tmp"}, kept...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := atomicfile.Sweep(dir); err != nil {
			t.Fatal(err)
		}
		wantOnly(t, dir, kept...)
	}
	if err := atomicfile.Sweep(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("sweeping no directory: %v, want %v", err, fs.ErrNotExist)
	}
}

// TestSweepKnowsTheFilesOfReplace: what it removes is named as Replace names it.
func TestSweepKnowsTheFilesOfReplace(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.Mkdir(taken, 0o700); err != nil {
		t.Fatal(err)
	}
	var left *os.LinkError
	if err := atomicfile.Replace(taken, nil); !errors.As(err, &left) {
		t.Fatalf("replacing a directory says %v", err)
	}
	if err := os.WriteFile(left.Old, nil, 0o600); err != nil { // As if the process had died before it renamed.
		t.Fatal(err)
	}
	if err := atomicfile.Sweep(dir); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, "taken")
}

// wantOnly checks that no temporary file is left.
func wantOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if err != nil || !slices.Equal(got, names) {
		t.Errorf("the directory has %v, %v, want %v", got, err, names)
	}
}
