package fold

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// buffered is how many decoded records may wait for their fold.
	buffered = 1024
	// awayWait is how long to wait before a log that is away is asked again.
	awayWait = 100 * time.Millisecond
)

// Feed is a log being followed, and held against its seals and the mark.
type Feed struct {
	log     eventlog.Log
	space   events.Space
	guard   *guard
	losses  losses
	records chan cluster.Record
	failed  chan error
	known   chan struct{}
	tail    atomic.Uint64
	// last is the last sequence read, missing how many are lost right behind it.
	last, missing uint64
}

// Start follows log, whose subjects are those of space, from its first record until
// ctx ends. Without marks it is only held against its seals.
func Start(ctx context.Context, log eventlog.Log, space events.Space, marks Marks) *Feed {
	return startAt(ctx, log, space, marks, nil)
}

// startAt is Start behind a snapshot, if there is one.
func startAt(ctx context.Context, log eventlog.Log, space events.Space, marks Marks, at *beginning) *Feed {
	f := &Feed{
		log: log, space: space, losses: losses{log: log}, records: make(chan cluster.Record, buffered), failed: make(chan error, 1), known: make(chan struct{}),
	}
	var err error
	if f.guard, err = newGuard(marks, at); err != nil {
		f.failed <- err
		return f
	}
	if at != nil {
		f.last = at.Sequence
	}
	go func() { f.failed <- f.run(ctx) }()
	return f
}

// run follows the log, over holes that were accepted.
func (f *Feed) run(ctx context.Context) error {
	for {
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err = f.over(ctx, err); err != nil {
			return err
		}
	}
}

// follow reads on until something ends it.
func (f *Feed) follow(ctx context.Context) error {
	follower := eventlog.NewFollower(f.log, f.last+f.missing+1)
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel(nil)
	watching.Go(func() {
		select {
		case <-follower.CaughtUp():
			if err := f.reached(ctx, follower.Tail()); err != nil {
				cancel(err)
			}
		case <-ctx.Done():
		}
	})
	err := follower.Run(ctx, func(rec eventlog.Record) error { return f.push(ctx, rec, follower.Tail()) })
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// reached says that all is read that the log held when a follower began. What it
// means for a log that held something was said with the last of it.
func (f *Feed) reached(ctx context.Context, tail uint64) error {
	if tail == 0 {
		if err := f.guard.empty(); err != nil {
			return err
		}
		// A log that keeps nothing of what it had says so to whoever reads it.
		if bounds, err := f.bounds(ctx); err != nil || bounds.First > 1 {
			return err
		}
	}
	select {
	case <-f.known:
	default:
		f.tail.Store(tail)
		close(f.known)
	}
	return nil
}

// bounds are the log's, waited for while it is away.
func (f *Feed) bounds(ctx context.Context) (eventlog.Bounds, error) {
	for {
		bounds, err := f.log.Bounds(ctx)
		if !errors.Is(err, eventlog.ErrUnavailable) {
			return bounds, err
		}
		select {
		case <-ctx.Done():
			return bounds, ctx.Err()
		case <-time.After(awayWait):
		}
	}
}

func (f *Feed) push(ctx context.Context, rec eventlog.Record, tail uint64) error {
	decoded, err := cluster.Decode(f.space, rec.Sequence, rec.Time, rec.Message)
	if err != nil {
		return err
	}
	decoded.Missing = f.missing
	if err := f.admit(ctx, &decoded); err != nil {
		return err
	}
	f.last, f.missing = rec.Sequence, 0
	if rec.Sequence >= tail {
		if err := f.guard.decide(rec.Sequence); err != nil {
			return err
		}
	}
	select {
	case f.records <- decoded:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// admit has the guard take a record in. Over a seal that does not fit it goes only if
// an operator has accepted the loss of what the seal is about: then the next seal
// is taken as given.
func (f *Feed) admit(ctx context.Context, r *cluster.Record) error {
	err := f.guard.admit(r)
	b, ok := broken(err)
	if !ok {
		return err
	}
	found, err := f.losses.accepted(ctx, r.Sequence, func(a acceptance) bool { return a.from <= b.To() && b.From() <= a.to })
	if err != nil {
		return err
	}
	if !found {
		return sealError{b}
	}
	f.guard.chain.Forget()
	err = f.guard.admit(r)
	if _, still := broken(err); still {
		return f.guard.admitUnsealed(r) // It is about what was to come.
	}
	return err
}

// over goes over the hole at which reading ended, if that was accepted; otherwise it
// says why reading ended.
func (f *Feed) over(ctx context.Context, ended error) error {
	h, ok := holeOf(ended, f.last+f.missing+1)
	if !ok {
		return f.shorter(ended)
	}
	err := f.losses.hole(ctx, h, ended)
	if hole, ok := errors.AsType[*HoleError](err); ok {
		hole.Before = f.guard.lastAt
	}
	if errors.Is(err, eventlog.ErrUnavailable) {
		return nil // The hole is still there when the log is back.
	}
	if err != nil {
		return err
	}
	f.missing += h.to - h.from + 1
	return f.guard.chain.Skip(h.from, h.to)
}

// shorter says in other words that the log has lost its end while it was followed.
func (f *Feed) shorter(ended error) error {
	if gap, ok := errors.AsType[*eventlog.GapError](ended); ok && gap.Got < gap.Want {
		return &ShortError{Folded: gap.Want - 1, FoldedAt: f.guard.lastAt, Last: gap.Got - 1}
	}
	if changed, ok := errors.AsType[*eventlog.ChangedError](ended); ok {
		return &ReplacedError{Sequence: changed.Sequence, FoldedAt: f.guard.lastAt, Good: f.guard.chain.Good(), Err: ended}
	}
	return ended
}

// Records are the records to fold.
func (f *Feed) Records() <-chan cluster.Record { return f.records }

// Failed yields once why the feed ended.
func (f *Feed) Failed() <-chan error { return f.failed }

// Known is closed once it is known how far the log reached at the start, all of
// that was read, and it is the log that it was.
func (f *Feed) Known() <-chan struct{} { return f.known }

// Tail is the last sequence of the log when the feed started; valid after Known.
func (f *Feed) Tail() uint64 { return f.tail.Load() }
