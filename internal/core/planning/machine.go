package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// UsageEvery is how long a job waits for whose tasks the log has no space.
	UsageEvery = 5 * time.Second
	// PlanShare is how full the log may be for anything new to be planned, where its
	// reserve does not ask for more room.
	PlanShare = 0.9
)

// Usage says how many bytes the log holds and may hold, 0 for any number.
type Usage struct {
	Bytes, MaxBytes uint64
}

// Full reports whether so much is used that nothing new begins, whatever is reserved.
func (u Usage) Full() bool {
	return u.MaxBytes != 0 && float64(u.Bytes) >= PlanShare*float64(u.MaxBytes)
}

// Input marks the type as one.
func (Usage) Input() {}

// Machine is a planner: a deciding.Machine, which has Decide decide about every job,
// what it says of its decisions, and the space in the log. Its inputs are those of
// deciding.Machine, and Usage.
type Machine struct {
	decider *deciding.Machine
	policy  planner
	state   *cluster.State
}

// New returns an instance of the planner, which decides about the jobs of state.
func New(space events.Space, instance string, state *cluster.State) *Machine {
	p := planner{space: space}
	return &Machine{decider: deciding.New(p, space, instance, state), policy: p, state: state}
}

// Step implements machine.Machine.
func (m *Machine) Step(at machine.Moment, in machine.Input) []machine.Effect {
	effects := m.decider.Step(at, in)
	switch in := in.(type) {
	case Usage:
		was := m.policy.full
		m.policy.weigh(in, reserve.Of(m.state))
		m.decider.SetPolicy(m.policy)
		if m.policy.full != was {
			effects = append(effects, usageNote(in, m.policy.full))
		}
	case machine.Folded:
		if m.policy.limited {
			m.spend(in)
		}
		if n, ok := m.boundNote(at, in); ok {
			effects = append(effects, n)
		}
		if n, ok := note(in); ok {
			effects = append(effects, n)
		}
	}
	return effects
}

// spend takes what was begun off the room.
func (m *Machine) spend(in machine.Folded) {
	spent := uint64(0)
	switch ev := in.Record.Event.(type) {
	case events.TasksPlanned:
		spent = reserve.OfPlan(in.Record.Subject.Job, ev.Slots)
	case events.RunDue:
		if in.Change.Job != nil {
			spent = reserve.OfRun(in.Change.Job, ev)
		}
	default:
		return
	}
	m.policy.room -= min(m.policy.room, spent)
	m.decider.SetPolicy(m.policy)
}

// Wake implements machine.Machine.
func (m *Machine) Wake() time.Time { return m.decider.Wake() }

// Full reports whether nothing new is planned for want of space in the log.
func (m *Machine) Full() bool { return m.policy.full }

// Source is how the machine signs what it appends.
func (m *Machine) Source() string { return m.decider.Source() }

func usageNote(u Usage, full bool) machine.Note {
	return machine.Note{
		Level: machine.Warn, Message: "log space: nothing new is planned while it is nearly full; raise its limit: taurus log resize",
		Fields: []machine.Field{{Key: "full", Value: full}, {Key: "bytes", Value: u.Bytes}, {Key: "max_bytes", Value: u.MaxBytes}},
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
	case events.RunDue:
		n.Message = "run " + ev.Outcome
		n.Fields = []machine.Field{{Key: "at", Value: ev.At}}
		if ev.Count > 1 {
			n.Fields = append(n.Fields, machine.Field{Key: "count", Value: ev.Count}, machine.Field{Key: "from", Value: ev.From})
		}
		if ev.Reason != "" {
			n.Fields = append(n.Fields, machine.Field{Key: "reason", Value: ev.Reason})
		}
	case events.JobCompleted:
		n.Message = "job completed"
	case events.JobExpired:
		n.Message = "job left out of the lists"
	case events.JobFailed:
		n.Message = "job failed"
		n.Fields = []machine.Field{{Key: "reason", Value: ev.Reason}}
	default:
		return machine.Note{}, false
	}
	return n, true
}

// planner is the policy of planners: where it writes, what it decides, and what the log has
// space for.
type planner struct {
	space events.Space
	// limited reports whether the log has a limit; full, whether nothing new is planned
	// at all; and room is what it has beyond what lives needs for its ends.
	limited, full bool
	room          uint64
	// killBound is how many tasks a minute may be doomed that nobody asked for; 0 is any
	// number.
	killBound uint32
}

// weigh takes in how full the log is, and what it is to keep free.
func (p *planner) weigh(u Usage, need reserve.Need) {
	free, ends := u.MaxBytes-min(u.MaxBytes, u.Bytes), need.Due+need.Ends
	p.limited = u.MaxBytes != 0
	p.room = free - min(free, ends)
	p.full = u.Full() || p.limited && p.room == 0
}

// allows reports whether the log has space for what a plan begins.
func (p planner) allows(needs, taken uint64) bool {
	return !p.limited || !p.full && needs+taken <= p.room
}

// takes is what the log must have space for if an event is appended, and whether it has.
// What a rollout ends is replaced, which takes space: were it not there, something would
// be down for want of it.
func (p planner) takes(j *cluster.Job, ev events.Event, taken uint64) (bytes uint64, fits bool) {
	if !p.limited {
		return 0, true
	}
	switch ev := ev.(type) {
	case events.TasksPlanned:
		bytes = reserve.OfPlan(j.ID, ev.Slots)
		return bytes, p.allows(bytes, taken)
	case events.RunDue: // Told once there is space, and of those that have been missed till then, too.
		bytes = reserve.OfRun(j, ev)
		return bytes, p.allows(bytes, taken)
	case events.TasksDoomed:
		return 0, !ev.Keep || !byRollout(ev.Class) || p.allows(reserve.OfPlan(j.ID, ev.Slots), taken)
	default:
		return 0, true
	}
}

// Role implements deciding.Policy.
func (planner) Role() string { return "planner" }

// Subject implements deciding.Policy.
func (p planner) Subject(job string) string { return p.space.Plan(job) }

// Last implements deciding.Policy.
func (planner) Last(j *cluster.Job) uint64 { return j.LastPlan }

// Decide implements deciding.Policy. In a log that has no space for the whole life of
// new tasks they are not planned, so that what lives can always be ended.
func (p planner) Decide(s *cluster.State, j *cluster.Job, now time.Time, taken deciding.Takes) deciding.Proposal {
	d := DecideBounded(s, j, now, p.killBound, taken.Kills)
	takes, fits := p.takes(j, d.Event, taken.Bytes)
	if !fits && (j.Rollout.Status == cluster.RolloutRolling || s.Agents.Leaving()) {
		d = decide(s, j, now, true, p.killBudget(s, now, taken.Kills))
		d.Wake = earlier(d.Wake, now.Add(UsageEvery)) // What is held waits for nothing else.
		takes, fits = p.takes(j, d.Event, taken.Bytes)
	}
	if !fits {
		return deciding.Proposal{Wake: now.Add(UsageEvery)}
	}
	return deciding.Proposal{Event: d.Event, Cause: d.Cause, Wake: d.Wake, Takes: deciding.Takes{Bytes: takes, Kills: KillsOf(d.Event)}}
}

// Concerned implements deciding.Policy: what starts after a job may start now.
func (planner) Concerned(s *cluster.State, job string) []string { return s.Dependants(job) }
