package fold

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// nobody is the least sequence waited for if none is.
const nobody = math.MaxUint64

// progress is how far a loop has folded, and who waits for more. Telling of a
// record takes no lock unless somebody waits for it.
type progress struct {
	folded atomic.Uint64
	lowest atomic.Uint64 // The least sequence waited for.
	done   chan struct{} // Closed when nothing more will be folded.

	mu      sync.Mutex
	waiters []*waiter // By sequence.
	cause   error     // Why nothing more will be folded; valid once done is closed.
}

type waiter struct {
	sequence uint64
	reached  chan struct{}
}

func newProgress() *progress {
	p := &progress{done: make(chan struct{})}
	p.lowest.Store(nobody)
	return p
}

// advance says that a sequence is folded.
func (p *progress) advance(sequence uint64) {
	// Stored before lowest is read, as a waiter stores lowest before it reads
	// folded: one of the two sees the other.
	p.folded.Store(sequence)
	if sequence < p.lowest.Load() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.waiters) && p.waiters[n].sequence <= sequence {
		close(p.waiters[n].reached)
		n++
	}
	p.waiters = slices.Delete(p.waiters, 0, n)
	p.setLowest()
}

// awaited reports whether somebody waits for a sequence or an earlier one.
func (p *progress) awaited(sequence uint64) bool { return sequence >= p.lowest.Load() }

// wait returns once a sequence is folded, with the error of ctx, or with
// eventlog.ErrStopped.
func (p *progress) wait(ctx context.Context, sequence uint64) error {
	if p.folded.Load() >= sequence {
		return nil
	}
	w := p.enter(sequence)
	defer p.leave(w)
	if p.folded.Load() >= sequence {
		return nil
	}
	select {
	case <-w.reached:
	case <-p.done:
	case <-ctx.Done():
	}
	if p.folded.Load() >= sequence {
		return nil
	}
	select {
	case <-p.done:
		return fmt.Errorf("%w: %w", eventlog.ErrStopped, p.cause)
	default:
		return ctx.Err()
	}
}

func (p *progress) enter(sequence uint64) *waiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &waiter{sequence: sequence, reached: make(chan struct{})}
	at, _ := p.find(sequence + 1)
	p.waiters = slices.Insert(p.waiters, at, w)
	p.setLowest()
	return w
}

func (p *progress) leave(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, _ := p.find(w.sequence)
	for ; at < len(p.waiters) && p.waiters[at].sequence == w.sequence; at++ {
		if p.waiters[at] == w {
			p.waiters = slices.Delete(p.waiters, at, at+1)
			break
		}
	}
	p.setLowest()
}

func (p *progress) find(sequence uint64) (int, bool) {
	return slices.BinarySearchFunc(p.waiters, sequence, func(w *waiter, n uint64) int { return cmp.Compare(w.sequence, n) })
}

func (p *progress) setLowest() {
	lowest := uint64(nobody)
	if len(p.waiters) > 0 {
		lowest = p.waiters[0].sequence
	}
	p.lowest.Store(lowest)
}

// stop says that nothing more will be folded, and why.
func (p *progress) stop(cause error) {
	p.cause = cause
	close(p.done)
}
