package launching

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// adoption is a task that Mesos runs and the log does not know as alive.
type adoption struct {
	version                       uint64
	group, taskID, agentID, state string
	index                         *uint32
}

func (m *Machine) addAdoptions(b *batch) {
	for _, k := range inOrder(m.session.adopt) {
		if m.alive(k) || m.crowded(k) {
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
		TaskID: a.taskID, AgentID: a.agentID, State: a.state, Index: a.index,
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

// crowded reports whether the slot takes no more attempts; they are asked about again
// with the next round.
func (m *Machine) crowded(k cluster.Key) bool {
	j := m.state.Jobs[k.Job]
	return j != nil && j.Slots[k.Slot] != nil && j.Slots[k.Slot].Full() && j.Slots[k.Slot].Find(k.Run, k.Attempt) == nil
}
