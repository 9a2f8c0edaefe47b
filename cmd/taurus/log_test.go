package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/natsauth"
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
	streams := filepath.Join(data, "nats", "jetstream", natsauth.LogAccount, "streams")
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

// TestLogOfADataDirectory: the commands that look after the log find that of a data
// directory, its admin's key and the marks by themselves, while nothing runs there too;
// and a log that has lost its end is mended as the messages say.
func TestLogOfADataDirectory(t *testing.T) {
	state := t.TempDir()
	data := filepath.Join(state, "d")
	want := func(status int, args []string, says ...string) {
		t.Helper()
		cmd := taurus(t, state, args...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if got := cmd.ProcessState.ExitCode(); got != status {
			t.Fatalf("taurus %q: status %d, want %d: %s", args, got, status, out)
		}
		for _, text := range says {
			if !strings.Contains(string(out), text) {
				t.Errorf("taurus %q does not say %q: %s", args, text, out)
			}
		}
	}
	demo := []string{"demo", "--exit", "--listen", "127.0.0.1:0", "--data", data}
	check := []string{"log", "check", "--data", data}
	want(0, demo)
	want(0, check, "its NATS is started for this command", "the log is whole")
	want(2, []string{"log", "check", "--data", state}, "is no data directory")
	want(2, append(check, "--nats", "nats://127.0.0.1:1"), "use one")

	blocks, err := filepath.Glob(filepath.Join(data, "nats", "jetstream", natsauth.LogAccount, "streams", "TAURUS", "msgs", "*.blk"))
	if err != nil || len(blocks) != 1 {
		t.Fatalf("%q, %v", blocks, err)
	}
	info, err := os.Stat(blocks[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(blocks[0], info.Size()-3000); err != nil {
		t.Fatal(err)
	}
	// As after a kill -9, which leaves NATS no index of what it had.
	if err := os.Remove(filepath.Join(filepath.Dir(blocks[0]), "index.db")); err != nil {
		t.Fatal(err)
	}
	want(1, demo, "the log has become shorter", "log check --data "+data)
	text, _ := taurus(t, state, check...).CombinedOutput()
	accept := regexp.MustCompile(`--from \d+ --to \d+`).FindString(string(text))
	if accept == "" || !strings.Contains(string(text), filepath.Join(data, "state")) {
		t.Fatalf("taurus %q: %s", check, text)
	}
	want(0, append([]string{"log", "accept-loss", "--data", data, "--yes", "--reason", "cut"}, strings.Fields(accept)...), "Start the services")
	want(0, check, "the log is whole")
	want(0, demo)
}
