package validate

import (
	"fmt"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// executorFault checks an executor of a framework's task or group.
func executorFault(x *mesos.ExecutorInfo, framework string) string {
	if why := ID(x.ExecutorID.Value); why != "" {
		return why
	}
	if why := executorType(x); why != "" {
		return why
	}
	if x.FrameworkID == nil {
		return "'ExecutorInfo.framework_id' must be set"
	}
	if x.GetFrameworkID().GetValue() != framework {
		return fmt.Sprintf("ExecutorInfo has an invalid FrameworkID (Actual: %s vs Expected: %s)", x.GetFrameworkID().GetValue(), framework)
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
	return ""
}

// executorType checks what goes with the type, which old frameworks leave out.
func executorType(x *mesos.ExecutorInfo) string {
	switch x.Type {
	case mesos.ExecutorInfo_CUSTOM:
		if x.Command == nil {
			return "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
		}
	case mesos.ExecutorInfo_DEFAULT:
		if x.Command != nil {
			return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor"
		}
	case mesos.ExecutorInfo_UNKNOWN:
	}
	return ""
}
