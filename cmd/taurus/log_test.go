package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDevDoesNotMakeALogAgain: a store that had a log and has none any more is
// refused, whatever is left of it, and the way out that the message names works.
func TestDevDoesNotMakeALogAgain(t *testing.T) {
	state := t.TempDir()
	data := filepath.Join(state, "d")
	demo := func(args ...string) (int, string) {
		cmd := taurus(t, state, append([]string{"demo", "--data", data}, args...)...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}
	if status, out := demo("--exit", "--listen", "127.0.0.1:0"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	// The second run finds what the first one made.
	if status, out := demo("--exit", "--listen", "127.0.0.1:0"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	streams := filepath.Join(data, "nats", "jetstream", "$G", "streams")
	for _, gone := range []string{filepath.Join(streams, "TAURUS"), filepath.Join(data, "nats")} {
		if err := os.RemoveAll(gone); err != nil {
			t.Fatal(err)
		}
		status, out := demo("--exit", "--listen", "127.0.0.1:0")
		if status != 2 || !strings.Contains(out, "it was there before") || !strings.Contains(out, "demo --clean --data "+data) {
			t.Errorf("without %s: status %d: %s", gone, status, out)
		}
		if _, err := os.Stat(filepath.Join(streams, "TAURUS")); err == nil {
			t.Errorf("without %s: made again", gone)
		}
	}
	if status, out := demo("--clean"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	if status, out := demo("--exit", "--listen", "127.0.0.1:0"); status != 0 {
		t.Errorf("status %d: %s", status, out)
	}
}
