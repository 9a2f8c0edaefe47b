package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// UsageEvery is how often the log's space is looked at, and how long a job waits
// for whose tasks there is none.
const UsageEvery = 5 * time.Second

// Usage reports whether the log is too full for anything new to be planned.
type Usage struct {
	Full            bool
	Bytes, MaxBytes uint64
}

// Input marks the type as one.
func (Usage) Input() {}

// Machine is a planner: a deciding.Machine, which has Decide decide about every job,
// what it says of its decisions, and the space in the log. Its inputs are those of
// deciding.Machine, and Usage.
type Machine struct {
	decider *deciding.Machine
	policy  policy
}

// New returns an instance of the planner, which decides about the jobs of state.
func New(space events.Space, instance string, state *cluster.State) *Machine {
	p := policy{space: space}
	return &Machine{decider: deciding.New(p, space, instance, state), policy: p}
}

// Step implements machine.Machine.
func (m *Machine) Step(at machine.Moment, in machine.Input) []machine.Effect {
	effects := m.decider.Step(at, in)
	switch in := in.(type) {
	case Usage:
		if m.policy.full != in.Full {
			m.policy.full = in.Full
			m.decider.SetPolicy(m.policy)
			effects = append(effects, usageNote(in))
		}
	case machine.Folded:
		if n, ok := note(in); ok {
			effects = append(effects, n)
		}
	}
	return effects
}

// Wake implements machine.Machine.
func (m *Machine) Wake() time.Time { return m.decider.Wake() }

// Source is how the machine signs what it appends.
func (m *Machine) Source() string { return m.decider.Source() }

func usageNote(u Usage) machine.Note {
	return machine.Note{
		Level: machine.Warn, Message: "log space: planning stops at 90 %; raise --max-bytes",
		Fields: []machine.Field{{Key: "full", Value: u.Full}, {Key: "bytes", Value: u.Bytes}, {Key: "max_bytes", Value: u.MaxBytes}},
	}
}

// note is what is said of one's own decision once it is folded.
func note(in machine.Folded) (machine.Note, bool) {
	if !in.Own || in.Change.Job == nil {
		return machine.Note{}, false
	}
	n := machine.Note{Level: machine.Info, Job: in.Change.Job.ID, Sequence: in.Record.Sequence}
	tasks := machine.Field{Key: "tasks", Value: len(in.Change.Tasks)}
	switch ev := in.Record.Event.(type) {
	case events.TasksPlanned:
		n.Message = "tasks planned"
		n.Fields = []machine.Field{
			{Key: "group", Value: ev.Group}, tasks, {Key: "reason", Value: ev.Reason}, {Key: "not_before", Value: ev.NotBefore},
		}
	case events.TasksDoomed:
		n.Message = "tasks doomed"
		n.Fields = []machine.Field{tasks, {Key: "reason", Value: ev.Reason}}
	case events.JobCompleted:
		n.Message = "job completed"
	case events.JobFailed:
		n.Message = "job failed"
		n.Fields = []machine.Field{{Key: "reason", Value: ev.Reason}}
	default:
		return machine.Note{}, false
	}
	return n, true
}

// policy is the planner's: where it writes, and what it decides.
type policy struct {
	space events.Space
	full  bool
}

// Role implements deciding.Policy.
func (policy) Role() string { return "planner" }

// Subject implements deciding.Policy.
func (p policy) Subject(job string) string { return p.space.Plan(job) }

// Last implements deciding.Policy.
func (policy) Last(j *cluster.Job) uint64 { return j.LastPlan }

// Decide implements deciding.Policy. In a log that is nearly full nothing new is
// planned, so that stops, kills and statuses can still be written.
func (p policy) Decide(_ *cluster.State, j *cluster.Job, now time.Time) deciding.Proposal {
	d := Decide(j, now)
	if _, plans := d.Event.(events.TasksPlanned); plans && p.full {
		return deciding.Proposal{Wake: now.Add(UsageEvery)}
	}
	return deciding.Proposal{Event: d.Event, Cause: d.Cause, Wake: d.Wake}
}
