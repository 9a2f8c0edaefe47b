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
	touched  map[string]uint64
	censuses map[string]*census
	// moved reports whether the last record brought the tasks it is about into
	// another state, or into or out of reach.
	moved bool

	// filled is the one job that is looked at with all its tasks, though it is closed in
	// the state; nil for none.
	filled *cluster.Job

	mu        *sync.Mutex
	summaries map[string]*summary
	all       []Listed // As of sequence allAt.
	allAt     uint64
}

// summary is what a job comes down to. It holds as long as nothing about the
// job was folded, so lists cost what has changed, not what there is.
type summary struct {
	sequence uint64
	view     Job
	live     [cluster.Finished]uint32 // by state
}

// NewModel returns the model before the first event.
func NewModel() *Model {
	return &Model{state: cluster.New(), touched: map[string]uint64{}, censuses: map[string]*census{}, mu: &sync.Mutex{}, summaries: map[string]*summary{}}
}

// Apply folds a record and tells what it did. The error is cluster.ErrOutOfOrder.
func (m *Model) Apply(r cluster.Record) (cluster.Change, error) {
	id := r.Subject.Job
	c, err := m.fold(r)
	if err != nil || id == "" || c.Judgement == cluster.Rejected {
		return c, err
	}
	if _, known := m.touched[id]; !known {
		m.enter(id)
	}
	m.touched[id] = r.Sequence
	m.others(r, c)
	switch r.Event.(type) {
	case events.JobDeleted, events.JobExpired:
		delete(m.summaries, id) // Nobody sees it any more.
	default:
	}
	return c, nil
}

// others takes in the jobs that a record made or changed beside its own.
func (m *Model) others(r cluster.Record, c cluster.Change) {
	for _, j := range c.Others {
		if _, known := m.touched[j.ID]; !known {
			m.enter(j.ID)
		}
		m.touched[j.ID] = r.Sequence
		if j.Deleted {
			delete(m.summaries, j.ID)
		}
	}
	for _, id := range c.Gone {
		delete(m.summaries, id)
		delete(m.touched, id)
		delete(m.censuses, id)
		m.ids = slices.DeleteFunc(m.ids, func(known string) bool { return known == id })
		m.fresh = slices.DeleteFunc(m.fresh, func(known string) bool { return known == id })
	}
}

// enter takes in a job that was not known.
func (m *Model) enter(id string) {
	m.fresh = append(m.fresh, id)
	if len(m.fresh) >= freshMax {
		m.ids, m.fresh = m.ordered(), nil
	}
}

// fold applies a record to the state, and the census of its job goes along: the
// slots that may change are taken out before and counted again after.
func (m *Model) fold(r cluster.Record) (cluster.Change, error) {
	id := r.Subject.Job
	j, t := m.state.Jobs[id], m.censuses[id]
	closed := j != nil && j.Closed() // All slots of it come back.
	task := taskOf(j, r)
	before := conditionOf(task)
	slots, all := touchedBy(r, j, t)
	if t != nil && !closed {
		t.countRanges(j, slots, minus)
	}
	c, err := m.state.Apply(r)
	m.moved = before != conditionOf(task) || task == nil && begun(r, c)
	j = m.folded(j, id, c)
	switch {
	case j == nil: // It is not about a job, or that is deleted, and closed.
		delete(m.censuses, id)
	case j.Closed(): // It was before, and is not spoken of: all is as it was.
	case t == nil || all || closed:
		m.censuses[id] = newCensus(j)
	default:
		t.countRanges(j, slots, 1)
	}
	for _, other := range c.Others {
		if other != j && m.state.Jobs[other.ID] != nil {
			m.censuses[other.ID] = newCensus(other)
		}
	}
	return c, err
}

// folded is the job of a record that has been folded, nil if there is none any more; was is that
// before. The record's time may have closed it: it is as it was right before then.
func (m *Model) folded(was *cluster.Job, id string, c cluster.Change) *cluster.Job {
	j := m.state.Jobs[id]
	switch {
	case j == nil || !j.Closed():
		return j
	case c.Job != nil:
		return c.Job
	}
	return was
}

// condition is what users read of the state of a task.
type condition struct {
	state       cluster.TaskState
	unreachable bool
}

func conditionOf(t *cluster.Task) condition {
	if t == nil {
		return condition{}
	}
	return condition{t.State, t.Unreachable}
}

// begun reports whether a record brought in the tasks it is about.
func begun(r cluster.Record, c cluster.Change) bool {
	switch r.Event.(type) {
	case events.TasksPlanned, events.TaskAdopted:
		return len(c.Tasks) > 0
	default:
		return false
	}
}

// taskOf is the task that a record is about, nil if it is not about one task, or
// none that is there.
func taskOf(j *cluster.Job, r cluster.Record) *cluster.Task {
	if j == nil || r.Subject.Role != events.RoleTask || j.Slots[r.Subject.Slot] == nil {
		return nil
	}
	return j.Slots[r.Subject.Slot].Find(attemptOf(r.Event))
}

// attemptOf is the run and the attempt of the task that an event is about.
func attemptOf(ev events.Event) (run uint64, attempt uint32) {
	switch ev := ev.(type) {
	case events.TaskStaged:
		return ev.Run, ev.Attempt
	case events.TaskWithdrawn:
		return ev.Run, ev.Attempt
	case events.TaskAdopted:
		return ev.Run, ev.Attempt
	case events.TaskStatusChanged:
		return ev.Run, ev.Attempt
	default:
		return 0, 0
	}
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
	if m.filled != nil && m.filled.ID == id {
		j = m.filled
	}
	return j, submission.Known(j)
}

// Lacks reports whether tasks of a job that users see are not in the model, or not with all that
// is shown of them, since it is closed; and which record about the job was the last.
func (m *Model) Lacks(id string) (last uint64, lacks bool) {
	j, ok := m.known(id)
	return m.touched[id], ok && !j.Whole()
}

// With is the model with a job as a whole, as History.Whole has it. It is no longer than m may be
// read.
func (m *Model) With(j *cluster.Job) *Model {
	return &Model{
		state: m.state, ids: m.ids, fresh: m.fresh, touched: m.touched, censuses: m.censuses, moved: m.moved,
		filled: j, mu: m.mu, summaries: m.summaries,
	}
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
func (m *Model) view(j *cluster.Job) Job {
	v := m.summary(j).view
	if v.Detail == "" {
		v.Detail = m.forbids(j, v)
	}
	return v
}
