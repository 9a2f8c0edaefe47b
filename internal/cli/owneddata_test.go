package cli

import (
	"os"
	"strings"
	"testing"
)

// TestNobodyElsePutsKeysIntoOurData: a directory that others own or may write to is refused
// before anything of it is believed.
func TestNobodyElsePutsKeysIntoOurData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for mode, why := range map[os.FileMode]string{0o700: "", 0o755: "", 0o775: "", 0o777: "anybody may write", 0o777 | os.ModeSticky: "anybody may write"} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		refusedFor(t, dir, why)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // Nobody else can give a directory away.
		if err := os.Chown(dir, 12345, -1); err != nil {
			t.Fatal(err)
		}
		refusedFor(t, dir, "another user's")
	}
	refusedFor(t, dir+"/none", "no such file")
}

// refusedFor wants a directory to be refused, with a reason; none is not.
func refusedFor(t *testing.T, dir, why string) {
	t.Helper()
	err := checkOwned(dir)
	if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
		t.Errorf("%v, want %q", err, why)
	}
}
