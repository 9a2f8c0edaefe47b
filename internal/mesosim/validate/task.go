package validate

import (
	"fmt"
	"strings"

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
}

// Task checks one task of a LAUNCH. It may complete t: the type of a health
// check is inferred.
func Task(t *mesos.TaskInfo, l Launch) string {
	if why := anyTask(t, l); why != "" {
		return why
	}
	if !t.GetContainer().GetLinuxInfo().GetShareCgroups() {
		return "Only tasks in a task group may have 'share_cgroups' set to 'false'"
	}
	return ""
}

// anyTask are the checks of tasks in and out of groups.
func anyTask(t *mesos.TaskInfo, l Launch) string {
	checks := []func(*mesos.TaskInfo, Launch) string{
		taskID, agentID, times, checkInfo, healthCheck, taskResources, command, container, limits, executor, total,
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
	if why := resource.Fault(t.Resources); why != "" {
		return "Task uses invalid resources: Invalid resources: " + why
	}
	role := ""
	for _, r := range t.Resources {
		if r.Name == "gpus" && resource.ToMilli(r.GetScalar().GetValue())%1000 != 0 {
			return "Task uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer"
		}
		have := l.Role
		if r.AllocationInfo != nil {
			have = r.AllocationInfo.GetRole()
		}
		if role != "" && have != role {
			return fmt.Sprintf("Task uses invalid resources: Invalid task resources: The resources have multiple allocation roles "+
				"('%s' and '%s') but only one allocation role is allowed", role, have)
		}
		role = have
	}
	return mixesRevocable(t)
}

func mixesRevocable(t *mesos.TaskInfo) string {
	seen := map[string]bool{}
	for _, r := range t.Resources {
		revocable := r.Revocable != nil
		if was, ok := seen[r.Name]; ok && was != revocable {
			return "Task mixes revocable and non-revocable resources: " + resource.New(t.Resources).String()
		}
		seen[r.Name] = revocable
	}
	return ""
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

func environment(c *mesos.CommandInfo) string {
	for _, v := range c.GetEnvironment().GetVariables() {
		switch v.GetType() {
		case mesos.Environment_Variable_SECRET:
			if v.Secret == nil {
				return fmt.Sprintf("Environment variable '%s' of type 'SECRET' must have a secret set", v.Name)
			}
			if v.Value != nil {
				return fmt.Sprintf("Environment variable '%s' of type 'SECRET' must not have a value set", v.Name)
			}
		case mesos.Environment_Variable_VALUE:
			if v.Value == nil {
				return fmt.Sprintf("Environment variable '%s' of type 'VALUE' must have a value set", v.Name)
			}
			if v.Secret != nil {
				return fmt.Sprintf("Environment variable '%s' of type 'VALUE' must not have a secret set", v.Name)
			}
		case mesos.Environment_Variable_UNKNOWN:
			return "Environment variable of type 'UNKNOWN' is not allowed"
		}
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

func containerFault(c *mesos.ContainerInfo) string {
	for _, v := range c.Volumes {
		set := 0
		for _, have := range []bool{v.HostPath != nil, v.Image != nil, v.Source != nil} {
			if have {
				set++
			}
		}
		if set != 1 {
			return "Invalid volume: Only one of them should be set: 'host_path', 'image' and 'source'"
		}
		if name, missing := sourceFault(v.Source); missing {
			return fmt.Sprintf("Invalid volume: 'source.%s' is not set for %s volume", strings.ToLower(name), name)
		}
	}
	if c.GetType() != mesos.ContainerInfo_DOCKER {
		return ""
	}
	if c.Docker == nil {
		return "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo"
	}
	for _, p := range c.Docker.Parameters {
		if p.Key == "name" {
			return "Parameter in DockerInfo must not be 'name'"
		}
	}
	return ""
}

// sourceFault says whether the part that the type of a source names is missing.
func sourceFault(s *mesos.Volume_Source) (name string, missing bool) {
	if s == nil {
		return "", false
	}
	switch s.Type {
	case mesos.Volume_Source_DOCKER_VOLUME:
		missing = s.DockerVolume == nil
	case mesos.Volume_Source_HOST_PATH:
		missing = s.HostPath == nil
	case mesos.Volume_Source_SANDBOX_PATH:
		missing = s.SandboxPath == nil
	case mesos.Volume_Source_SECRET:
		missing = s.Secret == nil
	case mesos.Volume_Source_UNKNOWN:
	}
	return s.Type.String(), missing
}

func limits(t *mesos.TaskInfo, l Launch) string {
	if len(t.Limits) == 0 {
		return ""
	}
	if !l.Limits {
		return "Agent is not capable of handling task resource limits"
	}
	for name := range t.Limits {
		if name != "cpus" && name != "mem" {
			return "Only cpus and mem may be included in a task's resource limits"
		}
	}
	requests := resource.New(t.Resources)
	for _, r := range []struct{ name, request, limit string }{{"cpus", "CPU", "cpu"}, {"mem", "memory", "memory"}} {
		limit, ok := t.Limits[r.name]
		if !ok {
			continue
		}
		request := requests.Scalar(r.name)
		if request == 0 {
			return fmt.Sprintf("When a %s limit is specified, a %s request must also be specified", r.request, r.request)
		}
		if limit.Value < request.Float() {
			return fmt.Sprintf("The %s limit must be greater than or equal to the %s request", r.limit, r.limit)
		}
	}
	return ""
}

func executor(t *mesos.TaskInfo, l Launch) string {
	if (t.Executor == nil) == (t.Command == nil) {
		return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present"
	}
	if t.Executor != nil {
		return executorFault(t.Executor, l.FrameworkID)
	}
	return ""
}

func total(t *mesos.TaskInfo, l Launch) string {
	need := resource.New(t.Resources)
	if t.Executor != nil {
		need = need.Plus(resource.New(t.Executor.Resources))
	}
	if l.Available.Contains(need) {
		return ""
	}
	return fmt.Sprintf("Total resources %s required by task and its executor is more than available %s", need.Text(l.Role), l.Available.Text(l.Role))
}
