package eventlogtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// follow runs a follower until the test or stop ends it.
func follow(t *testing.T, f *eventlog.Follower, apply func(eventlog.Record) error) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(within(t))
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx, apply) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() {
			cancel()
			err = <-done
		})

		return err
	}
	t.Cleanup(func() { _ = stop() })

	return stop
}

func waitFor(t testing.TB, f *eventlog.Follower, seq uint64) {
	t.Helper()
	if err := f.WaitFor(within(t), seq); err != nil {
		t.Fatalf("wait for %d: %v (at %d)", seq, err, f.Position())
	}
}

func testFollower(t *testing.T, h Harness) {
	fill(t, h.Log, "before", 5)
	f := eventlog.NewFollower(h.Log, 3)
	var folded []uint64
	stop := follow(t, f, func(rec eventlog.Record) error {
		folded = append(folded, rec.Sequence)

		return nil
	})
	select {
	case <-f.CaughtUp():
	case <-within(t).Done():
		t.Fatal("the follower has not caught up")
	}
	if f.Tail() != 5 || f.Position() < 5 {
		t.Fatalf("caught up at %d with the tail at %d, want 5", f.Position(), f.Tail())
	}
	other := h.Another(t)
	for range 10 {
		waitFor(t, f, appendOne(t, other, eventlog.Fact(message("a", ""))).Last)
	}
	wantError(t, stop(), context.Canceled)
	for i, seq := range folded {
		if seq != uint64(i)+3 {
			t.Fatalf("folded %v, want 3 to 15 each once", folded)
		}
	}
	if len(folded) != 13 {
		t.Fatalf("folded %v, want 3 to 15", folded)
	}
	wantError(t, f.WaitFor(within(t), 100), eventlog.ErrStopped)
}

func testFollowerResumes(t *testing.T, h Harness) {
	fill(t, h.Log, "a", 5)
	f := eventlog.NewFollower(h.Log, 1)
	broken := errors.New("broken")
	err := f.Run(within(t), func(rec eventlog.Record) error {
		if rec.Sequence == 3 {
			return broken
		}

		return nil
	})
	wantError(t, err, broken)
	if f.Position() != 2 {
		t.Fatalf("position is %d after 3 failed, want 2", f.Position())
	}
	first := make(chan uint64, 5)
	follow(t, f, func(rec eventlog.Record) error {
		first <- rec.Sequence

		return nil
	})
	if got := <-first; got != 3 {
		t.Fatalf("resumed at %d, want 3", got)
	}
	waitFor(t, f, 5)
}

func testUnknownOutcome(t *testing.T, h Harness) {
	f := eventlog.NewFollower(h.Another(t), 1)
	seen := make(chan eventlog.Record, 10)
	follow(t, f, func(rec eventlog.Record) error {
		seen <- rec

		return nil
	})
	l, restore := h.LoseAnswers(t)
	_, err := l.Append(within(t), eventlog.Decision(message("a", "mine"), 0))
	restore()
	wantError(t, err, eventlog.ErrOutcomeUnknown)
	if errors.Is(err, eventlog.ErrConflict) || errors.Is(err, eventlog.ErrUnavailable) {
		t.Fatalf("the error %v says that nothing was stored, too", err)
	}
	waitFor(t, f, 1)
	if rec := <-seen; string(rec.Data) != "mine" {
		t.Fatalf("the follower saw %q, want what was appended", rec.Data)
	}
	// To do it again is refused, not doubled.
	failsWith(t, h.Log, eventlog.ErrConflict, eventlog.Decision(message("a", "mine"), 0))
	// A handle that lost an answer is good for more.
	appendOne(t, l, eventlog.Decision(message("a", "more"), 1))
	wantData(t, h.Log, "mine", "more")
}

func testTruncated(t *testing.T, h Harness) {
	fill(t, h.Log, "a", 5)
	h.Forget(t)
	if got, want := bounds(t, h.Log), (eventlog.Bounds{First: 6, Last: 5}); got != want {
		t.Fatalf("bounds are %+v after all was forgotten, want %+v", got, want)
	}
	for range 2 { // With nothing left, and with something.
		for rec, err := range h.Log.Read(within(t), 3, 0) {
			var truncated *eventlog.TruncatedError
			if !errors.As(err, &truncated) || !errors.Is(err, eventlog.ErrTruncated) || truncated.First != 6 {
				t.Fatalf("reading from 3 yields %+v, %v, want it to say that 6 is the first", rec, err)
			}
		}
		err := eventlog.NewFollower(h.Log, 1).Run(within(t), func(eventlog.Record) error { return nil })
		wantError(t, err, eventlog.ErrTruncated)
		appendOne(t, h.Log, eventlog.Fact(message("b", "new")))
	}
	if records := read(t, h.Log, 6, 7); len(records) != 2 || records[0].Sequence != 6 {
		t.Fatalf("got %d records, want 6 and 7", len(records))
	}
}

