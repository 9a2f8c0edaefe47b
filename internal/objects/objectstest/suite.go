package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/milosgajdos/taurus/internal/objects"
)

// Run tests the stores that newStore returns, each empty, and each time another.
func Run(t *testing.T, newStore func(t *testing.T) objects.Store) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(*testing.T, objects.Store)
	}{
		{"EveryByteComesBack", testBytes},
		{"PartsOfAnObject", testParts},
		{"NothingIsReplaced", testReplaced},
		{"OneOfManyPutsIt", testRace},
		{"WhatIsNotThere", testAbsent},
		{"ListsInOrder", testList},
		{"ListsOfManyPages", testPages},
		{"NoName", testNames},
		{"CancelledIsNotThere", testCancelled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newStore(t)) })
	}
}

func put(t *testing.T, s objects.Store, name string, content []byte) {
	t.Helper()
	if err := s.Put(t.Context(), name, content); err != nil {
		t.Fatalf("put %s: %v", name, err)
	}
}

func get(t *testing.T, s objects.Store, name string, offset, length int64) []byte {
	t.Helper()
	in, err := s.Get(t.Context(), name, offset, length)
	if err != nil {
		t.Fatalf("get %s: %v", name, err)
	}
	content, err := io.ReadAll(in)
	if err = errors.Join(err, in.Close()); err != nil {
		t.Fatalf("get %s: %v", name, err)
	}
	return content
}

func list(t *testing.T, s objects.Store, prefix, after string) (names []string) {
	t.Helper()
	for o, err := range s.List(t.Context(), prefix, after) {
		if err != nil {
			t.Fatalf("list %q after %q: %v", prefix, after, err)
		}
		names = append(names, o.Name)
	}
	return names
}

func some(n int) []byte {
	content := make([]byte, n)
	r := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // Any bytes will do, the same each time.
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	return content
}

func testBytes(t *testing.T, s objects.Store) {
	for _, n := range []int{1, 100, 64 << 10, 3<<20 + 7} {
		name := fmt.Sprintf("a/b.%d", n)
		put(t, s, name, some(n))
		if got := get(t, s, name, 0, 0); !bytes.Equal(got, some(n)) {
			t.Errorf("%d bytes came back as %d others", n, len(got))
		}
		whole, err := objects.Read(t.Context(), s, name, int64(n))
		if err != nil || !bytes.Equal(whole, some(n)) {
			t.Errorf("read whole: %v", err)
		}
		if _, err := objects.Read(t.Context(), s, name, int64(n)-1); !errors.Is(err, objects.ErrLonger) {
			t.Errorf("more is there than was asked for: %v", err)
		}
	}
}

func testParts(t *testing.T, s objects.Store) {
	content := some(1000)
	put(t, s, "x", content)
	for _, c := range []struct{ offset, length, end int64 }{
		{0, 1, 1}, {0, 1000, 1000}, {10, 20, 30}, {999, 1, 1000}, {999, 50, 1000}, {500, 0, 1000}, {1, 0, 1000},
	} {
		if got := get(t, s, "x", c.offset, c.length); !bytes.Equal(got, content[c.offset:c.end]) {
			t.Errorf("%d bytes from %d on: got %d, want %d", c.length, c.offset, len(got), c.end-c.offset)
		}
	}
}

func testReplaced(t *testing.T, s objects.Store) {
	put(t, s, "x", []byte("first"))
	for _, other := range []string{"other", "first"} {
		if err := s.Put(t.Context(), "x", []byte(other)); !errors.Is(err, objects.ErrExists) {
			t.Errorf("put %q over it: %v, want ErrExists", other, err)
		}
	}
	if got := get(t, s, "x", 0, 0); string(got) != "first" {
		t.Errorf("it is %q", got)
	}
}

