package process

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzExit: whatever lies where a script leaves the exit status, it is read or
// refused, and a signal goes with the status by which a shell tells it.
func FuzzExit(f *testing.F) {
	for _, text := range []string{"", "0\n", "3\n", "137\n", "128", "255", "-1", "99999999999999999999", "x"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, exitFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		exit, found, err := readExit(dir)
		switch {
		case err != nil && found:
			t.Error("both refused and found")
		case err == nil && !found:
			t.Error("a status is there, and was not found")
		case err == nil && (exit.Signal != "") != (exit.Code > 128 && exit.Code <= 128+31):
			t.Errorf("%q is %+v", text, exit)
		}
	})
}

// FuzzClaim: whatever lies in the file of a claim, it is read or refused.
func FuzzClaim(f *testing.F) {
	for _, text := range []string{
		"", "1 (sh) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21\nboot\n", "1 (", ") (", "x (sh) S", "\n\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, claimFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readClaim(dir)
		if err == nil && c.at.IsZero() {
			t.Errorf("a claim without a time: %+v", c)
		}
	})
}
