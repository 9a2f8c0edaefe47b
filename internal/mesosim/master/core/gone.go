package core

import (
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// MarkGone is MARK_AGENT_GONE (5.3). It reports whether the agent was known.
func (m *Master) MarkGone(now time.Time, id string) bool {
	if a := m.agents[id]; a != nil {
		m.goneAgent(now, a)
		return true
	}
	_, unreachable := m.registry.Unreachable[id]
	_, gone := m.registry.Gone[id]
	if !unreachable && !gone && !m.isRecovered(id) {
		return false
	}
	delete(m.registry.Unreachable, id)
	delete(m.registry.Admitted, id)
	delete(m.registry.Aside, id)
	m.registry.Gone[id] = now
	m.queue(SaveRegistry{})
	for _, f := range m.sortedFrameworks() {
		for _, t := range m.unreachableOn(f, id) {
			s := goneStatus(now, t)
			m.setLatest(t, s, s.GetState())
			m.complete(t)
			m.send(f, update(s))
		}
	}
	return true
}

// unreachableOn takes the tasks of an agent out of a framework's unreachable ones.
func (m *Master) unreachableOn(f *framework, agentID string) (out []*task) {
	f.unreachable = slices.DeleteFunc(f.unreachable, func(t *task) bool {
		if t.agentID != agentID {
			return false
		}
		out = append(out, t)
		return true
	})
	return out
}

const markedGone = "Agent has been marked gone"

// goneStatus ends a task of an agent that will not come back.
func goneStatus(now time.Time, t *task) mesos.TaskStatus {
	if t.framework.partitionAware() {
		return t.masterStatus(now, mesos.TASK_GONE_BY_OPERATOR, mesos.REASON_AGENT_REMOVED_BY_OPERATOR, markedGone)
	}
	return t.masterStatus(now, mesos.TASK_LOST, mesos.REASON_AGENT_REMOVED, markedGone)
}

func (m *Master) goneAgent(now time.Time, a *agent) {
	m.tell(a, link.ToAgent{Shutdown: &link.Shutdown{Reason: markedGone}})
	m.loseOperations(a, mesos.OPERATION_GONE_BY_OPERATOR, markedGone)
	for _, t := range a.sortedTasks() {
		m.lose(t, goneStatus(now, t))
	}
	m.expel(a)
	m.registry.Gone[a.id] = now
	m.queue(SaveRegistry{})
	m.fail(a.id)
}
