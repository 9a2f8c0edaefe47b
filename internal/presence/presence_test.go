package presence_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/presence"
	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

// store is one that can be made to be away.
type store struct {
	*memory.Leases
	away atomic.Bool
}

var errAway = errors.New("nobody there")

func (s *store) Renew(ctx context.Context, role, id string, data []byte, ttl time.Duration) error {
	if s.away.Load() {
		return errAway
	}
	return s.Leases.Renew(ctx, role, id, data, ttl)
}

func (s *store) Present(ctx context.Context) ([]eventlog.Present, error) {
	if s.away.Load() {
		return nil, errAway
	}
	return s.Leases.Present(ctx)
}

// part is a process that says it is there.
type part struct {
	*presence.Keeper
	able  atomic.Bool
	leave func()
	// die ends it without a word.
	die func()
}

func keep(t *testing.T, s *store, role, name string) *part {
	t.Helper()
	p := &part{}
	p.able.Store(true)
	mine := &store{Leases: s.Leases}
	p.Keeper = presence.NewKeeper(shared{s, mine}, time.Now, zerolog.Nop())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Run(ctx, func() ready.Report {
			r := ready.Report{Role: role, Name: name, Version: "v1", Sequence: 7, Able: true}
			if !p.able.Load() {
				r.Add(ready.Check{Name: ready.CheckMesos, Level: ready.Fail, Detail: "no master"})
			}
			return r
		})
	}()
	p.leave = func() { cancel(); <-done }
	p.die = func() { mine.away.Store(true); p.leave() }
	t.Cleanup(p.leave)
	return p
}

// shared is a store as one process sees it.
type shared struct{ all, mine *store }

func (s shared) Renew(ctx context.Context, role, id string, data []byte, ttl time.Duration) error {
	return s.all.Renew(ctx, role, id, data, ttl)
}

func (s shared) Leave(ctx context.Context, role, id string) error {
	if s.mine.away.Load() {
		return errAway
	}
	return s.all.Leave(ctx, role, id)
}

func (s shared) Present(ctx context.Context) ([]eventlog.Present, error) { return s.all.Present(ctx) }

func look(t *testing.T, s eventlog.Presence) *presence.Watch {
	t.Helper()
	w := presence.NewWatch(s, time.Now, zerolog.Nop())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	synctest.Wait()
	return w
}

func missing(t *testing.T, w *presence.Watch, role, want string) {
	t.Helper()
	if got := w.Missing(role); got != want {
		t.Errorf("missing %s: %q, want %q", role, got, want)
	}
}

func TestTheDeadVanishAndAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		one, two := keep(t, s, "reaper", "reaper-1"), keep(t, s, "reaper", "reaper-2")
		time.Sleep(time.Second) // So that looks and renewals take turns.
		w := look(t, s)
		all, err := w.All()
		if err != nil || len(all) != 2 || all[0].Name != "reaper-1" || !all[0].Here || all[0].Sequence != 7 || all[0].Version != "v1" {
			t.Fatalf("%+v, %v", all, err)
		}
		time.Sleep(time.Minute + time.Second)
		missing(t, w, "reaper", "")
		missing(t, w, "planner", "no planner has been seen since this process started 1m1s ago")

		one.die()
		two.leave()
		time.Sleep(presence.LookEvery)
		missing(t, w, "reaper", "") // The dead one is there yet.
		time.Sleep(39*time.Second - presence.LookEvery)
		missing(t, w, "reaper", "no reaper has been seen for 40s")
		if all, err := w.All(); err != nil || len(all) != 2 || all[0].Here || all[1].Here {
			t.Errorf("%+v, %v", all, err)
		}
		keep(t, s, "reaper", "reaper-3")
		time.Sleep(presence.LookEvery + time.Second)
		missing(t, w, "reaper", "")
	})
}

// TestNobodyIsMissedWhoCannotBeSeen: while the store is away nothing is known, and
// who is there is given time to say so again.
func TestNobodyIsMissedWhoCannotBeSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		k := keep(t, s, "reaper", "reaper-1")
		w := look(t, s)
		time.Sleep(time.Minute)
		s.away.Store(true)
		for range 60 {
			time.Sleep(time.Second)
			missing(t, w, "reaper", "")
		}
		if _, err := w.All(); !errors.Is(err, errAway) {
			t.Errorf("error %v, want why nothing is known", err)
		}
		if c := k.Check(); c.Level != ready.Fail || !c.Restart || !strings.Contains(c.Detail, "no write to NATS has worked for 1m") {
			t.Errorf("the keeper says %+v", c)
		}
		s.away.Store(false)
		for range 60 {
			time.Sleep(time.Second)
			missing(t, w, "reaper", "")
		}
		if c := k.Check(); c.Level != ready.OK {
			t.Errorf("the keeper says %+v", c)
		}
	})
}

func TestWhoIsNotAble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		one, two := keep(t, s, "launcher", "launcher-1"), keep(t, s, "launcher", "launcher-2")
		w := look(t, s)
		unable := func(want string) {
			t.Helper()
			time.Sleep(presence.Every + presence.LookEvery)
			if got := w.Unable("launcher"); got != want {
				t.Errorf("unable: %q, want %q", got, want)
			}
		}
		unable("")
		one.able.Store(false)
		unable("") // The other is.
		two.able.Store(false)
		unable("launcher launcher-2 is not ready: no master")
		// What has changed is told at once.
		two.able.Store(true)
		time.Sleep(time.Second)
		synctest.Wait()
		if all, err := s.Present(t.Context()); err != nil || !strings.Contains(string(all[1].Data), `"ready":true`) {
			t.Errorf("a second later it says %s, %v", all[1].Data, err)
		}
		two.able.Store(false)
		one.leave()
		two.leave()
		unable("")
	})
}

