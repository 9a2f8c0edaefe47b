package projection

import (
	"context"
	"time"

	"github.com/milosgajdos/taurus/internal/job"
)

// scanShort is how long a look at all jobs may take and be followed by the next at
// once.
const scanShort = time.Millisecond

// turn lets one at a time look at all jobs, and then nobody for as long as that took:
// readers hold up the fold, and however many want to look, half of the time is its.
type turn struct {
	taken chan struct{}
}

func newTurn() *turn { return &turn{taken: make(chan struct{}, 1)} }

// Scan lets f read all of the model, as View does, when it is its turn. The error is
// that of ctx.
func (p *Projection) Scan(ctx context.Context, f func(*Model)) error {
	select {
	case p.scanning.taken <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	leave := func() { <-p.scanning.taken }
	began := time.Now()
	p.View(f)
	if took := time.Since(began); took > scanShort {
		time.AfterFunc(took, leave)
	} else {
		leave()
	}
	return nil
}

// Listed is what the list of all jobs tells of one. It holds on to nothing that
// changes, so it may be read long after.
type Listed struct {
	ID    string
	State JobState
	Spec  *job.Spec
}

// All returns all jobs that users see, in order of id. All who ask at one sequence share
// one list; it must not be changed.
func (m *Model) All() []Listed {
	m.mu.Lock()
	all, at := m.all, m.allAt
	m.mu.Unlock()
	if all != nil && at == m.Sequence() {
		return all
	}
	all = make([]Listed, 0, len(m.ids)+len(m.fresh))
	for _, id := range m.ordered() {
		if j, ok := m.known(id); ok {
			all = append(all, Listed{ID: j.ID, State: m.summary(j).view.State, Spec: j.Spec})
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all, m.allAt = all, m.Sequence()
	return all
}
