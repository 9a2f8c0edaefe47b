package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

// flaky is a log that becomes unavailable after every record, and whose bounds
// cannot be had a few times.
type flaky struct {
	*memory.Log
	outages int
}

func (f *flaky) Bounds(ctx context.Context) (eventlog.Bounds, error) {
	if f.outages > 0 {
		f.outages--

		return eventlog.Bounds{}, fmt.Errorf("%w: no leader", eventlog.ErrUnavailable)
	}

	return f.Log.Bounds(ctx)
}

func (f *flaky) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for rec, err := range f.Log.Read(ctx, from, to) {
			if !yield(rec, err) || err != nil {
				return
			}
			f.outages = 2
			yield(eventlog.Record{}, fmt.Errorf("%w: connection lost", eventlog.ErrUnavailable))

			return
		}
	}
}

func filled(t *testing.T, n int) *memory.Log {
	t.Helper()
	l := memory.New()
	t.Cleanup(func() { _ = l.Close() })
	for i := range n {
		if _, err := l.Append(t.Context(), eventlog.Fact(msg(fmt.Sprintf("a.%d", i)))); err != nil {
			t.Fatal(err)
		}
	}

	return l
}

func TestFollowerOutlastsOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := eventlog.NewFollower(&flaky{Log: filled(t, 30), outages: 100}, 0)
		var seen []uint64
		err := f.Run(ctx, func(rec eventlog.Record) error {
			if seen = append(seen, rec.Sequence); rec.Sequence == 30 {
				cancel()
			}

			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want %v", err, context.Canceled)
		}
		for i, seq := range seen {
			if seq != uint64(i)+1 {
				t.Fatalf("saw %v: a gap or a repeat", seen)
			}
		}
		if len(seen) != 30 {
			t.Fatalf("saw %d records, want 30", len(seen))
		}
	})
}

func TestFollowerIsCaughtUpAtTheTailOfItsStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		l := filled(t, 3)
		gate := make(chan struct{})
		f := eventlog.NewFollower(l, 2)
		go func() {
			_ = f.Run(ctx, func(eventlog.Record) error {
				<-gate

				return nil
			})
		}()
		synctest.Wait()
		for range 2 {
			select {
			case <-f.CaughtUp():
				t.Fatalf("caught up at %d, the tail is %d", f.Position(), f.Tail())
			default:
			}
			gate <- struct{}{}
			synctest.Wait()
		}
		<-f.CaughtUp()
		if f.Tail() != 3 || f.Position() != 3 {
			t.Fatalf("caught up at %d with the tail %d, want 3", f.Position(), f.Tail())
		}
	})
}

func TestFollowerIsCaughtUpWithAnEmptyLog(t *testing.T) {
	for _, forget := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l, from := memory.New(), uint64(1)
			if forget {
				l, from = filled(t, 3), 4
				l.Forget(3)
			}
			f := eventlog.NewFollower(l, from)
			go func() { _ = f.Run(ctx, func(eventlog.Record) error { return nil }) }()
			<-f.CaughtUp()
		})
	}
}

func TestWaitFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := filled(t, 2)
		f := eventlog.NewFollower(l, 1)
		results := make(chan string, 5)
		wait := func(name string, ctx context.Context, seq uint64) {
			err := f.WaitFor(ctx, seq)
			results <- fmt.Sprintf("%s %v %v", name, err == nil, errors.Is(err, eventlog.ErrStopped))
		}
		go wait("before the start", ctx, 2)
		synctest.Wait()
		short, cancelShort := context.WithTimeout(t.Context(), time.Second)
		defer cancelShort()
		go wait("too long", short, 4)
		go wait("never", t.Context(), 5)
		go wait("soon", t.Context(), 3)
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx, func(eventlog.Record) error { return nil }) }()
		expect(t, results, "before the start true false")
		if _, err := l.Append(t.Context(), eventlog.Fact(msg("b"))); err != nil {
			t.Fatal(err)
		}
		expect(t, results, "soon true false")
		expect(t, results, "too long false false")
		if err := f.Run(t.Context(), nil); err == nil {
			t.Error("a follower ran twice at once")
		}
		cancel()
		<-done
		expect(t, results, "never false true")
		wait("known", t.Context(), 3)
		expect(t, results, "known true false")
		wait("stopped", t.Context(), 4)
		expect(t, results, "stopped false true")
	})
}

func expect(t *testing.T, results <-chan string, want string) {
	t.Helper()
	if got := <-results; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFollowerFindsALogThatLostItsEnd is a log that came back from an older
// backup: what the service folded is not true any more.
func TestFollowerFindsALogThatLostItsEnd(t *testing.T) {
	err := eventlog.NewFollower(filled(t, 3), 6).Run(t.Context(), func(eventlog.Record) error { return nil })
	var gap *eventlog.GapError
	if !errors.As(err, &gap) || gap.Want != 6 || gap.Got != 4 {
		t.Fatalf("got %v, want a gap from 6 to 4", err)
	}
}

// replaced is a log that breaks off at its end once, and is another one then.
type replaced struct {
	eventlog.Log
	then eventlog.Log
	at   uint64
}

func (r *replaced) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for rec, err := range r.Log.Read(ctx, from, to) {
			if !yield(rec, err) || err != nil {
				return
			}
			if r.then != nil && rec.Sequence == r.at {
				r.Log, r.then = r.then, nil
				yield(eventlog.Record{}, fmt.Errorf("%w: connection lost", eventlog.ErrUnavailable))

				return
			}
		}
	}
}

// TestFollowerFindsALogThatWasReplaced: it is as long as the one that was read, or longer,
// and another. One that has a hole there now is read on.
func TestFollowerFindsALogThatWasReplaced(t *testing.T) {
	subjects := func(t *testing.T, l *memory.Log, names ...string) *memory.Log {
		for _, name := range names {
			if _, err := l.Append(t.Context(), eventlog.Fact(msg(name))); err != nil {
				t.Fatal(err)
			}
		}
		return l
	}
	for name, c := range map[string]struct {
		then    func(t *testing.T) *memory.Log
		changed bool
	}{
		"the same, and more":       {func(t *testing.T) *memory.Log { return subjects(t, filled(t, 3), "end") }, false},
		"another at the end":       {func(t *testing.T) *memory.Log { return subjects(t, filled(t, 2), "other", "end") }, true},
		"no longer kept, and more": {func(t *testing.T) *memory.Log { l := subjects(t, filled(t, 3), "end"); l.Forget(3); return l }, false},
		"as long, and another":     {func(t *testing.T) *memory.Log { return subjects(t, filled(t, 2), "other") }, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			then := c.then(t)
			log := &replaced{Log: filled(t, 3), then: then, at: 3}
			ended := errors.New("all is read")
			err := eventlog.NewFollower(log, 1).Run(t.Context(), func(rec eventlog.Record) error {
				if rec.Subject == "end" {
					return ended
				}
				return nil
			})
			var changed *eventlog.ChangedError
			switch {
			case errors.As(err, &changed) != c.changed:
				t.Errorf("%s: %v", name, err)
			case c.changed && changed.Sequence != 3:
				t.Errorf("%s: %d is another, want 3", name, changed.Sequence)
			case !c.changed && !errors.Is(err, ended):
				t.Errorf("%s: %v, want %v", name, err, ended)
			}
		})
	}
}
