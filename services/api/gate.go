package api

import (
	"context"
	"sync"
)

// gate lets one write per key through at a time: the log may refuse one of two
// appends to a subject that are under way at once.
type gate struct {
	mu   sync.Mutex
	keys map[string]*turn
}

type turn struct {
	free  chan struct{} // Holds a token while nobody is in.
	users int
}

func newGate() *gate { return &gate{keys: map[string]*turn{}} }

// enter waits for its turn; leave gives it up. The error is that of ctx.
func (g *gate) enter(ctx context.Context, key string) (leave func(), err error) {
	t := g.take(key)
	select {
	case <-t.free:
		return func() {
			t.free <- struct{}{}
			g.drop(key, t)
		}, nil
	case <-ctx.Done():
		g.drop(key, t)
		return nil, ctx.Err()
	}
}

func (g *gate) take(key string) *turn {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.keys[key]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		g.keys[key] = t
	}
	t.users++
	return t
}

func (g *gate) drop(key string, t *turn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(g.keys, key)
	}
}
