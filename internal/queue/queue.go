package queue

import (
	"context"
	"sync"
)

// Queue is first in, first out. It is safe for any number of goroutines.
type Queue[T any] struct {
	mu    sync.Mutex
	items []T
	// wake holds a token whenever there are items that nobody has been woken for.
	wake chan struct{}
}

// New makes an empty queue.
func New[T any]() *Queue[T] { return &Queue[T]{wake: make(chan struct{}, 1)} }

// Put adds v at the end. It never waits.
func (q *Queue[T]) Put(v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, v)
	q.signal()
}

// Wake returns the channel that receives when something may be there. It does not
// receive once for each item, so whoever is woken drains the queue.
func (q *Queue[T]) Wake() <-chan struct{} { return q.wake }

// Drain takes all there is, oldest first; nil if there is nothing.
func (q *Queue[T]) Drain() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	if len(items) == 0 {
		return nil
	}
	select {
	case <-q.wake: // It told of what is taken here.
	default:
	}
	return items
}

// Take waits for the oldest item and takes it. It reports false, and takes
// nothing, when ctx is done.
func (q *Queue[T]) Take(ctx context.Context) (T, bool) {
	for ctx.Err() == nil {
		if v, ok := q.first(); ok {
			return v, true
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
		}
	}
	q.passOn()
	var none T
	return none, false
}

// Len returns how many items wait.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

func (q *Queue[T]) first() (v T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return v, false
	}
	var none T
	v, q.items[0] = q.items[0], none // The array below must not keep it alive.
	q.items = q.items[1:]
	if len(q.items) > 0 {
		q.signal() // For the next taker.
	}
	return v, true
}

// passOn wakes another taker: one that gives up may have been woken just then.
func (q *Queue[T]) passOn() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) > 0 {
		q.signal()
	}
}

// signal needs the lock.
func (q *Queue[T]) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
