package reaping

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reserve"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Target is the subscription that kills are sent in the name of.
type Target struct {
	Master, FrameworkID, StreamID string
}

// Kill asks for a KILL to be sent. It may take as long as Within: then the kill is
// about to be announced again.
type Kill struct {
	Ticket  uint64
	Target  Target
	Job     string
	TaskID  string
	AgentID string
	Grace   time.Duration
	Within  time.Duration
}

// Effect marks the type as one.
func (Kill) Effect() {}

// Killed is the answer to a Kill: Err is nil if Mesos accepted it. Stale reports
// whether the subscription is of the past.
type Killed struct {
	Ticket uint64
	Stale  bool
	Err    error
}

// Input marks the type as one.
func (Killed) Input() {}

// Barred says that nothing may be sent to a master, named as in Target. It replaces
// what was said before; an empty one bars none.
type Barred struct{ Master string }

// Input marks the type as one.
func (Barred) Input() {}

// Usage says how many bytes the log holds and may hold, 0 for any number.
type Usage struct {
	Bytes, MaxBytes uint64
}

// Input marks the type as one.
func (Usage) Input() {}

// Machine is a reaper: a deciding.Machine, which announces the kills that are due,
// and the sending of those that it announced itself. Its inputs are those of
// deciding.Machine, Killed, Barred and Usage.
type Machine struct {
	decider *deciding.Machine
	senders senders
	policy  policy
	state   *cluster.State
	barred  string // The master that nothing may be sent to; empty is none.
}

// New returns an instance of the reaper, which kills the tasks of state.
func New(space events.Space, instance string, state *cluster.State) *Machine {
	p := policy{space: space}
	return &Machine{
		decider: deciding.New(p, space, instance, state), policy: p, state: state,
		senders: senders{queued: map[string]bool{}},
	}
}

// Target is the subscription that kills are sent in the name of, zero before there
// is one.
func (m *Machine) Target() Target { return m.senders.target }

// Step implements machine.Machine.
func (m *Machine) Step(at machine.Moment, in machine.Input) []machine.Effect {
	effects := m.decider.Step(at, in)
	switch in := in.(type) {
	case machine.Folded:
		switch ev := in.Record.Event.(type) {
		case events.SubscriptionOpened:
			if in.Change.Judgement == cluster.Counted {
				m.senders.retarget(Target{Master: ev.Master, FrameworkID: ev.FrameworkID, StreamID: ev.StreamID})
				m.hold()
			}
		case events.KillIssued:
			if in.Own {
				m.senders.put(in.Record.Sequence, in.Change.Tasks)
			}
		default:
			return effects
		}
	case machine.Resumed:
		if sub := &m.state.Launcher.Subscription; sub.Sequence != 0 {
			m.senders.retarget(Target{Master: sub.Master, FrameworkID: m.state.Launcher.FrameworkID, StreamID: sub.StreamID})
			m.hold()
		}
		return effects
	case Killed:
		effects = m.senders.killed(at.Now, in, effects)
	case Barred:
		m.barred = in.Master
		m.hold()
	case Usage:
		need := reserve.Of(m.state)
		m.policy.tight = in.MaxBytes != 0 && in.Bytes+need.Due+need.Ends > in.MaxBytes
		m.decider.SetPolicy(m.policy)
		return effects
	case machine.Tick:
	default:
		return effects
	}
	return m.senders.send(at.Now, effects)
}

// hold has kills wait while the master that they would go to is barred.
func (m *Machine) hold() {
	m.senders.hold(m.barred != "" && m.barred == m.senders.target.Master)
	m.policy.held = m.senders.held
	m.decider.SetPolicy(m.policy)
}

// Source is how the machine signs what it appends.
func (m *Machine) Source() string { return m.decider.Source() }

// Wake implements machine.Machine.
func (m *Machine) Wake() time.Time {
	wake, deadline := m.decider.Wake(), m.senders.deadline()
	if wake.IsZero() || !deadline.IsZero() && deadline.Before(wake) {
		return deadline
	}
	return wake
}

// policy is the reaper's: where it writes, and what it announces.
type policy struct {
	space events.Space
	// held reports whether nothing can be sent for now.
	held bool
	// tight reports whether the log has space for nothing but its reserve.
	tight bool
}

// Role implements deciding.Policy.
func (policy) Role() string { return "reaper" }

// Subject implements deciding.Policy.
func (p policy) Subject(job string) string { return p.space.Kill(job) }

// Last implements deciding.Policy.
func (policy) Last(j *cluster.Job) uint64 { return j.LastKill }

// Decide implements deciding.Policy: it announces the kills of a job that are due.
// Without a subscription, or while its master is barred, nothing could be sent, so
// nothing is announced. In a log without space nobody's kill is announced more often
// than there is room for, so that what Mesos does not end takes nothing from what it does.
func (p policy) Decide(s *cluster.State, j *cluster.Job, now time.Time, _ deciding.Takes) deciding.Proposal {
	var (
		due  []*cluster.Task
		wake time.Time
	)
	for t := range j.Doomed() {
		yes, at := Due(t, now)
		if yes && p.tight && t.Kills >= reserve.KillsMax {
			yes, at = false, now.Add(Margin)
		}
		if yes {
			due = append(due, t)
		}
		if !at.IsZero() && at.After(now) && (wake.IsZero() || at.Before(wake)) {
			wake = at
		}
	}
	switch {
	case len(due) == 0:
		return deciding.Proposal{Wake: wake}
	case p.held, s.Launcher.Subscription.StreamID == "":
		return deciding.Proposal{Wake: now.Add(time.Second)}
	}
	ev, issued := Issue(due)
	return deciding.Proposal{Event: ev, Cause: issued[0].Doom.Sequence, Wake: wake}
}

// Concerned implements deciding.Policy: tasks are killed whatever becomes of other jobs.
func (policy) Concerned(*cluster.State, string) []string { return nil }
