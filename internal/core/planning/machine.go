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
	role    role
}

// New returns the planner of that name, which decides about the jobs of state.
func New(space events.Space, name string, state *cluster.State) *Machine {
	r := role{space: space}
	return &Machine{decider: deciding.New(r, space, name, state), role: r}
}

// Step implements machine.Machine.
func (m *Machine) Step(at machine.Moment, in machine.Input) []machine.Effect {
	effects := m.decider.Step(at, in)
	switch in := in.(type) {
	case Usage:
		if m.role.full != in.Full {
			m.role.full = in.Full
			m.decider.SetRole(m.role)
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

// role is the planner's: where it writes, and what it decides.
type role struct {
	space events.Space
	full  bool
}

// Name implements deciding.Role.
func (role) Name() string { return "planner" }

// Subject implements deciding.Role.
func (r role) Subject(job string) string { return r.space.Plan(job) }

// Last implements deciding.Role.
func (role) Last(j *cluster.Job) uint64 { return j.LastPlan }

// Decide implements deciding.Role. In a log that is nearly full nothing new is
// planned, so that stops, kills and statuses can still be written.
func (r role) Decide(_ *cluster.State, j *cluster.Job, now time.Time) deciding.Proposal {
	d := Decide(j, now)
	if _, plans := d.Event.(events.TasksPlanned); plans && r.full {
		return deciding.Proposal{Wake: now.Add(UsageEvery)}
	}
	return deciding.Proposal{Event: d.Event, Cause: d.Cause, Wake: d.Wake}
}
