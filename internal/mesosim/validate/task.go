package validate

import (
	"fmt"
	"slices"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// Launch is what a task is checked against.
type Launch struct {
	FrameworkID string
	AgentID     string // of the offers
	Role        string // of the offers
	Available   resource.Set
	Live        func(taskID string) bool // a current task of the framework
	Unreachable func(taskID string) bool // one of its unreachable tasks
	Limits      bool                     // the agent knows TASK_RESOURCE_LIMITS
	// Executor is the framework's executor of an id that the agent has, or nil;
	// Siblings are the tasks it runs.
	Executor func(mesos.ExecutorID) *mesos.ExecutorInfo
	Siblings func(mesos.ExecutorID) []mesos.TaskInfo
}

// Task checks one task of a LAUNCH. It may complete t: the type of a health
// check is inferred.
func Task(t *mesos.TaskInfo, l Launch) string {
	inferType(t.HealthCheck)
	for _, check := range []func(*mesos.TaskInfo, Launch) string{anyTask, executor, total} {
		if why := check(t, l); why != "" {
			return why
		}
	}
	if !t.GetContainer().GetLinuxInfo().GetShareCgroups() {
		return "Only tasks in a task group may have 'share_cgroups' set to 'false'"
	}
	return ""
}

// anyTask are the checks of tasks in and out of groups.
func anyTask(t *mesos.TaskInfo, l Launch) string {
	checks := []func(*mesos.TaskInfo, Launch) string{
		taskID, agentID, times, checkInfo, healthCheck, taskResources, command, container, limits,
	}
	for _, check := range checks {
		if why := check(t, l); why != "" {
			return why
		}
	}
	return ""
}

func taskID(t *mesos.TaskInfo, l Launch) string {
	id := t.TaskID.Value
	if why := ID(id); why != "" {
		return why
	}
	if l.Live(id) {
		return "Task has duplicate ID: " + id
	}
	if l.Unreachable(id) {
		return "Task reuses the ID of an unreachable task: " + id
	}
	return ""
}

func agentID(t *mesos.TaskInfo, l Launch) string {
	if t.AgentID.Value != l.AgentID {
		return fmt.Sprintf("Task uses invalid agent %s while agent %s is expected", t.AgentID.Value, l.AgentID)
	}
	return ""
}

func times(t *mesos.TaskInfo, _ Launch) string {
	if t.GetKillPolicy().GetGracePeriod().GetNanoseconds() < 0 {
		return "Task's 'kill_policy.grace_period' must be non-negative"
	}
	if t.GetMaxCompletionTime().GetNanoseconds() < 0 {
		return "Task's `max_completion_time` must be non-negative"
	}
	return ""
}

func taskResources(t *mesos.TaskInfo, l Launch) string {
	if len(t.Resources) == 0 {
		return "Task uses no resources"
	}
	return resourcesFault("Task", t.Resources, l.Role)
}

func command(t *mesos.TaskInfo, _ Launch) string {
	if t.Command == nil {
		return ""
	}
	if why := environment(t.Command); why != "" {
		return "Task's `CommandInfo` is invalid: " + why
	}
	return ""
}

func container(t *mesos.TaskInfo, _ Launch) string {
	if t.Container == nil {
		return ""
	}
	if why := containerFault(t.Container); why != "" {
		return "Task's `ContainerInfo` is invalid: " + why
	}
	return ""
}

func total(t *mesos.TaskInfo, l Launch) string {
	rs := t.Resources
	if t.Executor != nil && l.Executor(t.Executor.ExecutorID) == nil {
		rs = slices.Concat(rs, t.Executor.Resources)
	}
	if need, contained := l.covers(rs); !contained {
		return fmt.Sprintf("Total resources %s required by task and its executor is more than available %s", need, l.Available.Text(l.Role))
	}
	return ""
}

// covers reports whether resources are part of those that are offered, and their
// text.
func (l Launch) covers(rs []mesos.Resource) (string, bool) {
	need, role := resource.New(rs), elsewhere(rs, l.Role)
	return need.Text(role), role == l.Role && l.Available.Contains(need)
}
