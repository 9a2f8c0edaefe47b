package projection

import (
	"sync"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// accessCopy is who may do what, as readers have it: a copy that nobody changes, made anew
// when it is asked for after it has changed.
type accessCopy struct {
	mu      sync.Mutex
	state   *access.State // nil once it is not true any more.
	changed chan struct{}
}

func newAccessCopy() *accessCopy { return &accessCopy{changed: make(chan struct{})} }

// outdate says that it has changed.
func (a *accessCopy) outdate() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state = nil
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *accessCopy) get() (*access.State, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state, a.changed
}

func (a *accessCopy) set(s *access.State) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state = s
}

// Access is who may do what, which must not be changed; changed is closed once it is
// another.
func (p *Projection) Access() (s *access.State, changed <-chan struct{}) {
	if s, changed = p.access.get(); s != nil {
		return s, changed
	}
	p.View(func(m *Model) { // Meanwhile nothing is folded that could outdate it.
		clone := m.state.Access.Clone()
		p.access.set(&clone)
		s, changed = p.access.get()
	})
	return s, changed
}