// testAgedOut is trace V10: why a ledger has no age limit before every live
// subject is checkpointed.
func testAgedOut(t *testing.T, h Harness) {
	known := appendOne(t, h.Log, eventlog.Decision(message("job", "live"), 0)).Last
	h.Forget(t)
	failsWith(t, h.Log, eventlog.ErrConflict, eventlog.Decision(message("job", "update"), known))
	wantReceipt(t, appendOne(t, h.Log, eventlog.Decision(message("job", "twice"), 0)), 2, 2)
}

func testGap(t *testing.T, h Harness) {
	for i, subject := range []string{"a", "b", "c", "b", "d"} {
		appendOne(t, h.Log, eventlog.Fact(message(subject, fmt.Sprint(i+1))))
	}
	h.Damage(t)
	var (
		got []uint64
		gap *eventlog.GapError
	)
	for rec, err := range h.Log.Read(within(t), 1, 0) {
		if err != nil {
			if !errors.As(err, &gap) || !errors.Is(err, eventlog.ErrGap) {
				t.Fatalf("reading over a gap: %v, want %v", err, eventlog.ErrGap)
			}

			continue
		}
		got = append(got, rec.Sequence)
	}
	if len(got) != 1 || gap == nil || gap.Want != 2 || gap.Got != 3 {
		t.Fatalf("read %v and then %v, want 1 and a gap at 2", got, gap)
	}
	err := eventlog.NewFollower(h.Log, 2).Run(within(t), func(eventlog.Record) error { return nil })
	wantError(t, err, eventlog.ErrGap)
	if records := read(t, h.Log, 3, 5); len(records) != 3 {
		t.Fatalf("got %d records behind the gap, want 3", len(records))
	}
}

func testRestart(t *testing.T, h Harness) {
	f := eventlog.NewFollower(h.Another(t), 1)
	folded := make(chan uint64, 200)
	follow(t, f, func(rec eventlog.Record) error {
		folded <- rec.Sequence

		return nil
	})
	fill(t, h.Log, "a", 20)
	waitFor(t, f, 20)
	h.Restart(t)
	total := appendThrough(t, h.Log, eventlog.Decision(message("end", ""), 0))
	waitFor(t, f, total)
	if got := uint64(len(all(t, h.Log))); got != total {
		t.Fatalf("the log has %d records, want %d", got, total)
	}
	for want := uint64(1); want <= total; want++ {
		if got := <-folded; got != want {
			t.Fatalf("the follower saw %d, want %d: a gap or a repeat", got, want)
		}
	}
}

// appendThrough appends a decision as a service does: again while the log is
// unavailable, and taking a conflict after an unknown outcome for success.
func appendThrough(t testing.TB, l eventlog.Log, e eventlog.Entry) uint64 {
	t.Helper()
	ctx := within(t)
	for unknown := false; ; {
		receipt, err := l.Append(ctx, e)
		switch {
		case err == nil:
			return receipt.Last
		case errors.Is(err, eventlog.ErrOutcomeUnknown):
			unknown = true
		case errors.Is(err, eventlog.ErrUnavailable):
		case errors.Is(err, eventlog.ErrConflict) && unknown:
			return bounds(t, l).Last
		default:
			t.Fatalf("append: %v", err)
		}
	}
}

func testFull(t *testing.T, h Harness) {
	l := h.Full(t)
	m := message("a", "")
	m.Data = make([]byte, 4<<10)
	var err error
	n := uint64(0)
	for ; n < 20 && err == nil; n++ {
		_, err = l.Append(within(t), eventlog.Fact(m))
	}
	wantError(t, err, eventlog.ErrFull)
	failsWith(t, l, eventlog.ErrFull, eventlog.Fact(m), eventlog.Decision(message("b", string(m.Data)), 0))
	if got := bounds(t, l); got.First != 1 || got.Last != n-1 {
		t.Fatalf("a full log has the bounds %+v, want 1 to %d: nothing is dropped and nothing added", got, n-1)
	}
	if sized, ok := l.(eventlog.Sized); ok {
		usage, err := sized.Usage(within(t))
		if err != nil || usage.Share() < 0.5 || usage.Share() > 1 {
			t.Fatalf("usage is %+v, %v, want between a half and all", usage, err)
		}
	}
}
