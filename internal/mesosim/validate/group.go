package validate

import (
	"fmt"
	"slices"
	"strconv"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// The least that the executor of a group must have.
const (
	minExecutorCPUs = resource.Milli(10)
	minExecutorMem  = resource.Milli(32_000)
)

// Group checks the tasks of a LAUNCH_GROUP and their executor.
func Group(x *mesos.ExecutorInfo, tasks []mesos.TaskInfo, l Launch) string {
	seen := map[string]bool{}
	for i := range tasks {
		id := tasks[i].TaskID.Value
		why := groupTask(&tasks[i], l)
		if why == "" && seen[id] {
			why = "Task has duplicate ID: " + id
		}
		if why != "" {
			return fmt.Sprintf("Task '%s' is invalid: %s", id, why)
		}
		seen[id] = true
	}
	checks := []func(*mesos.ExecutorInfo, []mesos.TaskInfo, Launch) string{
		groupExecutor, sameExecutor, leastOfExecutor, groupResources, groupTotal, groupCgroups,
	}
	for _, check := range checks {
		if why := check(x, tasks, l); why != "" {
			return why
		}
	}
	return ""
}

func groupTask(t *mesos.TaskInfo, l Launch) string {
	if why := anyTask(t, l); why != "" {
		return why
	}
	c := t.Container
	probes := t.GetHealthCheck().GetType()
	switch {
	case len(c.GetNetworkInfos()) > 0 && (probes == mesos.HealthCheck_HTTP || probes == mesos.HealthCheck_TCP):
		return "HTTP and TCP health checks are not supported for nested containers not joining parent's network"
	case c != nil && c.GetType() == mesos.ContainerInfo_DOCKER:
		return "Docker ContainerInfo is not supported on the task"
	case len(t.Limits) > 0 && (c.GetLinuxInfo() == nil || c.GetLinuxInfo().GetShareCgroups()):
		return "Resource limits may only be set for tasks within a task group when the 'share_cgroups' field is set to 'false'."
	}
	return ""
}

func groupExecutor(x *mesos.ExecutorInfo, _ []mesos.TaskInfo, l Launch) string {
	if why := executorFault(x, l); why != "" {
		return why
	}
	switch {
	case x.Type == mesos.ExecutorInfo_UNKNOWN:
		return "'ExecutorInfo.type' must be set"
	case x.Container != nil && x.Container.GetType() == mesos.ContainerInfo_DOCKER:
		return "Docker ContainerInfo is not supported on the executor"
	}
	return ""
}

// sameExecutor is for tasks that say, too, which executor they are for.
func sameExecutor(x *mesos.ExecutorInfo, tasks []mesos.TaskInfo, _ Launch) string {
	for i := range tasks {
		if own := tasks[i].Executor; own != nil && !own.Equal(x) {
			return fmt.Sprintf("The `ExecutorInfo` of task '%s' is different from executor '%s'", tasks[i].TaskID.Value, x.ExecutorID.Value)
		}
	}
	return ""
}

func leastOfExecutor(x *mesos.ExecutorInfo, _ []mesos.TaskInfo, _ Launch) string {
	rs := resource.New(x.Resources)
	cpus, mem := rs.Scalar("cpus"), rs.Scalar("mem")
	who := "Executor '" + x.ExecutorID.Value + "' uses "
	switch {
	case cpus < minExecutorCPUs:
		have := "None"
		if cpus > 0 {
			have = strconv.FormatFloat(cpus.Float(), 'g', -1, 64)
		}
		return who + "less CPUs (" + have + ") than the minimum required (0.01)"
	case mem < minExecutorMem:
		have := "None"
		if mem > 0 {
			have = bytesText(mem)
		}
		return who + "less memory (" + have + ") than the minimum required (32MB)"
	case rs.Scalar("disk") == 0:
		return who + "no disk"
	}
	return ""
}

// bytesText is an amount of memory in the largest unit that loses nothing.
func bytesText(mem resource.Milli) string {
	const kilo, mega = 1 << 10, 1 << 20
	n := int64(mem) * mega / 1000
	switch {
	case n%mega == 0:
		return strconv.FormatInt(n/mega, 10) + "MB"
	case n%kilo == 0:
		return strconv.FormatInt(n/kilo, 10) + "KB"
	}
	return strconv.FormatInt(n, 10) + "B"
}

func groupResources(x *mesos.ExecutorInfo, tasks []mesos.TaskInfo, l Launch) string {
	lists := make([][]mesos.Resource, 0, len(tasks)+1)
	var all []mesos.Resource
	for i := range tasks {
		lists, all = append(lists, tasks[i].Resources), append(all, tasks[i].Resources...)
	}
	ofTasks := resource.New(all).Text(l.Role)
	lists, all = append(lists, x.Resources), append(all, x.Resources...)
	if why := persistenceFault(all); why != "" {
		return "Task group and executor use duplicate persistence ID: " + why
	}
	if why := revocableFault(all); why != "" {
		return "Task group and executor mix revocable and non-revocable resources: " + why
	}
	if overlap(lists...) {
		return "There are overlapping resources in the task group's task resources " + ofTasks +
			" and/or executor resources " + resource.New(x.Resources).Text(l.Role)
	}
	return ""
}

func groupTotal(x *mesos.ExecutorInfo, tasks []mesos.TaskInfo, l Launch) string {
	var rs []mesos.Resource
	for i := range tasks {
		rs = append(rs, tasks[i].Resources...)
	}
	if l.Executor(x.ExecutorID) == nil {
		rs = append(rs, x.Resources...)
	}
	if need, contained := l.covers(rs); !contained {
		return fmt.Sprintf("Total resources %s required by task group and its executor are more than available %s", need, l.Available.Text(l.Role))
	}
	return ""
}

// groupCgroups checks that all tasks of an executor share its cgroups, or none.
func groupCgroups(x *mesos.ExecutorInfo, tasks []mesos.TaskInfo, l Launch) string {
	if sharesCgroups(x) {
		return "The 'share_cgroups' field cannot be set to 'true' on executor containers"
	}
	all := slices.Concat(tasks, l.Siblings(x.ExecutorID))
	for i := range all {
		if all[i].GetContainer().GetLinuxInfo().GetShareCgroups() != all[0].GetContainer().GetLinuxInfo().GetShareCgroups() {
			return "If set, the value of 'share_cgroups' must be the same for all tasks in each task group and under a single executor"
		}
	}
	return ""
}
