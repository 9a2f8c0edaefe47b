package cli_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/cli"
	"github.com/milosgajdos/taurus/internal/core/access"
	state "github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/internal/tokenfile"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// kept is a data directory's token, and a log.
type kept struct {
	t    *testing.T
	log  eventlog.Log
	file string
	said strings.Builder
}

func newKept(t *testing.T) *kept {
	t.Helper()
	return &kept{t: t, log: memory.New(), file: filepath.Join(t.TempDir(), "token")}
}

// start does what each start does.
func (k *kept) start(log eventlog.Log) error {
	app := &cli.App{Err: &k.said, Out: io.Discard, Getenv: func(string) string { return "ann" }, Now: time.Now}
	return app.KeepToken(k.t.Context(), k.file, log, events.Space{})
}

// good is the token of the file, of which the log must know that it may do everything, and
// how many tokens the log knows.
func (k *kept) good() (token string, known int) {
	k.t.Helper()
	text, err := tokenfile.Read(k.file)
	if err != nil {
		k.t.Fatal(err)
	}
	parsed, err := authn.ParseToken(text)
	if err != nil {
		k.t.Fatal(err)
	}
	s := state.New()
	for _, rec := range foldtest.Records(k.t, k.log) {
		r, err := state.Decode(events.Space{}, rec.Sequence, rec.Time, rec.Message)
		if err != nil {
			k.t.Fatal(err)
		}
		if _, err := s.Apply(r); err != nil {
			k.t.Fatal(err)
		}
	}
	p, err := s.Access.Bearer(parsed.ID, parsed.Hash(), time.Now())
	if err != nil || p.Name != "local" || !s.Access.May(p, access.Admin, "") {
		k.t.Fatalf("%+v, %v", p, err)
	}
	return text, len(s.Access.Tokens)
}

// full is a log that takes nothing, as if the process had died before.
type full struct{ eventlog.Log }

func (full) Append(context.Context, ...eventlog.Entry) (eventlog.Receipt, error) {
	return eventlog.Receipt{}, eventlog.ErrFull
}

// TestTheTokenOfADataDirectory is made once, and whatever a crash, or somebody, leaves is
// mended by the next start.
func TestTheTokenOfADataDirectory(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	must := func() {
		t.Helper()
		if err := k.start(k.log); err != nil {
			t.Fatal(err)
		}
	}
	// Killed between the file and the event.
	if err := k.start(full{k.log}); !errors.Is(err, eventlog.ErrFull) {
		t.Fatal(err)
	}
	left, err := tokenfile.Read(k.file)
	if err != nil {
		t.Fatal(err)
	}
	must()
	first, known := k.good()
	if first != left || known != 1 {
		t.Errorf("another token was made: %d", known)
	}
	// As ever.
	must()
	if again, known := k.good(); again != first || known != 1 {
		t.Errorf("another token was made: %d", known)
	}
	// It is lost, or is none.
	for _, content := range []string{"", "nonsense", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "taurus_12_34"} {
		if err := os.WriteFile(k.file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		must()
		if again, _ := k.good(); again == first {
			t.Errorf("%q: it came back", content)
		}
	}
	if err := os.Remove(k.file); err != nil {
		t.Fatal(err)
	}
	must()
	last, known := k.good()
	// It was revoked.
	parsed, _ := authn.ParseToken(last)
	m, err := events.Encode(events.AccessSubject, events.Envelope{ID: "x", Time: time.Now()}, events.TokenRevoked{ID: parsed.ID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.log.Append(t.Context(), eventlog.Fact(m)); err != nil {
		t.Fatal(err)
	}
	must()
	if again, more := k.good(); again == last || more != known+1 {
		t.Errorf("of a revoked one: %d", more)
	}
	if !strings.Contains(k.said.String(), "is no good any more: another is made") || strings.Contains(k.said.String(), "taurus_") {
		t.Errorf("said %q", k.said.String())
	}
	// Others may have read it.
	if err := os.Chmod(k.file, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := k.start(k.log); !errors.Is(err, tokenfile.ErrOthers) {
		t.Error(err)
	}
}
