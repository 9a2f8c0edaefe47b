package eventlogtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// LeaseHarness is a store of leases, members and presence that nobody uses yet.
type LeaseHarness struct {
	// Lease, Members and Presence are one handle on it, Another and AnotherPresence
	// what another process has.
	Lease           eventlog.Lease
	Members         eventlog.Members
	Presence        eventlog.Presence
	Another         func(t testing.TB) (eventlog.Lease, eventlog.Members)
	AnotherPresence func(t testing.TB) eventlog.Presence
	// Restart crashes the store and starts it again; nil if it cannot.
	Restart func(t testing.TB)
}

// RunLease tests leases, members and presence. Some tests wait for a lease to run out.
func RunLease(t *testing.T, newHarness func(t *testing.T) LeaseHarness) {
	t.Helper()
	restarts := false
	t.Run("NobodyIsThere", func(t *testing.T) {
		h := newHarness(t)
		awaitMembers(t, h.Members, "launcher")
		restarts = h.Restart != nil
	})
	tests := []struct {
		name string
		run  func(*testing.T, LeaseHarness)
	}{
		{"OneHolder", testOneHolder},
		{"EqualClaimsHaveOneWinner", testOneClaimWins},
		{"RunsOut", testRunsOut},
		{"RenewedOutlivesItsTTL", testRenewed},
		{"NamesAreApart", testLeaseNames},
		{"RefusesShortTTL", testShortTTL},
		{"Members", testMembers},
		{"MembersStayByHeartbeat", testMembersStay},
		{"Presence", testPresence},
		{"PresenceRunsOut", testPresenceRunsOut},
		{"PresenceIsBounded", testPresenceBounds},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, newHarness(t)) })
	}
	if restarts {
		t.Run("SurvivesRestart", func(t *testing.T) { testLeaseRestart(t, newHarness(t)) })
	}
}

const long = time.Hour

func acquire(t testing.TB, l eventlog.Lease, name, holder string, ttl time.Duration) eventlog.Held {
	t.Helper()
	held, err := l.Acquire(within(t), name, holder, ttl)
	if err != nil {
		t.Fatalf("%s acquires %s: %v", holder, name, err)
	}

	return held
}

// taken checks that holder cannot have the lease of the launcher.
func taken(t testing.TB, l eventlog.Lease, holder string) {
	t.Helper()
	_, err := l.Acquire(within(t), "launcher", holder, long)
	wantError(t, err, eventlog.ErrLeaseTaken)
}

func testOneHolder(t *testing.T, h LeaseHarness) {
	other, _ := h.Another(t)
	held := acquire(t, h.Lease, "launcher", "one", long)
	taken(t, other, "two")
	taken(t, h.Lease, "one") // The same name may be another process.
	for range 3 {
		if err := held.Renew(within(t)); err != nil {
			t.Fatalf("renew: %v", err)
		}
	}
	taken(t, other, "two")
	for range 2 {
		if err := held.Release(within(t)); err != nil {
			t.Fatalf("release: %v", err)
		}
	}
	wantError(t, held.Renew(within(t)), eventlog.ErrLeaseTaken)
	second := acquire(t, other, "launcher", "two", long)
	wantError(t, held.Renew(within(t)), eventlog.ErrLeaseTaken)
	if err := held.Release(within(t)); err != nil {
		t.Fatalf("release of a lost lease: %v", err)
	}
	if err := second.Renew(within(t)); err != nil {
		t.Fatalf("the old holder's release took the new one's lease: %v", err)
	}
}

func testOneClaimWins(t *testing.T, h LeaseHarness) {
	other, _ := h.Another(t)
	leases := []eventlog.Lease{h.Lease, other}
	ctx := within(t)
	errs := make([]error, 8)
	var claims sync.WaitGroup
	for i := range errs {
		claims.Go(func() { _, errs[i] = leases[i%2].Acquire(ctx, "launcher", "same", long) })
	}
	claims.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, eventlog.ErrLeaseTaken) {
			t.Errorf("a loser got %v", err)
		}
	}
	if won != 1 {
		t.Fatalf("%d acquired the lease, want one", won)
	}
}

// acquireLater acquires a lease that is taken once it has run out, which is
// never less than its ttl after it was last renewed.
func acquireLater(t testing.TB, l eventlog.Lease, renewed time.Time, ttl time.Duration) eventlog.Held {
	t.Helper()
	for ctx := within(t); ; time.Sleep(20 * time.Millisecond) {
		held, err := l.Acquire(ctx, "launcher", "two", long)
		if err == nil {
			if lived := time.Since(renewed); lived < ttl {
				t.Fatalf("the lease ran out after %v, want %v at least", lived, ttl)
			}

			return held
		}
		wantError(t, err, eventlog.ErrLeaseTaken)
	}
}

