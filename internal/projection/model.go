package projection

import (
	"slices"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Model is the state at one sequence, with what views need. Many may read it at
// once, but not while a record is applied.
type Model struct {
	state *cluster.State
	// ids are those of all jobs in order, but for the fresh ones, which are not
	// in order: sorting them in one by one would cost too much on a long replay.
	ids, fresh []string
	// touched is the last sequence about each job.
	touched map[string]uint64

	mu        sync.Mutex
	summaries map[string]*summary
}

// summary is what a job comes down to. It holds as long as nothing about the
// job was folded, so lists cost what has changed, not what there is.
type summary struct {
	sequence    uint64
	view        Job
	live        map[string]uint32
	unreachable uint32
}

// NewModel returns the model before the first event.
func NewModel() *Model {
	return &Model{state: cluster.New(), touched: map[string]uint64{}, summaries: map[string]*summary{}}
}

// Apply folds a record. The error is cluster.ErrOutOfOrder.
func (m *Model) Apply(r cluster.Record) (cluster.Change, error) {
	change, err := m.state.Apply(r)
	if err != nil {
		return change, err
	}
	id := r.Subject.Job
	if id == "" {
		return change, nil
	}
	if _, known := m.touched[id]; !known {
		m.fresh = append(m.fresh, id)
		if len(m.fresh) >= freshMax {
			m.ids, m.fresh = m.ordered(), nil
		}
	}
	m.touched[id] = r.Sequence
	if _, deleted := r.Event.(events.JobDeleted); deleted {
		delete(m.summaries, id) // Nobody sees it any more.
	}
	return change, nil
}

// freshMax is how many ids wait to be sorted in.
const freshMax = 1024

// ordered returns the ids of all jobs in order; it changes nothing.
func (m *Model) ordered() []string {
	if len(m.fresh) == 0 {
		return m.ids
	}
	fresh := slices.Sorted(slices.Values(m.fresh))
	all := make([]string, 0, len(m.ids)+len(fresh))
	for _, id := range m.ids {
		for len(fresh) > 0 && fresh[0] < id {
			all, fresh = append(all, fresh[0]), fresh[1:]
		}
		all = append(all, id)
	}
	return append(all, fresh...)
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

// summary returns that of a job; it must not be changed.
func (m *Model) summary(j *cluster.Job) *summary {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum := m.summaries[j.ID]
	if sum == nil || sum.sequence != m.touched[j.ID] {
		sum = m.summarise(j)
		m.summaries[j.ID] = sum
	}
	return sum
}

// view is the job's, to be completed by the caller.
func (m *Model) view(j *cluster.Job) Job { return m.summary(j).view }
