package projection

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/foresight"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Foreseen is what would happen, as of a sequence.
type Foreseen struct {
	// Settled reports whether it comes to rest within the horizon, After how long that takes.
	Settled bool   `json:"settled"`
	After   string `json:"after"`
	Steps   []Step `json:"steps"`
	// Untold is how many more steps there are.
	Untold int             `json:"untold,omitzero"`
	Groups []ForeseenOfOne `json:"groups"`
	Agents ForeseenAgents  `json:"agents"`
	Time   time.Time       `json:"time"`
	Log    uint64          `json:"sequence"`
}

// Step is something that would happen.
type Step struct {
	After   string `json:"after"`
	Kind    string `json:"kind"`
	Job     string `json:"job"`
	Group   string `json:"group,omitzero"`
	Slot    uint32 `json:"slot"`
	Attempt uint32 `json:"attempt,omitzero"`
	From    string `json:"from,omitzero"`
	To      string `json:"to,omitzero"`
	Reason  string `json:"reason,omitzero"`
	// Event is the type of what the planner decides about the job as a whole.
	Event string `json:"event,omitzero"`
}

// ForeseenOfOne is what would become of a group: how many tasks of it are up.
type ForeseenOfOne struct {
	Job     string `json:"job"`
	Group   string `json:"group"`
	Wanted  uint32 `json:"wanted"`
	Before  int    `json:"before"`
	Lowest  int    `json:"lowest"`
	Now     int    `json:"after"`
	Waiting int    `json:"waiting,omitzero"`
	Reason  string `json:"reason,omitzero"`
}

// ForeseenAgents is what the answer goes by.
type ForeseenAgents struct {
	Known int `json:"known"`
	// Oldest is the time of the oldest of their offers; absent if there are none.
	Oldest time.Time `json:"oldest,omitzero"`
	// Unoffered run tasks and have never offered anything: there is no telling what room
	// they have, so nothing is started on them.
	Unoffered int `json:"unoffered,omitzero"`
}

// Copy is a copy of what is folded, which goes on by itself.
func (m *Model) Copy() *cluster.State { return m.state.Clone() }

// Known are all agents that a state and their offers tell of: some run tasks, and have
// not offered anything for long.
func Known(s *cluster.State, offered []Agent) ([]foresight.Agent, ForeseenAgents) {
	about := ForeseenAgents{Known: len(offered)}
	list, there := make([]foresight.Agent, 0, len(offered)), map[string]bool{}
	for _, a := range offered {
		if about.Oldest.IsZero() || a.At.Before(about.Oldest) {
			about.Oldest = a.At
		}
		there[a.AgentID] = true
		list = append(list, agentOf(a.AgentOffer))
	}
	for _, t := range running(s) {
		if !there[t.AgentID] {
			there[t.AgentID] = true
			about.Unoffered++
			list = append(list, foresight.Agent{ID: t.AgentID, Hostname: t.Hostname, Attributes: t.Attributes})
		}
	}
	return list, about
}

// running are the tasks that have an agent.
func running(s *cluster.State) (list []*cluster.Task) {
	for _, j := range s.Jobs {
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				if t.Live() && t.AgentID != "" {
					list = append(list, t)
				}
			}
		}
	}
	return list
}

func agentOf(a events.AgentOffer) foresight.Agent {
	one := foresight.Agent{
		ID: a.AgentID, Hostname: a.Hostname, Role: a.Role, Whole: foresight.Amounts(a.Resources), Attributes: a.Attributes,
		UnavailableFrom: a.UnavailableFrom,
	}
	for _, rg := range a.Ports {
		one.Ports = append(one.Ports, offer.PortRange{Begin: rg.From, End: rg.To})
	}
	return one
}

// ForeseenOf is the view of an answer.
func ForeseenOf(a foresight.Answer) Foreseen {
	f := Foreseen{Settled: a.Settled, After: seconds(a.Took), Untold: a.Untold, Steps: []Step{}, Groups: []ForeseenOfOne{}}
	for _, s := range a.Steps {
		one := Step{
			After: seconds(s.After), Kind: string(s.Kind), Job: s.Job, Group: s.Group, Slot: s.Slot, Attempt: s.Attempt,
			From: s.From, To: s.To, Reason: s.Reason,
		}
		if s.Event != nil {
			one.Event = s.Event.Type()
		}
		f.Steps = append(f.Steps, one)
	}
	for _, g := range a.Groups {
		f.Groups = append(f.Groups, ForeseenOfOne{
			Job: g.Job, Group: g.Group, Wanted: g.Wanted, Before: g.Before, Lowest: g.Lowest, Now: g.After, Waiting: g.Waiting, Reason: g.Reason,
		})
	}
	return f
}

func seconds(d time.Duration) string { return fmt.Sprint(d.Round(time.Second)) }
