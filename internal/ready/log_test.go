package ready_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/ready"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

// store is a log that can be made to fail.
type store struct {
	*memory.Log
	away    atomic.Bool
	refuses atomic.Pointer[error]
	hangs   atomic.Bool
	share   atomic.Uint64 // of 100
}

func (s *store) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	if s.hangs.Load() {
		<-ctx.Done()
		return eventlog.Receipt{}, ctx.Err()
	}
	if err := s.refuses.Load(); err != nil {
		return eventlog.Receipt{}, *err
	}
	return s.Log.Append(ctx, entries...)
}

func (s *store) Bounds(ctx context.Context) (eventlog.Bounds, error) {
	if s.away.Load() {
		return eventlog.Bounds{}, fmt.Errorf("%w: nobody there", eventlog.ErrUnavailable)
	}
	return s.Log.Bounds(ctx)
}

func (s *store) Usage(context.Context) (eventlog.Usage, error) {
	return eventlog.Usage{Bytes: s.share.Load(), MaxBytes: 100}, nil
}

func (s *store) refuse(err error) { s.refuses.Store(&err) }

// watched is a log looked on at, in a bubble of synctest.
type watched struct {
	t      *testing.T
	store  *store
	watch  *ready.Log
	log    eventlog.Log
	folded uint64
}

func watching(t *testing.T, needsRoom bool) *watched {
	t.Helper()
	w := &watched{t: t, store: &store{Log: memory.New()}}
	w.watch = ready.Watch(w.store, needsRoom, time.Now)
	w.log = w.watch.ForUse()
	if _, ok := w.log.(eventlog.Sized); !ok {
		t.Fatal("the log looked on at is not Sized")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.watch.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	synctest.Wait()
	return w
}

func (w *watched) append(ctx context.Context) error {
	_, err := w.log.Append(ctx, eventlog.Fact(eventlog.Message{Subject: "taurus.ev.0.job.a"}))
	return err
}

// want wants a check to be at a level and to say something.
func (w *watched) want(name string, level ready.Level, restart bool, says string) {
	w.t.Helper()
	r := ready.Report{Able: true}
	r.Add(w.watch.Checks(w.folded)...)
	c, ok := r.Of(name)
	if !ok || c.Level != level || c.Restart != restart || !strings.Contains(c.Detail, says) {
		w.t.Errorf("%s: %+v; want %v, restart %v, %q", name, c, level, restart, says)
	}
	if r.Able != (level != ready.Fail) {
		w.t.Errorf("able %v: %s", r.Able, r.Text())
	}
}

func TestALogThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, true)
		w.want(ready.CheckRead, ready.OK, false, "it ends at 0")
		w.store.away.Store(true)
		time.Sleep(ready.ReadMax - time.Second)
		w.want(ready.CheckRead, ready.OK, false, "answered 19s ago")
		time.Sleep(2 * time.Second)
		w.want(ready.CheckRead, ready.Fail, true, "has not answered for 21s: ")
		w.store.away.Store(false)
		time.Sleep(ready.AskEvery)
		w.want(ready.CheckRead, ready.OK, false, "")
	})
}

