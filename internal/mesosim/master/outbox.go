package master

import (
	"context"
	"sync"
)

// outbox is what waits to be written to one stream. It has no bound, as the
// stream of a Mesos master has none: a slow reader costs memory, not events.
type outbox[T any] struct {
	mu     sync.Mutex
	items  []T
	closed bool
	wake   chan struct{}
}

func newOutbox[T any]() *outbox[T] {
	return &outbox[T]{wake: make(chan struct{}, 1)}
}

func (o *outbox[T]) put(item T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.items = append(o.items, item)
		o.signal()
	}
}

// close lets the reader end after what is queued.
func (o *outbox[T]) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.signal()
}

func (o *outbox[T]) ended() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

func (o *outbox[T]) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take waits for items; ok is false when the outbox is closed and empty, or ctx
// is done.
func (o *outbox[T]) take(ctx context.Context) (items []T, ok bool) {
	for {
		o.mu.Lock()
		items, closed := o.items, o.closed
		o.items = nil
		o.mu.Unlock()
		if len(items) > 0 {
			return items, true
		}
		if closed {
			return nil, false
		}
		select {
		case <-o.wake:
		case <-ctx.Done():
			return nil, false
		}
	}
}
