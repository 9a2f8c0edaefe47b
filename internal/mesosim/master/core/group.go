package core

import (
	"fmt"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

// launchGroup is LAUNCH_GROUP (2.4): all tasks of the group or none.
func (m *Master) launchGroup(now time.Time, p *pool, op *mesos.Offer_Operation) {
	executor := op.GetLaunchGroup().GetExecutor()
	tasks := op.GetLaunchGroup().GetTaskGroup().Tasks
	if why := m.groupFault(p, &executor, tasks); why != "" {
		for _, t := range tasks {
			m.reject(now, p.framework, t, mesos.TASK_ERROR, mesos.REASON_TASK_GROUP_INVALID, why)
		}
		return
	}
	extra := resource.New(executor.Resources)
	if p.agent.hasExecutor(p.framework, executor.ExecutorID) {
		extra = resource.Set{}
	}
	for _, t := range tasks {
		m.launch(p, t, &executor, extra)
		extra = resource.Set{} // charged once, with the first task
	}
}

func (m *Master) groupFault(p *pool, executor *mesos.ExecutorInfo, tasks []mesos.TaskInfo) string {
	seen := map[string]bool{}
	total := resource.New(executor.Resources)
	for i := range tasks {
		t := &tasks[i]
		why := validate.GroupTask(t, m.against(p))
		if why == "" && seen[t.TaskID.Value] {
			why = "Task has duplicate ID: " + t.TaskID.Value
		}
		if why != "" {
			return fmt.Sprintf("Task '%s' is invalid: %s", t.TaskID.Value, why)
		}
		seen[t.TaskID.Value] = true
		total = total.Plus(resource.New(t.Resources))
	}
	if why := validate.GroupExecutor(executor, p.framework.id); why != "" {
		return why
	}
	if !p.left.Contains(total) {
		return fmt.Sprintf("Total resources %s required by task group and its executor are more than available %s",
			total.Text(p.role), p.left.Text(p.role))
	}
	return ""
}

// hasExecutor says whether an executor of a group is on the agent already.
func (a *agent) hasExecutor(f *framework, id mesos.ExecutorID) bool {
	for _, t := range a.tasks {
		if t.framework == f && t.group != nil && t.group.ExecutorID == id && !terminal(t.state) {
			return true
		}
	}
	return false
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
