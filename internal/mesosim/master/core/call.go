package core

import (
	"bytes"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// Acknowledge is ACKNOWLEDGE (1.5): the end of a task that its framework knows
// of is forgotten.
func (m *Master) Acknowledge(now time.Time, s Subscriber, call *scheduler.Call_Acknowledge) {
	a := m.agents[call.AgentID.Value]
	if a == nil || !a.connected {
		return
	}
	f := s.framework
	if t := f.tasks[call.TaskID.Value]; t != nil && t.agentID == a.id && bytes.Equal(t.uuid, call.UUID) &&
		t.forwarded != nil && terminal(*t.forwarded) {
		m.forget(f, t)
	}
	m.tell(a, link.ToAgent{Acknowledge: &link.Acknowledge{FrameworkID: f.id, TaskID: call.TaskID.Value, UUID: call.UUID}})
	m.drained(now, a)
}

// Kill is KILL (1.5). An unknown task is reconciled instead.
func (m *Master) Kill(now time.Time, s Subscriber, call *scheduler.Call_Kill) {
	f := s.framework
	t := f.tasks[call.TaskID.Value]
	if t == nil {
		m.reconcileTask(now, f, call.TaskID, call.AgentID)
		return
	}
	if call.AgentID != nil && call.AgentID.Value != t.agentID {
		return
	}
	a := m.agents[t.agentID]
	if a == nil {
		return
	}
	kill := link.Kill{FrameworkID: f.id, TaskID: t.id(), Grace: -1, PartitionAware: f.partitionAware()}
	a.kills[taskKey{f.id, t.id()}] = kill
	if g := call.GetKillPolicy().GetGracePeriod(); g != nil {
		kill.Grace = time.Duration(g.Nanoseconds)
	}
	m.tell(a, link.ToAgent{Kill: &kill})
}

// ShutdownExecutor is SHUTDOWN (1.5).
func (m *Master) ShutdownExecutor(s Subscriber, call *scheduler.Call_Shutdown) {
	if a := m.agents[call.AgentID.Value]; a != nil {
		m.tell(a, link.ToAgent{ShutdownExecutor: &link.ShutdownExecutor{
			FrameworkID: s.framework.id, ExecutorID: call.ExecutorID.Value,
		}})
	}
}

// Reconcile is RECONCILE (5.1).
func (m *Master) Reconcile(now time.Time, s Subscriber, call *scheduler.Call_Reconcile) {
	f := s.framework
	if len(call.Tasks) == 0 {
		for _, t := range f.sortedTasks() {
			m.latest(now, t)
		}
		return
	}
	for _, t := range call.Tasks {
		m.reconcileTask(now, f, t.TaskID, t.AgentID)
	}
}

// latest answers with the last state that was forwarded.
func (m *Master) latest(now time.Time, t *task) {
	state := t.state
	if t.forwarded != nil {
		state = *t.forwarded
	}
	s := t.masterStatus(now, state, mesos.REASON_RECONCILIATION, "Reconciliation: Latest task state")
	t.decorate(&s)
	s.ExecutorID = t.executorID()
	m.send(t.framework, update(s))
}

// reconcileTask is the table of 5.1.
func (m *Master) reconcileTask(now time.Time, f *framework, id mesos.TaskID, agentID *mesos.AgentID) {
	if t := f.tasks[id.Value]; t != nil {
		m.latest(now, t)
		return
	}
	given := agentID.GetValue()
	since, unreachable := m.registry.Unreachable[given]
	_, gone := m.registry.Gone[given]
	answer := func(state mesos.TaskState, message string) mesos.TaskStatus {
		s := statusByMaster(now, id, f.either(state), mesos.REASON_RECONCILIATION, "Reconciliation: "+message)
		s.AgentID = agentID
		return s
	}
	var s mesos.TaskStatus
	switch {
	case agentID == nil && m.anyRecovered(), agentID != nil && m.isRecovered(given):
		return
	case agentID == nil:
		s = answer(mesos.TASK_UNKNOWN, "Task is unknown")
	case m.agents[given] != nil:
		s = answer(mesos.TASK_GONE, "Task is unknown to the agent")
	case unreachable:
		s = answer(mesos.TASK_UNREACHABLE, "Task is unreachable")
		s.UnreachableTime = timeInfo(since)
	case gone:
		s = answer(mesos.TASK_GONE_BY_OPERATOR, "Task is gone")
	default:
		s = answer(mesos.TASK_UNKNOWN, "Task is unknown")
	}
	m.send(f, update(s))
}
