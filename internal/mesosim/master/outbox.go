package master

import (
	"context"
	"sync"

	"github.com/milosgajdos/taurus/internal/queue"
)

// outbox is what waits to be written to one stream. It has no bound, as the
// stream of a Mesos master has none: a slow reader costs memory, not events.
type outbox[T any] struct {
	items  *queue.Queue[T]
	closed chan struct{}
	close  func() // lets the reader end after what is queued
}

func newOutbox[T any]() *outbox[T] {
	closed := make(chan struct{})
	return &outbox[T]{items: queue.New[T](), closed: closed, close: sync.OnceFunc(func() { close(closed) })}
}

// put adds an item, unless the outbox is closed.
func (o *outbox[T]) put(item T) {
	if !o.ended() {
		o.items.Put(item)
	}
}

func (o *outbox[T]) ended() bool {
	select {
	case <-o.closed:
		return true
	default:
		return false
	}
}

// take waits for items; ok is false when the outbox is closed and empty, or ctx
// is done.
func (o *outbox[T]) take(ctx context.Context) (items []T, ok bool) {
	for {
		ended := o.ended() // Asked first: what was put before the end is read.
		if items = o.items.Drain(); items != nil {
			return items, true
		}
		if ended {
			return nil, false
		}
		select {
		case <-o.items.Wake():
		case <-o.closed:
		case <-ctx.Done():
			return nil, false
		}
	}
}
