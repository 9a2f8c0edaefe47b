package objects_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/internal/objects/objectstest"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

func TestDir(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) objects.Store {
		t.Helper()
		return objects.NewDir(filepath.Join(t.TempDir(), "not", "yet"), nil)
	})
}

// TestDirPassesOver what was not put whole, and what is not its own.
func TestDirPassesOver(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".x.123.tmp", "README", "ok"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for o, err := range objects.NewDir(dir, nil).List(t.Context(), "", "") {
		if err != nil || o.Name != "ok" {
			t.Errorf("%v, %v", o, err)
		}
	}
}

// TestPace: what goes and what comes keeps to the pace, together.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const each, second = 1 << 20, 256 << 10
		s := objects.NewDir(t.TempDir(), objects.NewPace(second))
		begin := time.Now()
		if err := s.Put(t.Context(), "x", make([]byte, each)); err != nil {
			t.Fatal(err)
		}
		in, err := s.Get(t.Context(), "x", 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil || !bytes.Equal(content, make([]byte, each)) {
			t.Fatal(len(content), err)
		}
		_ = in.Close()
		if took, want := time.Since(begin), 2*each/second*time.Second; took < want-time.Second || took > want+time.Second {
			t.Errorf("it took %v, want some %v", took, want)
		}
	})
}
