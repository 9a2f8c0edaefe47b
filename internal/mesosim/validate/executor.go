package validate

import (
	"cmp"
	"fmt"
	"slices"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// executor checks what runs a task: its command or its executor.
func executor(t *mesos.TaskInfo, l Launch) string {
	if (t.Executor == nil) == (t.Command == nil) {
		return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present"
	}
	x := t.Executor
	if x == nil {
		return ""
	}
	if why := executorFault(x, l); why != "" {
		return why
	}
	rs := resource.New(x.Resources)
	switch {
	case x.Type == mesos.ExecutorInfo_DEFAULT:
		return "'ExecutorInfo.type' must be 'CUSTOM'"
	case x.Command == nil:
		return "'ExecutorInfo.command' must be set"
	case shares(x.Resources):
		return "Executor resources " + rs.Text(l.Role) + " should not contain any shared resources"
	case sharesCgroups(x):
		return "The 'share_cgroups' field cannot be set to 'true' on executor containers"
	case overlap(t.Resources, x.Resources):
		return "There are overlapping resources in the task resources " + resource.New(t.Resources).Text(l.Role) +
			" and executor resources " + rs.Text(l.Role)
	}
	both := slices.Concat(t.Resources, x.Resources)
	if why := persistenceFault(both); why != "" {
		return "Task and its executor use duplicate persistence ID: " + why
	}
	if why := revocableFault(both); why != "" {
		return "Task and its executor mix revocable and non-revocable resources: " + why
	}
	return ""
}

// executorFault checks an executor of a framework's task or group.
func executorFault(x *mesos.ExecutorInfo, l Launch) string {
	if why := cmp.Or(executorType(x), ID(x.ExecutorID.Value)); why != "" {
		return why
	}
	if x.GetShutdownGracePeriod().GetNanoseconds() < 0 {
		return "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
	}
	if x.Command != nil {
		if why := environment(x.Command); why != "" {
			return "Executor's `CommandInfo` is invalid: " + why
		}
	}
	if x.Container != nil {
		if why := containerFault(x.Container); why != "" {
			return "Executor's `ContainerInfo` is invalid: " + why
		}
	}
	if x.FrameworkID == nil {
		return "'ExecutorInfo.framework_id' must be set"
	}
	if x.GetFrameworkID().GetValue() != l.FrameworkID {
		return fmt.Sprintf("ExecutorInfo has an invalid FrameworkID (Actual: %s vs Expected: %s)", x.GetFrameworkID().GetValue(), l.FrameworkID)
	}
	return cmp.Or(resourcesFault("Executor", x.Resources, l.Role), incompatible(x, l.Executor(x.ExecutorID)))
}

// executorType checks what goes with the type, which old frameworks leave out.
func executorType(x *mesos.ExecutorInfo) string {
	switch x.Type {
	case mesos.ExecutorInfo_CUSTOM:
		if x.Command == nil {
			return "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
		}
	case mesos.ExecutorInfo_DEFAULT:
		switch {
		case x.Command != nil:
			return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor"
		case x.Container != nil && x.Container.GetType() != mesos.ContainerInfo_MESOS:
			return "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor"
		case x.GetContainer().GetMesos().GetImage() != nil:
			return "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor"
		}
	case mesos.ExecutorInfo_UNKNOWN:
	}
	return ""
}

// incompatible compares an executor with the one of its id that runs already.
func incompatible(x, running *mesos.ExecutorInfo) string {
	if running == nil || x.Equal(running) {
		return ""
	}
	const line = "------------------------------------------------------------\n"
	return "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.\n" +
		line + "Existing ExecutorInfo:\n" + running.String() + "\n" +
		line + "ExecutorInfo:\n" + x.String() + "\n" + line
}

func shares(rs []mesos.Resource) bool {
	for _, r := range rs {
		if r.Shared != nil {
			return true
		}
	}
	return false
}

// sharesCgroups reports whether an executor asks for what only tasks may.
func sharesCgroups(x *mesos.ExecutorInfo) bool {
	share := x.GetContainer().GetLinuxInfo()
	return share != nil && share.ShareCgroups != nil && *share.ShareCgroups
}
