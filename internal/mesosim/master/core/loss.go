package core

import (
	"fmt"
	"maps"
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

func (m *Master) startPings(now time.Time, a *agent) {
	a.pingAt, a.awaiting, a.missed = now.Add(m.cfg.PingTimeout), false, 0
}

// Pong is an agent's answer to a ping.
func (m *Master) Pong(session string) {
	if a := m.bySession(session); a != nil {
		a.awaiting, a.missed = false, 0
	}
}

// LinkBroken is the end of an agent's session at its side or the network's
// (5.3).
func (m *Master) LinkBroken(now time.Time, session string) {
	a := m.bySession(session)
	if a == nil {
		return
	}
	m.linkDown(a)
	a.backBy = now.Add(m.cfg.ReregisterTimeout)
	m.rescindAgent(a)
	for _, t := range a.sortedTasks() {
		if t.framework.info.GetCheckpoint() {
			continue
		}
		m.lose(t, t.masterStatus(now, mesos.TASK_LOST, mesos.REASON_AGENT_DISCONNECTED, "Agent "+a.info.Hostname+" disconnected"))
	}
}

// lose ends a task by a status of the master. One that has ended by itself keeps
// its state, but its framework, which did not acknowledge it, is told all the same.
func (m *Master) lose(t *task, s mesos.TaskStatus) {
	f := t.framework
	m.setLatest(t, s, s.GetState())
	m.forget(f, t)
	m.send(f, update(s))
}

func (m *Master) advanceAgents(now time.Time) {
	for _, a := range m.sortedAgents() {
		switch {
		case !now.Before(a.pingAt) && m.missedPings(now, a):
			m.loseAgent(now, a, "health check timed out")
		case !a.backBy.IsZero() && !now.Before(a.backBy):
			m.loseAgent(now, a, fmt.Sprintf("agent did not reregister within %s after disconnecting", DurationText(m.cfg.ReregisterTimeout)))
		}
	}
	if !m.anyRecovered() {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(m.registry.Admitted)) { // In an order, for a seed to repeat.
		if m.isRecovered(id) && !now.Before(m.registry.Admitted[id].recoverBy) {
			m.setAside(id)
			delete(m.registry.Admitted, id)
			m.registry.Unreachable[id] = now
			m.queue(SaveRegistry{})
			m.fail(id)
		}
	}
}

// missedPings sends the next ping, and reports whether too many went unanswered.
func (m *Master) missedPings(now time.Time, a *agent) bool {
	if a.awaiting {
		a.missed++
	}
	if a.missed >= m.cfg.MaxPingTimeouts {
		return true
	}
	a.awaiting, a.pingAt = true, now.Add(m.cfg.PingTimeout)
	m.tell(a, link.ToAgent{Ping: true})
	return false
}

// DurationText is a duration as Mesos writes it: in the largest unit of which it is
// a whole number.
func DurationText(d time.Duration) string {
	const day = 24 * time.Hour
	for _, u := range []struct {
		unit time.Duration
		name string
	}{
		{7 * day, "weeks"},
		{day, "days"},
		{time.Hour, "hrs"},
		{time.Minute, "mins"},
		{time.Second, "secs"},
		{time.Millisecond, "ms"},
		{time.Microsecond, "us"},
	} {
		if d != 0 && d%u.unit == 0 {
			return fmt.Sprintf("%d%s", d/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%dns", d)
}

// fail tells every framework that an agent is lost (1.6).
func (m *Master) fail(agentID string) {
	for _, f := range m.sortedFrameworks() {
		m.send(f, failure(agentID))
	}
}

// loseAgent marks an agent unreachable: its tasks may come back (5.3).
func (m *Master) loseAgent(now time.Time, a *agent, why string) {
	m.loseOperations(a, mesos.OPERATION_UNREACHABLE, "Agent was marked unreachable")
	for _, t := range a.sortedTasks() {
		f := t.framework
		s := t.masterStatus(now, f.either(mesos.TASK_UNREACHABLE), mesos.REASON_AGENT_REMOVED, why)
		s.UnreachableTime = timeInfo(now)
		m.drop(f, t)
		if !terminal(t.state) {
			t.state = s.GetState()
		}
		m.record(t, s)
		f.unreachable = append(f.unreachable, t)
		if extra := len(f.unreachable) - m.limits.UnreachableTasks; extra > 0 {
			f.unreachable = slices.Delete(f.unreachable, 0, extra)
		}
		m.send(f, update(s))
	}
	m.setAside(a.id)
	m.expel(a)
	m.registry.Unreachable[a.id] = now
	m.queue(SaveRegistry{})
	m.fail(a.id)
}

// loseOperations tells of the operations that were not acknowledged (5.3).
func (m *Master) loseOperations(a *agent, state mesos.OperationState, message string) {
	for _, f := range m.sortedFrameworks() {
		for _, key := range m.operationsOf(f) {
			op := m.operations[key]
			if op.agentID != a.id {
				continue
			}
			s := op.status(key)
			s.State, s.Message = state, &message
			m.operationStatus(f, s)
		}
	}
}

// expel takes an agent out of the registered ones.
func (m *Master) expel(a *agent) {
	m.rescindAgent(a)
	if a.connected {
		m.queue(HangUp{Session: a.session})
	}
	m.linkDown(a)
	m.dropFiltersOf(a)
	maps.DeleteFunc(m.operations, func(_ operationKey, op *operation) bool { return op.agentID == a.id })
	m.leave(a)
	delete(m.registry.Admitted, a.id)
}

// Unregister is an agent's good-bye (SIGUSR1).
func (m *Master) Unregister(now time.Time, session string) {
	if a := m.bySession(session); a != nil {
		m.removeAgent(now, a, "the agent unregistered")
	}
}

// removeAgent removes an agent that will not come back: its tasks are lost,
// for partition-aware frameworks too (5.3).
func (m *Master) removeAgent(now time.Time, a *agent, why string) {
	text := fmt.Sprintf("Agent %s removed: %s", a.info.Hostname, why)
	for _, t := range a.sortedTasks() {
		m.lose(t, t.masterStatus(now, mesos.TASK_LOST, mesos.REASON_AGENT_REMOVED, text))
	}
	m.expel(a)
	m.queue(SaveRegistry{})
	m.fail(a.id)
	m.announce(&master.Event{Type: master.Event_AGENT_REMOVED, AgentRemoved: &master.Event_AgentRemoved{AgentID: mesos.AgentID{Value: a.id}}})
}
