package lifecycle

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzMark: whatever lies in the file of a mark, it is read or refused, and what is
// read is read again once it is stored anew.
func FuzzMark(f *testing.F) {
	for _, text := range []string{
		"", "null", "{}", `{"cause":"kill","grace_ns":1}`, `{"cause":"unhealthy","grace_ns":-1,"since":"2026-01-02T03:04:05.6Z"}`,
		`{"cause":1}`, `{"since":""}`, `{"cause":"kill"`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m := marks{dir: t.TempDir()}
		if err := os.Mkdir(m.folder("c"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(m.folder("c"), markFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		k, found, err := m.load("c")
		if err != nil {
			return
		}
		if !found {
			t.Fatal("a mark is there, and was not found")
		}
		if err := m.store("c", k); err != nil {
			t.Fatal(err)
		}
		again, found, err := m.load("c")
		if err != nil || !found || again.Cause != k.Cause || again.Grace != k.Grace || !again.Since.Equal(k.Since) {
			t.Errorf("stored %+v, read %+v %v %v", k, again, found, err)
		}
	})
}

// A mark is there as a whole or not at all, and the file it was written to aside
// does not remain.
func TestMarkIsReplaced(t *testing.T) {
	t.Parallel()
	m := marks{dir: t.TempDir()}
	if _, found, err := m.load("c"); found || err != nil {
		t.Fatalf("before: %v %v", found, err)
	}
	since := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, k := range []mark{{Cause: causeKill, Grace: time.Second, Since: since}, {Cause: causeExpired}} {
		if err := m.store("c", k); err != nil {
			t.Fatal(err)
		}
		if got, found, err := m.load("c"); got != k || !found || err != nil {
			t.Errorf("read %+v %v %v, want %+v", got, found, err, k)
		}
	}
	if entries, err := os.ReadDir(m.folder("c")); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v: %v", entries, err)
	}
}
