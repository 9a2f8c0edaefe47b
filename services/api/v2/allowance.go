package v2

import (
	"context"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

const (
	// eventMax is what one event may take beyond what a feed is to hold: the largest
	// there is, as it is read and as it is written.
	eventMax = 3 * eventlog.MaxMessage
	// allowanceGrace is how long a client may take for its piece while others wait for the
	// bytes, and allowanceAgain how often those look again.
	allowanceGrace = time.Second
	allowanceAgain = 100 * time.Millisecond
)

// allowance is the bytes that all feeds together may hold for their clients. Where there
// is nothing left, the feed whose client has let it wait for the longest is ended: it has
// what others need, and no use for it.
type allowance struct {
	most int

	mu    sync.Mutex
	taken int
	held  map[*held]struct{}
	freed chan struct{} // Closed when some are given back.
}

// held is what one feed has of it.
type held struct {
	of    *allowance
	bytes int
	// since is when its client was first given something of it; zero before that.
	since time.Time
	// end ends the feed; ended reports whether it was.
	end   func()
	ended bool
}

func newAllowance(most int) *allowance {
	return &allowance{most: most, held: map[*held]struct{}{}, freed: make(chan struct{})}
}

// take waits until there are so many bytes; end is called if others need them. Who is
// alone may have more than there is. The error is that of ctx.
func (a *allowance) take(ctx context.Context, bytes int, end func()) (*held, error) {
	again := time.NewTicker(allowanceAgain)
	defer again.Stop()
	for {
		h, freed := a.try(bytes, end)
		if h != nil {
			return h, nil
		}
		select {
		case <-freed:
		case <-again.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try takes bytes, or ends who is slowest and tells what to wait for.
func (a *allowance) try(bytes int, end func()) (*held, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.taken == 0 || a.taken+bytes <= a.most {
		h := &held{of: a, bytes: bytes, end: end}
		a.held[h] = struct{}{}
		a.taken += bytes
		return h, nil
	}
	if slow := a.slowest(time.Now().Add(-allowanceGrace)); slow != nil && !slow.ended {
		slow.ended = true
		slow.end()
	}
	return nil, a.freed
}

// slowest is the one whose client was given something first, at the latest before; one
// that is ended already is waited for.
func (a *allowance) slowest(before time.Time) *held {
	var slow *held
	for h := range a.held {
		switch {
		case h.ended:
			return h
		case h.since.IsZero() || h.since.After(before):
		case slow == nil || h.since.Before(slow.since):
			slow = h
		}
	}
	return slow
}

// shrink keeps so many bytes, which the client is given now.
func (h *held) shrink(bytes int) {
	h.of.mu.Lock()
	defer h.of.mu.Unlock()
	h.since = time.Now()
	h.of.give(h.bytes - bytes)
	h.bytes = bytes
}

// release gives all back.
func (h *held) release() {
	h.of.mu.Lock()
	defer h.of.mu.Unlock()
	delete(h.of.held, h)
	h.of.give(h.bytes)
}

func (a *allowance) give(bytes int) {
	a.taken -= bytes
	close(a.freed)
	a.freed = make(chan struct{})
}
