package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Joined is a log that goes on behind its archive: what it no longer keeps is read from
// there. Appends go to the log.
type Joined struct {
	eventlog.Log

	archive *Archive
}

// Join returns a log with its archive before it.
func Join(log eventlog.Log, a *Archive) *Joined { return &Joined{Log: log, archive: a} }

// Read implements eventlog.Log. It begins in the archive where the log no longer keeps the
// records, and goes on in the log at a record that both have, which is compared, or at
// the next one, after the seal that the archive ends at was. What neither has is told by a
// *TruncatedError with the first sequence that there is.
func (j *Joined) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		r := reading{Joined: j, next: max(from, 1), to: to, yield: yield}
		for {
			first, err := r.log(ctx)
			if first != 0 {
				err = r.past(ctx, first)
			}
			if r.over {
				return
			}
			if err != nil {
				yield(eventlog.Record{}, err)
				return
			}
		}
	}
}

// reading is one reading of both.
type reading struct {
	*Joined
	next, to uint64
	yield    func(eventlog.Record, error) bool
	// over says that nobody reads on, or that all is read.
	over bool
}

// log reads from the log. Where that no longer keeps the next record it returns the first
// that it keeps.
func (r *reading) log(ctx context.Context) (first uint64, err error) {
	for rec, err := range r.Log.Read(ctx, r.next, r.to) {
		if cut, ok := errors.AsType[*eventlog.TruncatedError](err); ok && cut.First > r.next {
			return cut.First, nil
		}
		if err != nil {
			return 0, err
		}
		if !r.give(rec) {
			return 0, nil
		}
	}
	r.over = true
	return 0, nil
}

func (r *reading) give(rec eventlog.Record) bool {
	r.next = rec.Sequence + 1
	r.over = !r.yield(rec, nil)
	return !r.over
}

// past reads from the archive, up to the first record that the log keeps.
func (r *reading) past(ctx context.Context, first uint64) error {
	bounds, err := r.archive.reach(ctx, first)
	if err != nil {
		return unavailable(ctx, err)
	}
	if bounds.First == 0 || bounds.Last < r.next {
		return &eventlog.TruncatedError{First: first}
	}
	if r.next < bounds.First {
		return &eventlog.TruncatedError{First: bounds.First}
	}
	to := min(first, bounds.Last)
	if r.to != 0 {
		to = min(to, r.to)
	}
	for item, err := range r.archive.Read(ctx, r.next, to) {
		if err != nil {
			return unavailable(ctx, err)
		}
		if item.Lost.From != 0 {
			return &eventlog.GapError{Want: item.Lost.From, Got: item.Lost.To + 1}
		}
		if item.Record.Sequence == first {
			if err := r.archive.seam(ctx, r.Log, first); err != nil {
				return err
			}
		}
		if !r.give(item.Record) {
			return nil
		}
	}
	switch {
	case r.to != 0 && r.next > r.to:
		r.over = true
		return nil
	case r.next <= bounds.Last && r.next <= first:
		return unavailable(ctx, fmt.Errorf("%w: it ends before %d", ErrBroken, r.next))
	case bounds.Last+1 < first:
		return &eventlog.GapError{Want: bounds.Last + 1, Got: first}
	case bounds.Last+1 == first:
		return r.archive.edge(ctx, r.Log)
	}
	return nil
}

// reach is what the archive has, asked anew unless it is known to have all before a
// sequence.
func (a *Archive) reach(ctx context.Context, first uint64) (eventlog.Bounds, error) {
	bounds, err := a.Bounds(ctx)
	if err != nil || bounds.First != 0 && bounds.Last+1 >= first {
		return bounds, err
	}
	if err := a.Refresh(ctx); err != nil {
		return bounds, err
	}
	return a.Bounds(ctx)
}

// seam compares the record at which a reading goes over from the archive to the log.
func (a *Archive) seam(ctx context.Context, log eventlog.Log, at uint64) error {
	_, err := a.sameAt(ctx, log, at)
	return seamed(ctx, err, at)
}

// edge compares the seal of a log that goes on right behind the archive.
func (a *Archive) edge(ctx context.Context, log eventlog.Log) error {
	newest, err := a.Newest(ctx)
	if newest != nil {
		err = sealedBy(ctx, log, newest)
		return seamed(ctx, err, newest.To)
	}
	return unavailable(ctx, err)
}

// seamed says in the terms of logs that archive and log are not of one log.
func seamed(ctx context.Context, err error, at uint64) error {
	switch {
	case errors.Is(err, ErrOther):
		return fmt.Errorf("%w: %w", &eventlog.ChangedError{Sequence: at}, err)
	case errors.Is(err, eventlog.ErrTruncated):
		return nil // The log was trimmed meanwhile: it is gone on with in the archive.
	}
	return unavailable(ctx, err)
}

// unavailable says in the terms of logs that the archive cannot be read.
func unavailable(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, eventlog.ErrUnavailable), errors.Is(err, eventlog.ErrClosed):
		return err
	}
	return fmt.Errorf("%w: the archive: %w", eventlog.ErrUnavailable, err)
}

// Bounds implements eventlog.Log: the first sequence is that of the archive, where the log
// goes on behind it.
func (j *Joined) Bounds(ctx context.Context) (eventlog.Bounds, error) {
	bounds, err := j.Log.Bounds(ctx)
	if err != nil || bounds.First <= 1 {
		return bounds, err
	}
	past, err := j.archive.reach(ctx, bounds.First)
	if err != nil {
		return bounds, unavailable(ctx, err)
	}
	if past.First != 0 && past.Last+1 >= bounds.First {
		bounds.First = min(bounds.First, past.First)
	}
	return bounds, nil
}

// SequenceAt implements eventlog.Log.
func (j *Joined) SequenceAt(ctx context.Context, t time.Time) (uint64, error) {
	at, err := j.Log.SequenceAt(ctx, t)
	if err != nil || at != 0 {
		return at, err
	}
	bounds, err := j.Log.Bounds(ctx)
	if err != nil || bounds.First <= 1 {
		return 0, err
	}
	if _, err := j.archive.reach(ctx, bounds.First); err != nil {
		return 0, unavailable(ctx, err)
	}
	at, err = j.archive.SequenceAt(ctx, t)
	return at, unavailable(ctx, err)
}