// TestWhatStrangersWrite is shown as what cannot be read, under the key that it is
// written at.
func TestWhatStrangersWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		for id, data := range map[string]string{"one": "{", "two": `{"role":"planner","name":"planner-1","ready":true}`} {
			if err := s.Renew(t.Context(), "reaper", id, []byte(data), time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		all, err := look(t, s).All()
		if err != nil || len(all) != 2 || all[0].Unreadable == "" || all[1].Role != "reaper" || all[1].Name != "two" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// TestWhoLeavesIsGoneAtOnce, and missed once it would be back.
func TestWhoLeavesIsGoneAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		k := keep(t, s, "reaper", "reaper-1")
		time.Sleep(time.Second) // So that looks and renewals take turns.
		w := look(t, s)
		time.Sleep(time.Minute + time.Second)
		k.leave() // A second after it was seen.
		if all, err := s.Present(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("there are %+v (%v)", all, err)
		}
		time.Sleep(presence.MissingAfter - 2*time.Second)
		missing(t, w, "reaper", "")
		time.Sleep(2 * time.Second)
		if got := w.Missing("reaper"); !strings.HasPrefix(got, "no reaper has been seen for 1") {
			t.Errorf("missing: %q", got)
		}
	})
}

// TestAWriteThatNeverWorked is no reason to start again before it has had its time.
func TestAWriteThatNeverWorked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		s.away.Store(true)
		k := keep(t, s, "reaper", "reaper-1")
		time.Sleep(presence.WriteMax)
		if c := k.Check(); c.Level != ready.Fail || c.Restart || !strings.Contains(c.Detail, "no write to NATS has worked yet: nobody there") {
			t.Errorf("%+v", c)
		}
		time.Sleep(time.Second)
		if c := k.Check(); c.Level != ready.Fail || !c.Restart {
			t.Errorf("%+v", c)
		}
	})
}

// TestOfThoseThatAreGone the newest are remembered.
func TestOfThoseThatAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		w := presence.NewWatch(s, time.Now, zerolog.Nop())
		for n := range 300 {
			if err := s.Renew(t.Context(), "api", fmt.Sprintf("api-%03d", n), []byte("{}"), time.Second); err != nil {
				t.Fatal(err)
			}
			w.Look(t.Context())
			time.Sleep(2 * time.Second)
		}
		w.Look(t.Context())
		if all, err := w.All(); err != nil || len(all) != 256 || all[0].Name != "api-044" {
			t.Errorf("%d are remembered, from %s on (%v)", len(all), all[0].Name, err)
		}
	})
}

// keeping is a store in which nothing runs out and nothing is stored, as that of a
// server whose disk was full.
type keeping struct {
	*store
	all []eventlog.Present
}

func (k *keeping) Present(context.Context) ([]eventlog.Present, error) { return k.all, nil }

// TestWhatNobodyRenewsIsOld: a key that is there for ever proves nothing.
func TestWhatNobodyRenewsIsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		keep(t, s, "reaper", "reaper-1")
		synctest.Wait()
		all, err := s.Present(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w := look(t, &keeping{store: s, all: all})
		time.Sleep(presence.StaleAfter)
		missing(t, w, "reaper", "")
		if seen := presence.Read(all, time.Now()); len(seen) != 1 || !seen[0].Here {
			t.Errorf("%+v", seen)
		}
		time.Sleep(presence.LookEvery + time.Second)
		missing(t, w, "reaper", "no reaper has been seen for 36s")
		if seen := presence.Read(all, time.Now()); len(seen) != 1 || seen[0].Here || time.Since(seen[0].Last) <= presence.StaleAfter {
			t.Errorf("%+v", seen)
		}
	})
}

// TestWhoCannotBeRead may be able: an update may write what this program does not know.
func TestWhoCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		w := presence.NewWatch(s, time.Now, zerolog.Nop())
		write := func(id, data string) {
			t.Helper()
			if err := s.Renew(t.Context(), "planner", id, []byte(data), time.Second); err != nil {
				t.Fatal(err)
			}
			w.Look(t.Context())
		}
		const unable = `{"checks":[{"check":"room","level":"fail","detail":"full"}]}`
		write("a", unable)
		if got := w.Unable("planner"); got != "planner a is not ready: full" || !w.Fails("planner", ready.CheckRoom) {
			t.Errorf("unable: %q", got)
		}
		write("b", "{")
		if got := w.Unable("planner"); got != "" || w.Fails("planner", ready.CheckRoom) {
			t.Errorf("unable: %q", got)
		}
		// What one said that is gone counts for nothing.
		time.Sleep(2 * time.Second)
		write("c", `{"checks":[{"check":"read","level":"fail","detail":"slow"}]}`)
		if got := w.Unable("planner"); got != "planner c is not ready: slow" || w.Fails("planner", ready.CheckRoom) || !w.Fails("planner", ready.CheckRead) {
			t.Errorf("unable: %q", got)
		}
	})
}

// TestAStartIsSoonOver: somebody who is not able is looked at again a second later.
func TestAStartIsSoonOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{Leases: memory.NewLeases(time.Now)}
		p := keep(t, s, "reaper", "reaper-1")
		p.able.Store(false)
		time.Sleep(presence.Every)
		w := look(t, s)
		if got := w.Unable("reaper"); got == "" {
			t.Error("it is not able, and nobody says so")
		}
		p.able.Store(true)
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		if got := w.Unable("reaper"); got != "" {
			t.Errorf("seconds after it became able: %q", got)
		}
	})
}
