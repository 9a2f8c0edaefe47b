package audit

import (
	"context"
	"errors"
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
	"github.com/milosgajdos/taurus/internal/pause"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// batchMax is how many records are appended at once.
	batchMax = 100
	// appendTimeout is longer than a log's own patience.
	appendTimeout = 20 * time.Second
)

// writer appends what is in the queue of an audit.
type writer struct {
	audit *Audit
	// batch is under way; what was not stored of one log waits for the next.
	batch []entry
}

// run appends until ctx ends, and then what is left. The error says that the log is of no
// use any more.
func (w *writer) run(ctx context.Context, log eventlog.Log) error {
	for {
		if len(w.batch) == 0 {
			select {
			case e := <-w.audit.queue:
				w.batch = append(w.batch, e)
			case <-ctx.Done():
			}
		}
		if over(ctx) {
			w.leave(ctx, log)
			return nil
		}
		w.fill()
		if err := w.deliver(ctx, log); err != nil {
			return err
		}
	}
}

// fill takes what waits, as far as there is room.
func (w *writer) fill() {
	for len(w.batch) < batchMax {
		select {
		case e := <-w.audit.queue:
			w.batch = append(w.batch, e)
		default:
			return
		}
	}
}

// deliver appends the batch, again and again while that may succeed.
func (w *writer) deliver(ctx context.Context, log eventlog.Log) error {
	for failures := 0; ; failures++ {
		_ = pause.For(ctx, backoff.Wait{First: 100 * time.Millisecond, Max: OpenEvery}.After(failures)) // The error is ctx's.
		w.expire()
		err := w.append(ctx, log)
		if err == nil {
			w.audit.troubled("")
			return nil
		}
		if errors.Is(err, eventlog.ErrNoLog) || errors.Is(err, eventlog.ErrClosed) {
			return err
		}
		if over(ctx) {
			return nil // The last words are w.leave's.
		}
		w.audit.troubled(err.Error())
	}
}

func over(ctx context.Context) bool { return ctx.Err() != nil }

// expire drops what has waited for too long.
func (w *writer) expire() {
	oldest := w.audit.o.Now().Add(-LateMax)
	kept := w.batch[:0]
	for _, e := range w.batch {
		if e.at.Before(oldest) {
			w.audit.drop(1)
			continue
		}
		kept = append(kept, e)
	}
	w.batch = kept
}

// append appends the batch once. The first record that can tells how many were dropped
// before it.
func (w *writer) append(ctx context.Context, log eventlog.Log) error {
	dropped := w.audit.dropped.Swap(0)
	untold, stored := dropped, 0
	entries := make([]eventlog.Entry, 0, len(w.batch))
	for _, e := range w.batch {
		if ev, ok := e.event.(events.RequestAnswered); ok && untold > 0 {
			ev.Dropped, untold = untold, 0
			e.event = ev
		}
		m, err := events.Encode(e.subject, events.Envelope{ID: e.id, Source: w.audit.o.Source, Time: e.at, Actor: e.actor}, e.event)
		if err != nil {
			w.audit.o.Logger.Error().Err(err).Msg("a record of the audit cannot be written")
			w.audit.drop(1)
			continue
		}
		stored++
		entries = append(entries, eventlog.Fact(m))
	}
	if len(entries) > 0 {
		ctx, cancel := context.WithTimeout(ctx, appendTimeout)
		defer cancel()
		if _, err := log.Append(ctx, entries...); err != nil {
			w.audit.dropped.Add(dropped)
			return err
		}
	}
	w.audit.dropped.Add(untold)
	w.audit.o.Recorded(stored)
	w.batch = w.batch[:0]
	return nil
}

// leave appends what is left when the api stops.
func (w *writer) leave(ctx context.Context, log eventlog.Log) {
	a := w.audit
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	a.mu.Lock()
	rest := a.recorder.Rest(a.o.Now())
	a.mu.Unlock()
	for _, rec := range rest {
		a.put(rec)
	}
	for {
		w.fill()
		if len(w.batch) == 0 {
			return
		}
		if err := w.append(ctx, log); err != nil {
			a.o.Logger.Warn().Err(err).Msg("the audit stream takes no more")
			return
		}
	}
}