func testRunsOut(t *testing.T, h LeaseHarness) {
	other, _ := h.Another(t)
	begun := time.Now()
	held := acquire(t, h.Lease, "launcher", "one", eventlog.MinTTL)
	second := acquireLater(t, other, begun, eventlog.MinTTL)
	wantError(t, held.Renew(within(t)), eventlog.ErrLeaseTaken)
	if err := second.Renew(within(t)); err != nil {
		t.Fatalf("renew: %v", err)
	}
}

// testRenewed keeps a lease beyond its ttl; then it still ends by itself. Where
// the machine stalls for longer than the ttl, losing it is right.
func testRenewed(t *testing.T, h LeaseHarness) {
	const ttl = 2 * eventlog.MinTTL
	other, _ := h.Another(t)
	begun := time.Now()
	held := acquire(t, h.Lease, "launcher", "one", ttl)
	renewed := begun
	for ; time.Since(begun) < ttl+ttl/2; time.Sleep(ttl / 10) {
		before := time.Now()
		err := held.Renew(within(t))
		if stalled := time.Since(renewed); err != nil && stalled < ttl {
			t.Fatalf("renew %v after the last: %v", stalled, err)
		} else if err != nil {
			t.Logf("the machine stalled for %v", stalled)

			return
		}
		renewed = before
	}
	acquireLater(t, other, renewed, ttl)
}

func testLeaseNames(t *testing.T, h LeaseHarness) {
	for _, name := range []string{"a", "a.b", "a b", "a/b", "a*", ">", "ä", "a=2Eb"} {
		acquire(t, h.Lease, name, "one", long)
	}
}

func testShortTTL(t *testing.T, h LeaseHarness) {
	if _, err := h.Lease.Acquire(within(t), "a", "one", eventlog.MinTTL-1); err == nil {
		t.Error("a ttl below MinTTL was taken")
	}
	if err := h.Members.Join(within(t), "role", "one", eventlog.MinTTL-1); err == nil {
		t.Error("a membership below MinTTL was taken")
	}
}

func testLeaseRestart(t *testing.T, h LeaseHarness) {
	held := acquire(t, h.Lease, "launcher", "one", long)
	h.Restart(t)
	for ctx := within(t); ; {
		err := held.Renew(ctx)
		if err == nil {
			break
		}
		wantError(t, err, eventlog.ErrUnavailable)
	}
	other, _ := h.Another(t)
	taken(t, other, "two")
}

func awaitMembers(t testing.TB, m eventlog.Members, role string, want ...string) {
	t.Helper()
	for ctx := within(t); ; time.Sleep(10 * time.Millisecond) {
		got, err := m.List(ctx, role)
		if ctx.Err() != nil {
			t.Fatalf("members of %s are %v, want %v", role, got, want)
		}
		if err != nil && !errors.Is(err, eventlog.ErrUnavailable) {
			t.Fatalf("list: %v", err)
		}
		if err == nil && slices.Equal(got, want) {
			return
		}
	}
}

func testMembers(t *testing.T, h LeaseHarness) {
	_, other := h.Another(t)
	awaitMembers(t, h.Members, "planner")
	var joined sync.WaitGroup
	leave := make(map[string]context.CancelFunc)
	for i, id := range []string{"host.one-1", "two"} {
		ctx, cancel := context.WithCancel(within(t))
		leave[id] = cancel
		defer cancel()
		m := []eventlog.Members{h.Members, other}[i]
		joined.Go(func() {
			if err := m.Join(ctx, "planner", id, eventlog.MinTTL); err != nil {
				t.Errorf("join: %v", err)
			}
		})
	}
	awaitMembers(t, other, "planner", "host.one-1", "two")
	awaitMembers(t, other, "reaper")
	leave["two"]()
	awaitMembers(t, h.Members, "planner", "host.one-1")
	leave["host.one-1"]()
	awaitMembers(t, h.Members, "planner")
	joined.Wait()
}

// testMembersStay keeps a member listed beyond its ttl, by its heartbeat.
func testMembersStay(t *testing.T, h LeaseHarness) {
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- h.Members.Join(ctx, "planner", "one", eventlog.MinTTL) }()
	awaitMembers(t, h.Members, "planner", "one")
	for begun := time.Now(); time.Since(begun) < eventlog.MinTTL+eventlog.MinTTL/2; time.Sleep(50 * time.Millisecond) {
		awaitMembers(t, h.Members, "planner", "one")
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatalf("join: %v", err)
	}
}
