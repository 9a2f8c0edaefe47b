package allinone_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/natsauth"
)

// TestLogHistory: what was made once counts as made for ever, and what was begun is
// not taken for nothing.
func TestLogHistory(t *testing.T) {
	data := t.TempDir()
	want := func(want allinone.LogHistory) {
		t.Helper()
		got, err := allinone.ReadLogHistory(data)
		if err != nil || got != want {
			t.Errorf("history %d, %v, want %d", got, err, want)
		}
	}
	want(allinone.LogNever)
	store := filepath.Join(data, "nats", "jetstream", natsauth.LogAccount, "streams")
	if err := os.MkdirAll(store, 0o700); err != nil {
		t.Fatal(err)
	}
	want(allinone.LogNever) // NATS has started, and nothing was made.
	if err := os.Mkdir(filepath.Join(store, "TAURUS"), 0o700); err != nil {
		t.Fatal(err)
	}
	want(allinone.LogBegun)
	if err := allinone.WriteLogMade(data, "TAURUS"); err != nil {
		t.Fatal(err)
	}
	want(allinone.LogMade)
	if err := os.RemoveAll(filepath.Join(data, "nats")); err != nil {
		t.Fatal(err)
	}
	want(allinone.LogMade)
}
