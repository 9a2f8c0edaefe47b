package launcher

import (
	"context"
	"sync"
)

// lane does things one after the other, in the order they were given, beside
// the loop. Ordered calls to Mesos go through one.
type lane struct {
	mu    sync.Mutex
	queue []func(context.Context)
	wake  chan struct{}
}

func newLane(ctx context.Context) *lane {
	l := &lane{wake: make(chan struct{}, 1)}
	go l.run(ctx)
	return l
}

func (l *lane) do(f func(context.Context)) {
	l.mu.Lock()
	l.queue = append(l.queue, f)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *lane) run(ctx context.Context) {
	for {
		l.mu.Lock()
		queue := l.queue
		l.queue = nil
		l.mu.Unlock()
		for _, f := range queue {
			if ctx.Err() != nil {
				return
			}
			f(ctx)
		}
		if len(queue) > 0 {
			continue
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return
		}
	}
}
