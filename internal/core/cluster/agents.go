package cluster

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// AgentsMax bounds the hosts and agents that are drained, and the agents whose
	// maintenance is known.
	AgentsMax = 10_000
	// MaintenanceAhead is how long before its planned maintenance an agent is left: it
	// gets no new tasks, and those that it has are moved.
	MaintenanceAhead = 10 * time.Minute
)

// Agents is what the log says of agents. They come and go with Mesos, which is not
// told here: only what users and Mesos plan with them.
type Agents struct {
	// Last is the last sequence of the subject that users' wishes stand on.
	Last uint64
	// Drains are what users want left, by host or by agent.
	Drains map[Place]Drain
	// Windows are the agents whose maintenance Mesos has announced, by id.
	Windows map[string]Window
}

// Place is a host, or an agent of its own: one of the two is empty.
type Place struct{ Hostname, AgentID string }

// String is the name that it goes by.
func (p Place) String() string {
	if p.AgentID != "" {
		return p.AgentID
	}
	return p.Hostname
}

// Drain is the wish that tasks leave a place.
type Drain struct {
	Sequence uint64
	At       time.Time
	By       string
	// Hostname is the host, also of a drain of one agent, if it is known.
	Hostname string
	Reason   string
	// Deadline is when tasks end that are there still; zero for never.
	Deadline time.Time
}

// Window is a time in which an agent is away, as Mesos announced it.
type Window struct {
	Sequence uint64
	Hostname string
	From     time.Time
	Until    time.Time // zero if that is not known
}

// over reports whether the window is behind.
func (w Window) over(now time.Time) bool { return !w.Until.IsZero() && !now.Before(w.Until) }

// Leave says that tasks are to leave an agent.
type Leave struct {
	// Drained reports whether a user wants it; otherwise Mesos has announced it.
	Drained bool
	// Reason says why, in words.
	Reason string
	// Deadline is when tasks end that are there still; zero for never.
	Deadline time.Time
}

// Drain returns the drain that an agent of a host is under, false if it is under none.
func (a *Agents) Drain(agentID, hostname string) (Place, Drain, bool) {
	for _, p := range [...]Place{{AgentID: agentID}, {Hostname: hostname}} {
		if d, ok := a.Drains[p]; ok && p != (Place{}) {
			return p, d, true
		}
	}
	return Place{}, Drain{}, false
}

// AgentPlans are what is planned with agents.
func (s *State) AgentPlans() *Agents { return &s.Agents }

// Leaving reports whether tasks are to leave any agent, now or some time.
func (a *Agents) Leaving() bool { return len(a.Drains) > 0 || len(a.Windows) > 0 }

// Leave returns why tasks are to leave an agent of a host now, false if they are not.
func (a *Agents) Leave(agentID, hostname string, now time.Time) (Leave, bool) {
	if !a.Leaving() {
		return Leave{}, false // So it is nearly always.
	}
	if p, d, ok := a.Drain(agentID, hostname); ok {
		reason := fmt.Sprintf("%s is drained", p)
		if d.Reason != "" {
			reason += ": " + d.Reason
		}
		return Leave{Drained: true, Reason: reason, Deadline: d.Deadline}, true
	}
	w, ok := a.Windows[agentID]
	if !ok || w.over(now) || now.Before(w.From.Add(-MaintenanceAhead)) {
		return Leave{}, false
	}
	return Leave{Reason: "maintenance from " + w.From.UTC().Format(time.RFC3339), Deadline: w.From}, true
}

// LeaveAt is when tasks will have to leave an agent that they need not leave now; zero
// for never, as far as is known.
func (a *Agents) LeaveAt(agentID string, now time.Time) time.Time {
	w, ok := a.Windows[agentID]
	if !ok || w.over(now) {
		return time.Time{}
	}
	if at := w.From.Add(-MaintenanceAhead); now.Before(at) {
		return at
	}
	return time.Time{}
}

func (s *State) applyAgents(r *Record) Change {
	a := &s.Agents
	a.Last = r.Sequence
	switch ev := r.Event.(type) {
	case events.AgentDrained:
		p := placeOf(ev.AgentID, ev.Hostname)
		if _, again := a.Drains[p]; !again && len(a.Drains) >= AgentsMax {
			return s.reject(r, fmt.Sprintf("%d hosts and agents are drained already, the most there may be", AgentsMax))
		}
		if a.Drains == nil {
			a.Drains = map[Place]Drain{}
		}
		a.Drains[p] = Drain{
			Sequence: r.Sequence, At: r.Time, By: r.Envelope.By(), Hostname: ev.Hostname, Reason: ev.Reason, Deadline: ev.Deadline,
		}
	case events.AgentRestored:
		p := placeOf(ev.AgentID, ev.Hostname)
		if _, drained := a.Drains[p]; !drained {
			return Change{Judgement: Outranked}
		}
		delete(a.Drains, p)
	default:
		return s.skip(nil)
	}
	return Change{Agents: true}
}

func placeOf(agentID, hostname string) Place {
	if agentID != "" {
		return Place{AgentID: agentID}
	}
	return Place{Hostname: hostname}
}

// unavailable follows what Mesos announces.
func (s *State) unavailable(ev events.AgentUnavailable, r *Record) Change {
	a := &s.Agents
	if ev.From.IsZero() {
		delete(a.Windows, ev.AgentID)
		return Change{Agents: true}
	}
	if _, again := a.Windows[ev.AgentID]; !again && len(a.Windows) >= AgentsMax {
		a.forgetOver(r.Time)
		if len(a.Windows) >= AgentsMax {
			return s.reject(r, fmt.Sprintf("the maintenance of %d agents is known already, the most there may be", AgentsMax))
		}
	}
	if a.Windows == nil {
		a.Windows = map[string]Window{}
	}
	a.Windows[ev.AgentID] = Window{Sequence: r.Sequence, Hostname: ev.Hostname, From: ev.From, Until: ev.Until}
	return Change{Agents: true}
}

// forgetOver drops the windows that are behind: of an agent that never came back
// nobody says so.
func (a *Agents) forgetOver(now time.Time) {
	const long = 30 * 24 * time.Hour
	for id, w := range a.Windows {
		if w.over(now) || now.After(w.From.Add(long)) {
			delete(a.Windows, id)
		}
	}
}
