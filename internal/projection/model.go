package projection

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
)

// Model is the state at one sequence, with what views need. It is not safe for
// concurrent use while records are applied.
type Model struct {
	state *cluster.State
	// ids are those of all jobs in order, but for the fresh ones, which are not
	// in order: sorting them in one by one would cost too much on a long replay.
	ids, fresh []string
	// touched is the last sequence about each job.
	touched map[string]uint64
}

// NewModel returns the model before the first event.
func NewModel() *Model {
	return &Model{state: cluster.New(), touched: map[string]uint64{}}
}

// Apply folds a record. The error is cluster.ErrOutOfOrder.
func (m *Model) Apply(r cluster.Record) error {
	if _, err := m.state.Apply(r); err != nil {
		return err
	}
	id := r.Subject.Job
	if id == "" {
		return nil
	}
	if _, known := m.touched[id]; !known {
		m.fresh = append(m.fresh, id)
		if len(m.fresh) >= freshMax {
			m.ids, m.fresh = m.ordered(), nil
		}
	}
	m.touched[id] = r.Sequence
	return nil
}

// freshMax is how many ids wait to be sorted in.
const freshMax = 1024

// ordered returns the ids of all jobs in order; it changes nothing.
func (m *Model) ordered() []string {
	if len(m.fresh) == 0 {
		return m.ids
	}
	all := make([]string, 0, len(m.ids)+len(m.fresh))
	all = append(append(all, m.ids...), m.fresh...)
	slices.Sort(all)
	return all
}

// Sequence is the last one folded, 0 for none.
func (m *Model) Sequence() uint64 { return m.state.Sequence }

// Time is the log's at Sequence.
func (m *Model) Time() time.Time { return m.state.Time }

// State is the fold itself, for decisions. It must not be changed.
func (m *Model) State() *cluster.State { return m.state }

// known returns a job that users see.
func (m *Model) known(id string) (*cluster.Job, bool) {
	j := m.state.Jobs[id]
	return j, submission.Known(j)
}