// TestAnAppendThatFails counts until another is stored, by whomever, or it is long ago.
func TestAnAppendThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, true)
		broken := fmt.Errorf("%w: the disk", eventlog.ErrOutcomeUnknown)
		fail := func() {
			t.Helper()
			w.store.refuse(broken)
			if err := w.append(t.Context()); !errors.Is(err, broken) {
				t.Fatal(err)
			}
			w.want(ready.CheckAppend, ready.Fail, false, "failed 0s ago: ")
			w.store.refuses.Store(nil)
		}
		w.want(ready.CheckAppend, ready.OK, false, "nothing was appended yet")
		fail()
		if err := w.append(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.folded = 1
		w.want(ready.CheckAppend, ready.OK, false, "stored 0s ago")

		fail()
		time.Sleep(ready.AskEvery + time.Second) // The end of the log is known again.
		if _, err := w.store.Log.Append(t.Context(), eventlog.Fact(eventlog.Message{Subject: "taurus.ev.0.job.b"})); err != nil {
			t.Fatal(err)
		}
		w.folded = 2
		time.Sleep(ready.AskEvery)
		w.want(ready.CheckAppend, ready.OK, false, "stored")

		fail()
		time.Sleep(ready.FailureMemory - time.Second)
		w.want(ready.CheckAppend, ready.Fail, false, "failed 59s ago")
		time.Sleep(2 * time.Second)
		w.want(ready.CheckAppend, ready.OK, false, "")

		broken = fmt.Errorf("%w: no leader", eventlog.ErrUnavailable)
		fail()
		time.Sleep(ready.AskEvery)
		w.want(ready.CheckAppend, ready.OK, false, "") // There is one again.

		for _, err := range []error{eventlog.ErrConflict, eventlog.ErrTooLarge, eventlog.ErrInvalid, eventlog.ErrClosed, context.Canceled} {
			w.store.refuse(err)
			_ = w.append(t.Context())
			w.want(ready.CheckAppend, ready.OK, false, "")
		}
	})
}

func TestAnAppendThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, true)
		w.store.hangs.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.append(ctx) }()
		time.Sleep(ready.AppendMax)
		w.want(ready.CheckAppend, ready.OK, false, "nothing was appended yet")
		time.Sleep(time.Second)
		w.want(ready.CheckAppend, ready.Fail, true, "has waited 16s")
		cancel()
		<-done
		w.want(ready.CheckAppend, ready.OK, false, "")
	})
}

// TestAFoldThatIsBehind: what the log holds is to be folded in time; a restart is
// worth a try only when the fold stands still.
func TestAFoldThatIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, true)
		for range 100 {
			if err := w.append(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.want(ready.CheckFold, ready.OK, false, "folded 0 of 100")
		time.Sleep(ready.BehindMax)
		w.folded = 10
		w.want(ready.CheckFold, ready.OK, false, "folded 10 of 100")
		time.Sleep(time.Second)
		w.folded = 20
		w.want(ready.CheckFold, ready.Fail, false, "folded 20 of 100; 100 has waited 11s to be folded, the most is 10s; it last moved 0s ago")
		time.Sleep(ready.StuckMax + time.Second)
		w.want(ready.CheckFold, ready.Fail, true, "it last moved 31s ago")
		w.folded = 100
		w.want(ready.CheckFold, ready.OK, false, "folded 100 of 100")
	})
}

func TestRoom(t *testing.T) {
	for _, needs := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			full := ready.Warn
			if needs {
				full = ready.Fail
			}
			w := watching(t, needs)
			time.Sleep(time.Second) // So that looks and asks take turns.
			for _, c := range []struct {
				share uint64
				want  ready.Level
			}{{79, ready.OK}, {80, ready.Warn}, {89, ready.Warn}, {90, full}, {100, full}, {10, ready.OK}} {
				w.store.share.Store(c.share)
				time.Sleep(ready.AskEvery)
				w.want(ready.CheckRoom, c.want, false, fmt.Sprintf("%d %% of the log's 100 bytes", c.share))
			}
			w.store.refuse(fmt.Errorf("%w: no room", eventlog.ErrFull))
			_ = w.append(t.Context())
			w.want(ready.CheckRoom, full, false, "refused an append as full 0s ago: ")
			time.Sleep(ready.FailureMemory) // Nobody may want to append anything.
			w.want(ready.CheckRoom, ready.OK, false, "10 %")
			_ = w.append(t.Context())
			w.want(ready.CheckRoom, full, false, "refused an append as full 0s ago: ")
			w.store.refuses.Store(nil)
			if err := w.append(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.folded = 1
			w.want(ready.CheckRoom, ready.OK, false, "10 %")
		})
	}
}
