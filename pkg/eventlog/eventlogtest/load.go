package eventlogtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// writer appends one decision after the other to a subject of its own, as a
// service does: what was stored it learns from the follower, not from answers.
type writer struct {
	log      eventlog.Log
	follower *eventlog.Follower
	subject  string
	last     atomic.Uint64 // Folded by the follower.
	acked    []uint64
}

// step decides once. Data says which sequence the decision was made on.
func (w *writer) step(ctx context.Context) error {
	last := w.last.Load()
	m := eventlog.Message{Subject: w.subject, Data: fmt.Append(nil, last)}
	receipt, err := w.log.Append(ctx, eventlog.Decision(m, last))
	switch {
	case err == nil:
		w.acked = append(w.acked, receipt.Last)

		return w.follower.WaitFor(ctx, receipt.Last)
	case errors.Is(err, eventlog.ErrConflict), errors.Is(err, eventlog.ErrOutcomeUnknown):
		b, err := w.log.Bounds(ctx)
		if errors.Is(err, eventlog.ErrUnavailable) {
			return nil
		}
		if err != nil {
			return err
		}

		return w.follower.WaitFor(ctx, b.Last)
	case errors.Is(err, eventlog.ErrUnavailable):
		return nil
	}

	return err
}

// testRestartUnderLoad crashes the store while writers write. Every decision
// that was acknowledged must be there, and every one that is there must have
// been made on what its subject really held.
func testRestartUnderLoad(t *testing.T, h Harness) {
	follower := eventlog.NewFollower(h.Another(t), 1)
	writers := make(map[string]*writer)
	for i := range 8 {
		w := &writer{log: h.Log, follower: follower, subject: fmt.Sprintf("taurus.ev.0.w.%d", i)}
		writers[w.subject] = w
	}
	follow(t, follower, func(rec eventlog.Record) error {
		writers[rec.Subject].last.Store(rec.Sequence)

		return nil
	})
	ctx := within(t)
	var stop atomic.Bool
	var running sync.WaitGroup
	for _, w := range writers {
		running.Go(func() {
			for !stop.Load() {
				if err := w.step(ctx); err != nil {
					t.Errorf("%s: %v", w.subject, err)

					return
				}
			}
			if err := w.step(ctx); err != nil {
				t.Errorf("%s: the last step: %v", w.subject, err)
			}
		})
	}
	for range 2 {
		waitFor(t, follower, bounds(t, h.Log).Last+50)
		h.Restart(t)
	}
	waitFor(t, follower, bounds(t, h.Log).Last+50)
	stop.Store(true)
	running.Wait()

	last := make(map[string]uint64)
	stored := make(map[uint64]string)
	for _, rec := range all(t, h.Log) {
		if got, want := string(rec.Data), fmt.Sprint(last[rec.Subject]); got != want {
			t.Fatalf("sequence %d of %s was decided on %s, its subject was at %s", rec.Sequence, rec.Subject, got, want)
		}
		last[rec.Subject] = rec.Sequence
		stored[rec.Sequence] = rec.Subject
	}
	for _, w := range writers {
		for _, seq := range w.acked {
			if stored[seq] != w.subject {
				t.Errorf("sequence %d was acknowledged to %s and is %q", seq, w.subject, stored[seq])
			}
		}
		if len(w.acked) == 0 {
			t.Errorf("%s wrote nothing", w.subject)
		}
	}
}
