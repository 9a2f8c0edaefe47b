package launching

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// adoption is a task that Mesos runs and the log does not know as alive.
type adoption struct {
	version                       uint64
	group, taskID, agentID, state string
}

func (m *Machine) addAdoptions(b *batch) {
	for _, k := range inOrder(m.session.adopt) {
		if m.alive(k) {
			delete(m.session.adopt, k)
			continue
		}
		m.add(b, k, 0, m.session.adopt[k].event(k))
	}
}

// event is what is written of an adoption.
func (a adoption) event(k cluster.Key) events.TaskAdopted {
	return events.TaskAdopted{
		Run: k.Run, Version: a.version, Group: a.group, Slot: k.Slot, Attempt: k.Attempt,
		TaskID: a.taskID, AgentID: a.agentID, State: a.state,
	}
}

// alive reports whether the log holds an attempt for launched and not over:
// adopted by now, or nothing to adopt.
func (m *Machine) alive(k cluster.Key) bool {
	j := m.state.Jobs[k.Job]
	if j == nil || j.Slots[k.Slot] == nil {
		return false
	}
	t := j.Slots[k.Slot].Find(k.Run, k.Attempt)
	return t != nil && t.Live() && t.State != cluster.Waiting
}

// identify lists the framework's tasks, whose labels say what they are: a
// status alone does not.
func (m *Machine) identify() {
	if m.session.listing != 0 {
		return
	}
	m.session.listing = m.tickets.Next()
	m.do(List{Ticket: m.session.listing, FrameworkID: m.state.Launcher.FrameworkID})
}

func (m *Machine) listed(in Listed) {
	if m.session == nil || in.Ticket != m.session.listing {
		return
	}
	m.session.listing = 0
	if in.Err != nil {
		m.note(machine.Warn, "tasks not listed; strangers are asked about again later", in.Err)
		return
	}
	for _, ref := range in.Tasks {
		if Consider(m.state, Report{TaskID: ref.TaskID, State: ref.State}, Memory{}) != Identified {
			continue
		}
		if !ref.Ours {
			m.do(machine.Note{
				Level: machine.Error, Message: "Mesos runs a task of this framework that has no labels of taurus; it is left alone",
				Task: ref.TaskID, Fields: []machine.Field{{Key: "agent", Value: ref.AgentID}, {Key: "name", Value: ref.Name}},
			})
			continue
		}
		key := cluster.Key{Job: ref.Job, Run: ref.Run, Slot: ref.Slot, Attempt: ref.Attempt}
		a := adoption{version: ref.Version, group: ref.Group, taskID: ref.TaskID, agentID: ref.AgentID, state: ref.State}
		if why := cluster.Misfit(m.cfg.Space, m.cfg.Space.Task(key.Job, key.Slot), a.event(key), m.at.Log); why != "" {
			m.do(machine.Note{
				Level: machine.Error, Message: "Mesos runs a task of this framework whose labels are none that taurus gives; it is left alone",
				Task: ref.TaskID, Fields: []machine.Field{{Key: "agent", Value: ref.AgentID}, {Key: "why", Value: why}},
			})
			continue
		}
		m.do(machine.Note{Level: machine.Warn, Message: "adopting a task that the log does not know", Job: ref.Job, Task: ref.TaskID})
		m.session.adopt[key] = a
	}
}
