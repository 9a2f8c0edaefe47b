package eventlogtest

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

func renew(t testing.TB, p eventlog.Presence, role, id, data string, ttl time.Duration) {
	t.Helper()
	for ctx := within(t); ; time.Sleep(10 * time.Millisecond) {
		err := p.Renew(ctx, role, id, []byte(data), ttl)
		if err == nil {
			return
		}
		// The answer of a store that elects may be lost; to write again changes nothing.
		if ctx.Err() != nil || !errors.Is(err, eventlog.ErrUnavailable) && !errors.Is(err, eventlog.ErrOutcomeUnknown) {
			t.Fatalf("%s %s renews: %v", role, id, err)
		}
	}
}

// awaitPresent waits until those are there, as "role id data".
func awaitPresent(t testing.TB, p eventlog.Presence, want ...string) []eventlog.Present {
	t.Helper()
	for ctx := within(t); ; time.Sleep(10 * time.Millisecond) {
		all, err := p.Present(ctx)
		var got []string
		for _, one := range all {
			got = append(got, one.Role+" "+one.ID+" "+string(one.Data))
		}
		if ctx.Err() != nil {
			t.Fatalf("there are %q, want %q", got, want)
		}
		if err != nil && !errors.Is(err, eventlog.ErrUnavailable) {
			t.Fatalf("present: %v", err)
		}
		if err == nil && slices.Equal(got, want) {
			return all
		}
	}
}

// testPresence: who renewed is there with what it said last, until it leaves.
func testPresence(t *testing.T, h LeaseHarness) {
	other := h.AnotherPresence(t)
	awaitPresent(t, h.Presence)
	renew(t, h.Presence, "reaper", "host.one-1", "a", long)
	renew(t, other, "planner", "p=2E *>", "b", long)
	renew(t, other, "reaper", "two", "", long)
	before := awaitPresent(t, other, "planner p=2E *> b", "reaper host.one-1 a", "reaper two ")
	renew(t, h.Presence, "reaper", "host.one-1", "c", long)
	after := awaitPresent(t, h.Presence, "planner p=2E *> b", "reaper host.one-1 c", "reaper two ")
	if !after[1].At.After(before[1].At) || !after[0].At.Equal(before[0].At) {
		t.Errorf("times went from %v to %v, one was renewed", before, after)
	}
	if zone := after[0].At.Location(); zone != time.UTC {
		t.Errorf("the time is in %v, want UTC", zone)
	}
	// Members are another list.
	awaitMembers(t, h.Members, "reaper")
	for range 2 {
		if err := other.Leave(within(t), "reaper", "host.one-1"); err != nil {
			t.Fatalf("leave: %v", err)
		}
	}
	awaitPresent(t, h.Presence, "planner p=2E *> b", "reaper two ")
}

// testPresenceRunsOut: who does not renew is gone, and not before its ttl.
func testPresenceRunsOut(t *testing.T, h LeaseHarness) {
	begun := time.Now()
	renew(t, h.Presence, "reaper", "one", "a", eventlog.MinTTL)
	renew(t, h.Presence, "reaper", "two", "b", long)
	awaitPresent(t, h.AnotherPresence(t), "reaper two b")
	if lived := time.Since(begun); lived < eventlog.MinTTL {
		t.Errorf("gone after %v, want %v at least", lived, eventlog.MinTTL)
	}
}

func testPresenceBounds(t *testing.T, h LeaseHarness) {
	if err := h.Presence.Renew(within(t), "role", "one", nil, eventlog.MinTTL-1); err == nil {
		t.Error("a ttl below MinTTL was taken")
	}
	tooLarge := bytes.Repeat([]byte("x"), eventlog.PresentMax+1)
	wantError(t, h.Presence.Renew(within(t), "role", "one", tooLarge, long), eventlog.ErrTooLarge)
	renew(t, h.Presence, "role", "one", string(tooLarge[1:]), long)
	awaitPresent(t, h.Presence, "role one "+string(tooLarge[1:]))
}
