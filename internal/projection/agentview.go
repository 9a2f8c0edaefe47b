package projection

import (
	"cmp"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// AgentState is how an agent stands, in a word.
type AgentState string

// The states of an agent.
const (
	// AgentOpen: tasks may be placed there.
	AgentOpen AgentState = "open"
	// AgentDraining: tasks are to leave it, and some are there still.
	AgentDraining AgentState = "draining"
	// AgentDrained: nothing is there, and nothing comes.
	AgentDrained AgentState = "drained"
	// AgentMaintenance: Mesos has announced that it goes away, and it is being left.
	AgentMaintenance AgentState = "maintenance"
	// AgentUnreachable: it is cut off.
	AgentUnreachable AgentState = "unreachable"
)

// AgentView is what users see of an agent that is known: it runs tasks, has offered
// something lately, is drained, or is to go into maintenance.
type AgentView struct {
	// AgentID is empty for a host that is drained and of which no agent is known.
	AgentID string     `json:"agent_id,omitzero"`
	Host    string     `json:"host,omitzero"`
	State   AgentState `json:"state"`
	// Tasks are those that live there, Jobs how many jobs have some: of the jobs that are told
	// of. State goes by all.
	Tasks       uint32 `json:"tasks"`
	Jobs        uint32 `json:"jobs"`
	Unreachable uint32 `json:"unreachable,omitzero"`
	// Drain is the wish that tasks leave it.
	Drain *DrainView `json:"drain,omitzero"`
	// Maintenance is when it goes away, as Mesos announced it.
	Maintenance *MaintenanceView `json:"maintenance,omitzero"`
	// Attributes are those that it offered with.
	Attributes map[string]string `json:"attributes,omitempty"`
	// OfferedAt is when it offered something last, as far as that is known.
	OfferedAt time.Time `json:"offered_at,omitzero"`

	all, cut uint32 // Tasks and Unreachable of all jobs.
}

// DrainView is the wish that tasks leave an agent.
type DrainView struct {
	At       time.Time `json:"at"`
	By       string    `json:"by,omitzero"`
	Reason   string    `json:"reason,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
}

// MaintenanceView is a time in which an agent is away.
type MaintenanceView struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"`
}

// Agents are all that are known, in order of host; offered are those that have offered
// something lately, and sees chooses the jobs whose tasks are counted, nil all.
func (m *Model) Agents(offered []Agent, now time.Time, sees func(id string) bool) []AgentView {
	found := map[string]*AgentView{}
	at := func(id, host string) *AgentView {
		v := found[id]
		if v == nil {
			v = &AgentView{AgentID: id}
			found[id] = v
		}
		v.Host = cmp.Or(v.Host, host)
		return v
	}
	for i := range offered {
		v := at(offered[i].AgentID, offered[i].Hostname)
		v.OfferedAt, v.Attributes = offered[i].At, offered[i].Attributes
	}
	for _, j := range m.state.Jobs {
		seen, told := map[*AgentView]bool{}, sees == nil || sees(j.ID)
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				if !t.Live() || t.AgentID == "" {
					continue
				}
				v := at(t.AgentID, t.Hostname)
				v.count(t, told)
				if told && !seen[v] {
					seen[v] = true
					v.Jobs++
				}
			}
		}
	}
	a := &m.state.Agents
	for id, w := range a.Windows {
		at(id, w.Hostname)
	}
	for p, d := range a.Drains {
		if p.AgentID != "" {
			at(p.AgentID, d.Hostname)
		}
	}
	list := make([]AgentView, 0, len(found))
	hosts := map[string]bool{}
	for _, v := range found {
		v.judge(a, now)
		hosts[v.Host] = true
		list = append(list, *v)
	}
	for p := range a.Drains {
		if p.AgentID == "" && !hosts[p.Hostname] {
			v := AgentView{Host: p.Hostname}
			v.judge(a, now)
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b AgentView) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.AgentID, b.AgentID))
	})
	return list
}

// count counts a task; it may be of a job that is not told of.
func (v *AgentView) count(t *cluster.Task, told bool) {
	cut := uint32(0)
	if t.Unreachable {
		cut = 1
	}
	v.all, v.cut = v.all+1, v.cut+cut
	if told {
		v.Tasks, v.Unreachable = v.Tasks+1, v.Unreachable+cut
	}
}

// judge says how an agent stands.
func (v *AgentView) judge(a *cluster.Agents, now time.Time) {
	if _, d, ok := a.Drain(v.AgentID, v.Host); ok {
		v.Drain = &DrainView{At: d.At, By: d.By, Reason: d.Reason, Deadline: d.Deadline}
	}
	if w, ok := a.Windows[v.AgentID]; ok && (w.Until.IsZero() || now.Before(w.Until)) {
		v.Maintenance = &MaintenanceView{From: w.From, Until: w.Until}
	}
	leave, leaves := a.Leave(v.AgentID, v.Host, now)
	switch {
	case leaves && leave.Drained && v.all == 0:
		v.State = AgentDrained
	case leaves && leave.Drained:
		v.State = AgentDraining
	case leaves:
		v.State = AgentMaintenance
	case v.all > 0 && v.cut == v.all:
		v.State = AgentUnreachable
	default:
		v.State = AgentOpen
	}
}

// PlaceOf is the place that a user means: the agent of that id, if one is among those
// that are known, else the host of that name.
func PlaceOf(known []AgentView, name string) (p cluster.Place, host string) {
	for _, v := range known {
		if v.AgentID == name {
			return cluster.Place{AgentID: name}, v.Host
		}
	}
	return cluster.Place{Hostname: name}, name
}

// At are the agents of a place.
func At(known []AgentView, p cluster.Place) []AgentView {
	there := []AgentView{}
	for _, v := range known {
		if p.AgentID != "" && v.AgentID == p.AgentID || p.AgentID == "" && v.Host == p.Hostname {
			there = append(there, v)
		}
	}
	return there
}
