package core

import (
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

// launchGroup is LAUNCH_GROUP (2.4): all tasks of the group or none.
func (m *Master) launchGroup(now time.Time, p *pool, op *mesos.Offer_Operation) {
	executor := op.GetLaunchGroup().GetExecutor()
	tasks := op.GetLaunchGroup().GetTaskGroup().Tasks
	if why := validate.Group(&executor, tasks, m.against(p)); why != "" {
		for _, t := range tasks {
			m.reject(now, p.framework, t, mesos.TASK_ERROR, mesos.REASON_TASK_GROUP_INVALID, why)
		}
		return
	}
	for _, t := range tasks {
		m.launch(p, t, &executor)
	}
}

// executor is the framework's executor of an id that runs on the agent, or nil.
func (a *agent) executor(f *framework, id mesos.ExecutorID) *mesos.ExecutorInfo {
	for _, t := range a.tasks {
		if x := t.executor(); t.framework == f && x != nil && x.ExecutorID == id && !terminal(t.state) {
			return x
		}
	}
	return nil
}

// siblings are the tasks of an executor that run on the agent.
func (a *agent) siblings(f *framework, id mesos.ExecutorID) []mesos.TaskInfo {
	var out []mesos.TaskInfo
	for _, t := range a.sortedTasks() {
		if x := t.executor(); t.framework == f && x != nil && x.ExecutorID == id && !terminal(t.state) {
			out = append(out, t.info)
		}
	}
	return out
}

// bequeath has another task of its executor charged for the executor when the
// one that was ends.
func (a *agent) bequeath(t *task) {
	if t.executor() == nil {
		return
	}
	own := resource.New(t.info.Resources)
	extra := t.set.Minus(own)
	if extra.Empty() {
		return
	}
	for _, heir := range a.sortedTasks() {
		if heir != t && heir.framework == t.framework && !terminal(heir.state) && heir.executor() != nil &&
			heir.executor().ExecutorID == t.executor().ExecutorID {
			heir.set, t.set = heir.set.Plus(extra), own
			return
		}
	}
}

// executors are those of a framework that an offer names (2.2).
func (a *agent) executors(f *framework) []mesos.ExecutorID {
	var out []mesos.ExecutorID
	seen := map[string]bool{}
	for _, t := range a.sortedTasks() {
		id := t.executorID()
		if t.framework == f && id != nil && !seen[id.Value] && !terminal(t.state) {
			seen[id.Value] = true
			out = append(out, *id)
		}
	}
	return out
}
