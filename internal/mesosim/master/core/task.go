package core

import (
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/master"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// task is what the master knows of a task (4.1): its latest state, and the last
// state that was forwarded to its framework.
type task struct {
	framework *framework
	seq       int // order of arrival, for stable answers
	agentID   string
	info      mesos.TaskInfo
	group     *mesos.ExecutorInfo // executor of a task of a group
	role      string
	set       resource.Set // of the task, and of its executor if it is the first there
	state     mesos.TaskState
	statuses  []mesos.TaskStatus
	forwarded *mesos.TaskState
	uuid      []byte // of the last forwarded update
}

func terminal(s mesos.TaskState) bool {
	switch s {
	case mesos.TASK_FINISHED, mesos.TASK_FAILED, mesos.TASK_KILLED, mesos.TASK_ERROR, mesos.TASK_LOST, mesos.TASK_DROPPED,
		mesos.TASK_GONE, mesos.TASK_GONE_BY_OPERATOR:
		return true
	case mesos.TASK_STAGING, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_UNREACHABLE, mesos.TASK_UNKNOWN:
	}
	return false
}

func newTask(f *framework, agentID string, info mesos.TaskInfo, role string) *task {
	return &task{framework: f, agentID: agentID, info: info, role: role, set: resource.New(info.Resources), state: mesos.TASK_STAGING}
}

// executor is a custom or group executor; docker and command tasks have none
// that the master knows of.
func (t *task) executor() *mesos.ExecutorInfo {
	if t.group != nil {
		return t.group
	}
	return t.info.Executor
}

func (t *task) executorID() *mesos.ExecutorID {
	if x := t.executor(); x != nil {
		return &x.ExecutorID
	}
	return nil
}

func (t *task) id() string { return t.info.TaskID.Value }

// masterStatus is a status that the master makes itself: without a uuid (1.6).
func (t *task) masterStatus(now time.Time, state mesos.TaskState, reason mesos.TaskStatus_Reason, message string) mesos.TaskStatus {
	s := statusByMaster(now, t.info.TaskID, state, reason, message)
	s.AgentID, s.ExecutorID = &mesos.AgentID{Value: t.agentID}, t.executorID()
	return s
}

func statusByMaster(now time.Time, id mesos.TaskID, state mesos.TaskState, reason mesos.TaskStatus_Reason, message string) mesos.TaskStatus {
	return mesos.TaskStatus{
		TaskID: id, State: state.Enum(), Source: mesos.SOURCE_MASTER.Enum(), Reason: reason.Enum(),
		Message: &message, Timestamp: seconds(now),
	}
}

// keep keeps a status as GET_TASKS shows it: equal states next to each other
// collapse to the newest, data is left out (7.1). It reports whether the state is new.
func (t *task) keep(s mesos.TaskStatus) bool {
	s.Data = nil
	if n := len(t.statuses); n > 0 && t.statuses[n-1].GetState() == s.GetState() {
		t.statuses[n-1] = s
		return false
	}
	t.statuses = append(t.statuses, s)
	return true
}

// record keeps a status and tells operators of a state that is new, and of what
// checks found (7.1).
func (m *Master) record(t *task, s mesos.TaskStatus) {
	r := s.GetReason()
	if t.keep(s) || r == mesos.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED || r == mesos.REASON_TASK_CHECK_STATUS_UPDATED {
		m.announce(&master.Event{Type: master.Event_TASK_UPDATED, TaskUpdated: &master.Event_TaskUpdated{
			FrameworkID: mesos.FrameworkID{Value: t.framework.id}, Status: s, State: t.state.Enum(),
		}})
	}
}

// hold puts a task among its framework's and its agent's live ones.
func (m *Master) hold(t *task) {
	f := t.framework
	m.issuedTasks++
	t.seq = m.issuedTasks
	f.tasks[t.id()] = t
	if m.watched {
		m.announce(&master.Event{Type: master.Event_TASK_ADDED, TaskAdded: &master.Event_TaskAdded{Task: t.show()}})
	}
	a := m.agents[t.agentID]
	if a == nil {
		return
	}
	a.tasks[taskKey{f.id, t.id()}] = t
	if !terminal(t.state) {
		a.used = a.used.Plus(t.set)
		a.touch()
		f.charge(t.role, t.set)
	}
}

// setLatest gives a task the state that is the latest; the end of a task frees its
// resources.
func (m *Master) setLatest(t *task, s mesos.TaskStatus, latest mesos.TaskState) {
	ended := !terminal(t.state) && t.state != mesos.TASK_UNREACHABLE && terminal(latest)
	if !terminal(t.state) {
		t.state = latest
	}
	m.record(t, s)
	if !ended {
		return
	}
	m.end(t.framework, latest)
	m.free(t)
}

func (m *Master) free(t *task) {
	if a := m.agents[t.agentID]; a != nil {
		a.bequeath(t)
		a.used = a.used.Minus(t.set)
		a.touch()
	}
	t.framework.credit(t.role, t.set)
}

// drop removes a task from the live ones without keeping it.
func (m *Master) drop(f *framework, t *task) {
	if !terminal(t.state) {
		m.free(t)
	}
	delete(f.tasks, t.id())
	if a := m.agents[t.agentID]; a != nil {
		delete(a.tasks, taskKey{f.id, t.id()})
		delete(a.kills, taskKey{f.id, t.id()})
	}
}

// forget moves a task to the completed ones.
func (m *Master) forget(f *framework, t *task) {
	m.drop(f, t)
	m.complete(t)
}

// complete keeps a task among the last ones that are over.
func (m *Master) complete(t *task) {
	f := t.framework
	f.completed = append(f.completed, t)
	if extra := len(f.completed) - m.limits.CompletedTasks; extra > 0 {
		f.completed = slices.Delete(f.completed, 0, extra)
	}
}

// Updated is a status update from an agent (4.1). It is forwarded whether the
// task is known or not.
func (m *Master) Updated(session string, u *link.Update) {
	a := m.bySession(session)
	f := m.frameworks[u.FrameworkID]
	if a == nil || u.Status.Value.State == nil {
		return
	}
	if f == nil {
		if m.isCompleted(u.FrameworkID) {
			m.tell(a, link.ToAgent{ShutdownFramework: &link.ShutdownFramework{FrameworkID: u.FrameworkID}})
		}
		return
	}
	status := u.Status.Value
	m.send(f, update(status)) // before operators hear of it
	if t := f.tasks[status.TaskID.Value]; t != nil && t.agentID == a.id {
		m.applyUpdate(t, status, u.Latest)
	}
}

func (m *Master) applyUpdate(t *task, s mesos.TaskStatus, latest mesos.TaskState) {
	t.uuid = s.UUID
	t.forwarded = s.GetState().Enum()
	m.setLatest(t, s, latest)
}

func (m *Master) isCompleted(id string) bool {
	return slices.ContainsFunc(m.completed, func(f *framework) bool { return f.id == id })
}
