package snapshottest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/milosgajdos/taurus/internal/snapshot"
)

func name(n int) string { return fmt.Sprintf("%020d-20260301T120000Z-0123456789abcdef", n) }

// Run holds a store to what snapshot.Store says; each test gets one with nothing in it.
func Run(t *testing.T, open func(t *testing.T) snapshot.Store) {
	t.Run("KeepsWhatIsPut", func(t *testing.T) { testKeeps(t, open(t)) })
	t.Run("NotThere", func(t *testing.T) { testNone(t, open(t)) })
	t.Run("WholeOrNot", func(t *testing.T) { testWhole(t, open(t)) })
}

func testKeeps(t *testing.T, s snapshot.Store) {
	large := bytes.Repeat([]byte("0123456789"), 500_000)
	for n, data := range [][]byte{{}, []byte("one"), large} {
		if err := s.Put(t.Context(), name(n), data); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range [][]byte{{}, []byte("one"), large} {
		if got, err := s.Get(t.Context(), name(n)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d: %d bytes, %v, want %d", n, len(got), err, len(want))
		}
	}
	if err := s.Put(t.Context(), name(1), []byte("another")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), name(1)); err != nil || string(got) != "another" {
		t.Errorf("%q, %v", got, err)
	}
	if err := s.Delete(t.Context(), name(0)); err != nil {
		t.Fatal(err)
	}
	names, err := s.List(t.Context())
	slices.Sort(names)
	if want := []string{name(1), name(2)}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%v, %v, want %v", names, err, want)
	}
}

func testNone(t *testing.T, s snapshot.Store) {
	if names, err := s.List(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
	if _, err := s.Get(t.Context(), name(1)); !errors.Is(err, snapshot.ErrNone) {
		t.Errorf("%v, want ErrNone", err)
	}
	if err := s.Delete(t.Context(), name(1)); err != nil {
		t.Errorf("nothing deleted: %v", err)
	}
	for _, bad := range []string{"", "x", "../x", name(1) + "/x"} {
		if err := s.Put(t.Context(), bad, nil); err == nil {
			t.Errorf("put under %q", bad)
		}
	}
}

// testWhole: whoever reads while others write finds one of what they wrote.
func testWhole(t *testing.T, s snapshot.Store) {
	put := func(b byte) error { return s.Put(t.Context(), name(7), bytes.Repeat([]byte{b}, 300_000)) }
	if err := put('a'); err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	for _, b := range []byte("bcd") {
		writing.Go(func() {
			if err := put(b); err != nil {
				t.Error(err)
			}
		})
	}
	for range 20 {
		got, err := s.Get(t.Context(), name(7))
		if err != nil || len(got) != 300_000 || !bytes.Equal(got, bytes.Repeat(got[:1], len(got))) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	writing.Wait()
}
