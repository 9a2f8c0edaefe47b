package secret_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/milosgajdos/taurus/internal/secret"
	"github.com/milosgajdos/taurus/internal/secret/secrettest"
)

func directory(t *testing.T) (string, *secret.Directory) {
	t.Helper()
	path := t.TempDir()
	d, err := secret.OpenDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return path, d
}

func put(t *testing.T, dir, name, value string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDirectory runs the suite.
func TestDirectory(t *testing.T) {
	secrettest.Run(t, func(t *testing.T) secrettest.Store {
		path, d := directory(t)
		return secrettest.Store{
			Provider: d,
			Put:      func(t *testing.T, name, value string) { put(t, path, name, value) },
			Forbid: func(t *testing.T, name string) {
				if err := os.Chmod(filepath.Join(path, name), 0o644); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

// TestDirectoryModes: what others may read or change is refused, with the mend.
func TestDirectoryModes(t *testing.T) {
	path, d := directory(t)
	for mode, fine := range map[os.FileMode]bool{0o400: true, 0o600: true, 0o640: true, 0o660: true, 0o644: false, 0o602: false, 0o601: false, 0o777: false} {
		put(t, path, "a", "secret")
		if err := os.Chmod(filepath.Join(path, "a"), mode); err != nil {
			t.Fatal(err)
		}
		_, _, err := d.Get(t.Context(), "a")
		if fine != (err == nil) || !fine && (!errors.Is(err, secret.ErrForbidden) || !strings.Contains(err.Error(), "chmod o= ")) {
			t.Errorf("%#o: %v", mode, err)
		}
		_ = os.Remove(filepath.Join(path, "a"))
	}
}

// TestDirectoryLinks: links within the directory are followed, others are not.
func TestDirectoryLinks(t *testing.T) {
	path, d := directory(t)
	outside := t.TempDir()
	put(t, outside, "key", "another's")
	put(t, path, "real/key", "ours")
	for name, target := range map[string]string{
		"inside": "real/key", "folder": "real", "out": filepath.Join(outside, "key"), "outfolder": outside, "up": "../" + filepath.Base(outside) + "/key",
	} {
		if err := os.Symlink(target, filepath.Join(path, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"inside": "ours", "folder/key": "ours", "out": "", "outfolder/key": "", "up": ""} {
		v, _, err := d.Get(t.Context(), name)
		if string(v.Bytes()) != want || (want == "") != errors.Is(err, secret.ErrMissing) {
			t.Errorf("%s: %q, %v", name, v.Bytes(), err)
		}
	}
}

// TestDirectoryKeepsEndsOfLines: a key in a file may need its own.
func TestDirectoryKeepsEndsOfLines(t *testing.T) {
	path, d := directory(t)
	put(t, path, "a", "key\n")
	if v, _, err := d.Get(t.Context(), "a"); err != nil || string(v.Bytes()) != "key\n" || string(v.Line()) != "key" {
		t.Errorf("%q, %v", v.Bytes(), err)
	}
}

// TestDirectoryOfOddFiles: what is empty or no file is no secret, and nothing waits for a pipe.
func TestDirectoryOfOddFiles(t *testing.T) {
	path, d := directory(t)
	put(t, path, "empty", "")
	if err := syscall.Mkfifo(filepath.Join(path, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(path, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"empty", "pipe", "folder"} {
		if v, _, err := d.Get(t.Context(), name); !errors.Is(err, secret.ErrMissing) || len(v.Bytes()) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := secret.OpenDirectory(filepath.Join(path, "absent")); err == nil {
		t.Error("a directory that is not there was opened")
	}
}
