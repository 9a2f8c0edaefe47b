package secrettest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/secret"
)

// Planted is the value that the suite looks for where it must not be.
const Planted = "p1anted \"secret\" väl/ue+"

// Store is a place of secrets that the suite can write to.
type Store struct {
	Provider secret.Provider
	// Put writes a secret, again if it is there.
	Put func(t *testing.T, name, value string)
	// Forbid makes a secret one that may not be read; nil where the provider knows of no such thing.
	Forbid func(t *testing.T, name string)
	// Break has the provider fail, with the value of a secret in what it fails with if it can; nil where it cannot.
	Break func(t *testing.T, value string)
	// Fixed reports whether what is there cannot change.
	Fixed bool
	// Versioned reports whether the provider tells versions.
	Versioned bool
}

// Run runs the suite; each test has a store of its own.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"there": there, "not there": notThere, "names": names, "changed": changed, "own memory": ownMemory,
		"forbidden": forbidden, "broken": broken, "at once": atOnce, "ended": ended, "large": large,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func there(t *testing.T, s Store) {
	s.Put(t, "db/password", Planted)
	s.Put(t, "token", "other")
	v, version, err := s.Provider.Get(t.Context(), "db/password")
	if err != nil || string(v.Bytes()) != Planted {
		t.Fatalf("got %d bytes, %v", len(v.Bytes()), err)
	}
	if s.Versioned != (version != "") {
		t.Errorf("version %q", version)
	}
	for _, printed := range []string{fmt.Sprint(v), fmt.Sprintf("%+v %#v %x %q %s %d", v, v, v, v, v, v), fmt.Sprintf("%+v", struct{ v secret.Value }{v})} {
		if Holds([]byte(printed), Planted) {
			t.Errorf("it prints as %s", printed)
		}
	}
}

func notThere(t *testing.T, s Store) {
	s.Put(t, "db/password", Planted)
	for _, name := range []string{"absent", "db", "db/password/deeper", "db/passwor", "absent#password"} {
		wantProblem(t, s, name, secret.ErrMissing)
	}
}

// names: none leads out of where secrets are, and what is no name is not there.
func names(t *testing.T, s Store) {
	s.Put(t, "db/password", Planted)
	for _, name := range []string{
		"", "/", "/db/password", "db/password/", "db//password", "../db/password", "db/../db/password", "./db/password", "..", ".",
		"db/.password", "db\x00password", "db\\password", "db/pass word", "db/password\n", "db%2fpassword", "d\u200bb", strings.Repeat("a", 300),
		"db/password?version=1", "db/password#", "#password", "a#b#c", "-rf",
	} {
		wantProblem(t, s, name, secret.ErrMissing)
	}
}

func changed(t *testing.T, s Store) {
	if s.Fixed {
		t.Skip("what is there cannot change")
	}
	s.Put(t, "db/password", "first")
	_, before, err := s.Provider.Get(t.Context(), "db/password")
	if err != nil {
		t.Fatal(err)
	}
	s.Put(t, "db/password", Planted)
	v, after, err := s.Provider.Get(t.Context(), "db/password")
	if err != nil || string(v.Bytes()) != Planted {
		t.Fatalf("got %d bytes, %v", len(v.Bytes()), err)
	}
	if s.Versioned && before == after {
		t.Errorf("both are version %q", after)
	}
}

// ownMemory: who wipes a value takes it from nobody else.
func ownMemory(t *testing.T, s Store) {
	s.Put(t, "db/password", Planted)
	for range 2 {
		v, _, err := s.Provider.Get(t.Context(), "db/password")
		if err != nil || string(v.Bytes()) != Planted {
			t.Fatalf("got %d bytes, %v", len(v.Bytes()), err)
		}
		kept := v.Bytes()
		v.Wipe()
		if !bytes.Equal(kept, make([]byte, len(Planted))) {
			t.Fatal("it is not wiped")
		}
	}
}

func forbidden(t *testing.T, s Store) {
	if s.Forbid == nil {
		t.Skip("whatever is there may be read")
	}
	s.Put(t, "db/password", Planted)
	s.Forbid(t, "db/password")
	wantProblem(t, s, "db/password", secret.ErrForbidden)
}

func broken(t *testing.T, s Store) {
	if s.Break == nil {
		t.Skip("it cannot fail")
	}
	s.Put(t, "db/password", Planted)
	s.Break(t, Planted)
	wantProblem(t, s, "db/password", secret.ErrUnavailable)
}

func atOnce(t *testing.T, s Store) {
	s.Put(t, "a", Planted)
	done := make(chan error)
	for range 8 {
		go func() {
			v, _, err := s.Provider.Get(t.Context(), "a")
			if err == nil && string(v.Bytes()) != Planted {
				err = errors.New("another value") //nolint:err113 // Only the test reads it.
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// ended: with its context a question ends, whether it was answered or not.
func ended(t *testing.T, s Store) {
	s.Put(t, "a", Planted)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if v, _, err := s.Provider.Get(ctx, "a"); err == nil && string(v.Bytes()) != Planted {
		t.Error("another value, and no error")
	}
}

func large(t *testing.T, s Store) {
	s.Put(t, "most", strings.Repeat("x", secret.SizeMax))
	if v, _, err := s.Provider.Get(t.Context(), "most"); err != nil || len(v.Bytes()) != secret.SizeMax {
		t.Errorf("%d bytes, %v", len(v.Bytes()), err)
	}
	s.Put(t, "more", strings.Repeat("x", secret.SizeMax+1))
	wantProblem(t, s, "more", secret.ErrMissing)
}

// wantProblem: the error is of a kind, says a mend, and holds nothing of a secret.
func wantProblem(t *testing.T, s Store, name string, kind error) {
	t.Helper()
	v, version, err := s.Provider.Get(t.Context(), name)
	if len(v.Bytes()) != 0 || version != "" || !errors.Is(err, kind) {
		t.Errorf("%q: %d bytes, version %q, %v, want %v", name, len(v.Bytes()), version, err, kind)
		return
	}
	if p := new(secret.Error); !errors.As(err, &p) || p.Mend == "" {
		t.Errorf("%q: %v says nothing to do about it", name, err)
	}
	if Holds([]byte(err.Error()), Planted) {
		t.Errorf("%q: the error holds the secret", name)
	}
	if told := secret.Told(err); told.Error() != err.Error() {
		t.Errorf("%q: %v is told as %v", name, err, told)
	}
	if b, err := json.Marshal(v); err != nil || Holds(b, Planted) {
		t.Errorf("%q: %s, %v", name, b, err)
	}
}
