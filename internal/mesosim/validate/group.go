package validate

import (
	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// GroupTask checks one task of a LAUNCH_GROUP.
func GroupTask(t *mesos.TaskInfo, l Launch) string {
	if why := anyTask(t, l); why != "" {
		return why
	}
	if t.Executor != nil {
		return "'TaskInfo.executor' must not be set"
	}
	if t.GetContainer() != nil && t.Container.GetType() == mesos.ContainerInfo_DOCKER {
		return "Docker ContainerInfo is not supported on the task"
	}
	return ""
}

// The least that the executor of a group must have.
const (
	minExecutorCPUs = resource.Milli(10)
	minExecutorMem  = resource.Milli(32_000)
)

// GroupExecutor checks the executor of a LAUNCH_GROUP of a framework.
func GroupExecutor(x *mesos.ExecutorInfo, framework string) string {
	if x.GetContainer() != nil && x.Container.GetType() == mesos.ContainerInfo_DOCKER {
		return "Docker ContainerInfo is not supported on the executor"
	}
	if why := executorFault(x, framework); why != "" {
		return why
	}
	rs := resource.New(x.Resources)
	switch {
	case rs.Scalar("cpus") < minExecutorCPUs:
		return "Executor must specify at least 0.01 cpus"
	case rs.Scalar("mem") < minExecutorMem:
		return "Executor must specify at least 32 MB of memory"
	case rs.Scalar("disk") == 0:
		return "Executor must specify disk"
	}
	return ""
}