func testRace(t *testing.T, s objects.Store) {
	const many = 6
	done := make(chan error, many)
	for n := range many {
		go func() { done <- s.Put(context.WithoutCancel(t.Context()), "race", some(1000+n)) }()
	}
	won := 0
	for range many {
		switch err := <-done; {
		case err == nil:
			won++
		case !errors.Is(err, objects.ErrExists):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d have put it", won, many)
	}
	if got := get(t, s, "race", 0, 0); !bytes.Equal(got, some(len(got))) {
		t.Error("it is nobody's")
	}
}

func testAbsent(t *testing.T, s objects.Store) {
	for range 2 { // With nothing there at all, and with something.
		if in, err := s.Get(t.Context(), "none", 0, 0); !errors.Is(err, objects.ErrNotFound) {
			t.Errorf("%v, %v", in, err)
		}
		if in, err := s.Get(t.Context(), "none", 5, 10); !errors.Is(err, objects.ErrNotFound) {
			t.Errorf("a part: %v, %v", in, err)
		}
		if names := list(t, s, "none", ""); len(names) != 0 {
			t.Errorf("listed %v", names)
		}
		put(t, s, "some"+fmt.Sprint(len(list(t, s, "", ""))), []byte("x"))
	}
}

func testList(t *testing.T, s objects.Store) {
	all := []string{"a-1", "a/1", "a/2", "a/b/c", "a0", "b", "b.x"} // By bytes, '/' is between '-' and '0'.
	for _, i := range []int{3, 1, 6, 0, 5, 2, 4} {
		put(t, s, all[i], some(i+1))
	}
	for _, c := range []struct {
		prefix, after string
		want          []string
	}{
		{"", "", all},
		{"a/", "", all[1:4]},
		{"a", "", all[:5]},
		{"b", "", all[5:]},
		{"a/", "a/1", all[2:4]},
		{"", "a/b/c", all[4:]},
		{"a/", "a/1x", all[2:4]},
		{"a/b/", "", all[3:4]},
		{"c/", "", nil},
		{"b", "b.x", nil},
	} {
		if got := list(t, s, c.prefix, c.after); !slices.Equal(got, c.want) {
			t.Errorf("%q after %q: %v, want %v", c.prefix, c.after, got, c.want)
		}
	}
	for o, err := range s.List(t.Context(), "", "") {
		if err != nil || o.Size != int64(slices.Index(all, o.Name)+1) {
			t.Errorf("%v, %v", o, err)
		}
	}
	for o, err := range s.List(t.Context(), "", "") {
		if err != nil || o.Name != all[0] {
			t.Errorf("%v, %v", o, err)
		}
		break // It may be left.
	}
}

func testPages(t *testing.T, s objects.Store) {
	const many = 120 // A store that lists by pages is opened with smaller ones.
	var want []string
	for n := range many {
		want = append(want, fmt.Sprintf("p/%04d", n))
	}
	const beside = 8
	failed := make(chan error, beside)
	for n := range beside {
		go func() {
			var err error
			for i := n; i < many && err == nil; i += beside {
				err = s.Put(context.WithoutCancel(t.Context()), want[i], []byte("x"))
			}
			failed <- err
		}()
	}
	for range beside {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, s, "p/", ""); !slices.Equal(got, want) {
		t.Errorf("got %d names", len(got))
	}
}

func testNames(t *testing.T, s objects.Store) {
	for _, name := range []string{"", "/", "a/", "/a", "a//b", "../a", "a/../b", ".a", "a/.b", "A", "a b", "ä", "a\x00", `a\b`, string(bytes.Repeat([]byte("a"), objects.NameMax+1))} {
		if err := s.Put(t.Context(), name, []byte("x")); !errors.Is(err, objects.ErrName) {
			t.Errorf("put %q: %v", name, err)
		}
		if _, err := s.Get(t.Context(), name, 0, 0); !errors.Is(err, objects.ErrName) {
			t.Errorf("get %q: %v", name, err)
		}
	}
	put(t, s, string(bytes.Repeat([]byte("a"), objects.NameMax)), []byte("x"))
}

func testCancelled(t *testing.T, s objects.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "x", []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if _, err := s.Get(ctx, "x", 0, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	var failed error
	for _, err := range s.List(ctx, "", "") {
		failed = err
	}
	if !errors.Is(failed, context.Canceled) {
		t.Errorf("list: %v", failed)
	}
	if names := list(t, s, "", ""); len(names) != 0 {
		t.Errorf("%v are there", names)
	}
}
