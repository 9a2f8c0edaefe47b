package reaper

import (
	"context"
	"sync"
)

// queue is the kills that wait for a sender, oldest first. A task is in it once:
// the repetition of a kill that was not even sent says nothing new. So it holds
// no more than the tasks that are to end.
type queue struct {
	mu    sync.Mutex
	kills []kill
	tasks map[string]bool
	wake  chan struct{}
}

func newQueue() *queue { return &queue{tasks: map[string]bool{}, wake: make(chan struct{}, 1)} }

// put adds a kill unless its task has one that waits.
func (q *queue) put(k kill) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.tasks[k.taskID] {
		return
	}
	q.tasks[k.taskID] = true
	q.kills = append(q.kills, k)
	q.signal()
}

// take waits for a kill; false when ctx is done.
func (q *queue) take(ctx context.Context) (kill, bool) {
	for {
		if k, ok := q.first(); ok {
			return k, true
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return kill{}, false
		}
	}
}

func (q *queue) first() (kill, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.kills) == 0 {
		return kill{}, false
	}
	k := q.kills[0]
	q.kills = q.kills[1:]
	delete(q.tasks, k.taskID)
	if len(q.kills) > 0 {
		q.signal() // For the next sender.
	}
	return k, true
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
