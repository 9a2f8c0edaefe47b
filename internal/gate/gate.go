package gate

import (
	"context"
	"sync"
)

// Gate lets one at a time in per key. It is safe for concurrent use.
type Gate struct {
	mu   sync.Mutex
	keys map[string]*turn
}

type turn struct {
	free  chan struct{} // Holds a token while nobody is in.
	users int
}

// New returns a gate that nobody is in.
func New() *Gate { return &Gate{keys: map[string]*turn{}} }

// Enter waits until nobody else is in for the key; leave lets the next one in
// and must be called once. The error is that of ctx.
func (g *Gate) Enter(ctx context.Context, key string) (leave func(), err error) {
	t := g.join(key)
	select {
	case <-t.free:
		return func() {
			t.free <- struct{}{}
			g.part(key, t)
		}, nil
	case <-ctx.Done():
		g.part(key, t)
		return nil, ctx.Err()
	}
}

func (g *Gate) join(key string) *turn {
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

func (g *Gate) part(key string, t *turn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(g.keys, key)
	}
}
