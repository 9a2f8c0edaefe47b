package eventlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog/internal/backoff"
)

// Waits between attempts of a follower while the log is unavailable.
const (
	followerMinWait = 50 * time.Millisecond
	followerMaxWait = 2 * time.Second
)

// Follower reads a log from a sequence on and keeps at it: while the log is
// unavailable it tries again from its position, without gap or repeat.
type Follower struct {
	log Log

	mu       sync.Mutex
	position uint64
	running  bool
	stopped  error
	tail     uint64
	last     Record // The one applied last; zero if none was.
	waiters  map[*waiter]struct{}
	lowest   uint64 // The least sequence waited for; 0 if none is.

	caughtUp     chan struct{}
	caughtUpOnce sync.Once
}

type waiter struct {
	seq  uint64
	done chan struct{}
}

// NewFollower returns a follower that begins with sequence from; 0 is read as 1.
// What lies before from counts as applied, from a snapshot say: if the log does
// not reach that far, Run fails with a GapError.
func NewFollower(log Log, from uint64) *Follower {
	return &Follower{
		log:      log,
		position: max(from, 1) - 1,
		waiters:  make(map[*waiter]struct{}),
		caughtUp: make(chan struct{}),
	}
}

// Run hands every record to apply, in order, until ctx ends, apply fails, or
// the log has a gap, is truncated, or another than it was; it returns which. A record counts as
// applied once apply has returned nil: after a failure Run may be called again
// and begins with the record that failed.
func (f *Follower) Run(ctx context.Context, apply func(Record) error) error {
	f.mu.Lock()
	if f.running {
		f.mu.Unlock()

		return errors.New("eventlog: the follower runs already")
	}
	f.running, f.stopped = true, nil
	f.mu.Unlock()

	err := f.run(ctx, apply)
	f.stop(err)

	return err
}

func (f *Follower) run(ctx context.Context, apply func(Record) error) error {
	wait := backoff.Backoff{Min: followerMinWait, Max: followerMaxWait}
	known := false
	for {
		err := f.read(ctx, &known, &wait, apply)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, ErrUnavailable) {
			return err
		}
		if err := wait.Wait(ctx); err != nil {
			return err
		}
	}
}

// read learns where the log ends and then reads until something fails.
func (f *Follower) read(ctx context.Context, known *bool, wait *backoff.Backoff, apply func(Record) error) error {
	b, err := f.log.Bounds(ctx)
	if err != nil {
		return err
	}
	if next := f.Position() + 1; b.Last+1 < next {
		return &GapError{Want: next, Got: b.Last + 1}
	}
	if !*known {
		*known = true
		f.setTail(b)
	}
	if err := f.look(ctx); err != nil {
		return err
	}
	for rec, err := range f.log.Read(ctx, f.Position()+1, 0) {
		if err != nil {
			return err
		}
		if err := apply(rec); err != nil {
			return fmt.Errorf("sequence %d on %s: %w", rec.Sequence, rec.Subject, err)
		}
		wait.Reset()
		f.advance(rec)
	}
	// A read without end ends with an error; this is a log that broke off.
	return fmt.Errorf("%w: reading ended at %d", ErrUnavailable, f.Position())
}

// look looks whether a log that is read again still has the record that was applied
// last: one that lost its end, and was appended to before anybody looked, is as long as
// it was. A record that is missing now is no reason to apply it again.
func (f *Follower) look(ctx context.Context) error {
	f.mu.Lock()
	was := f.last
	f.mu.Unlock()
	if was.Sequence == 0 {
		return nil
	}
	for is, err := range f.log.Read(ctx, was.Sequence, was.Sequence) {
		switch {
		case errors.Is(err, ErrGap), errors.Is(err, ErrTruncated):
			return nil
		case err != nil:
			return err
		case is.Sequence == was.Sequence && !is.Same(was):
			return &ChangedError{Sequence: was.Sequence}
		}

		break
	}

	return nil
}

// Position returns the last sequence applied, 0 if none was.
func (f *Follower) Position() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.position
}

// Tail returns the last sequence the log had when Run began, 0 if that is not
// known yet or the log kept nothing. What lies before it is history: a service acts
// only once it has folded it.
func (f *Follower) Tail() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.tail
}

// CaughtUp is closed once everything up to Tail was applied.
func (f *Follower) CaughtUp() <-chan struct{} { return f.caughtUp }

// WaitFor returns once sequence seq was applied, so that the caller reads what
// it wrote. It fails with the error of ctx, or with ErrStopped when Run ended.
func (f *Follower) WaitFor(ctx context.Context, seq uint64) error {
	f.mu.Lock()
	if f.position >= seq {
		f.mu.Unlock()

		return nil
	}
	if err := f.stoppedLocked(); err != nil {
		f.mu.Unlock()

		return err
	}
	w := &waiter{seq: seq, done: make(chan struct{})}
	f.waiters[w] = struct{}{}
	f.setLowestLocked()
	f.mu.Unlock()

	select {
	case <-w.done:
	case <-ctx.Done():
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waiters, w)
	f.setLowestLocked()
	if f.position >= seq {
		return nil
	}
	if err := f.stoppedLocked(); err != nil {
		return err
	}

	return ctx.Err()
}

func (f *Follower) stoppedLocked() error {
	if f.stopped == nil {
		return nil
	}

	return fmt.Errorf("%w: %w", ErrStopped, f.stopped)
}

func (f *Follower) advance(rec Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seq := rec.Sequence
	f.position, f.last = seq, rec
	if f.lowest != 0 && seq >= f.lowest {
		for w := range f.waiters {
			if w.seq <= seq {
				close(w.done)
				delete(f.waiters, w)
			}
		}
		f.setLowestLocked()
	}
	f.signalLocked()
}

// setTail leaves the tail at 0 where nothing is kept: nothing will come.
func (f *Follower) setTail(b Bounds) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b.First <= b.Last {
		f.tail = b.Last
	}
	f.signalLocked()
}

func (f *Follower) signalLocked() {
	if f.position >= f.tail {
		f.caughtUpOnce.Do(func() { close(f.caughtUp) })
	}
}

func (f *Follower) setLowestLocked() {
	f.lowest = 0
	for w := range f.waiters {
		if f.lowest == 0 || w.seq < f.lowest {
			f.lowest = w.seq
		}
	}
}

func (f *Follower) stop(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running, f.stopped = false, err
	for w := range f.waiters {
		close(w.done)
		delete(f.waiters, w)
	}
	f.lowest = 0
}
