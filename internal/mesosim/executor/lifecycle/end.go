package lifecycle

import (
	"fmt"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// endOf is the terminal state of a workload that ended. A run that was to be
// killed was killed, whatever its exit status says.
func endOf(noun string, exit Exit, k *mark) executor.Status {
	s := executor.Status{State: mesos.TASK_FAILED, Source: mesos.SOURCE_EXECUTOR, Message: noun + " " + exit.String()}
	switch {
	case k == nil:
		if exit.Code == 0 && exit.Signal == "" {
			s.State = mesos.TASK_FINISHED
			break
		}
		if exit.Detail != "" {
			s.Message += ": " + exit.Detail
		}
		if exit.OutOfMemory { // As the Mesos containerizer says it.
			s.Reason = mesos.REASON_CONTAINER_LIMITATION_MEMORY.Enum()
		}
	case k.Cause == causeExpired:
		s.Reason = mesos.REASON_MAX_COMPLETION_TIME_REACHED.Enum()
	default:
		return killed(s, k)
	}
	return s
}

// killed makes a status one of a run that was killed.
func killed(s executor.Status, k *mark) executor.Status {
	s.State = mesos.TASK_KILLED
	if k.Cause == causeUnhealthy {
		unhealthy := false
		s.Healthy = &unhealthy
	}
	return s
}

// String says how a workload ended, as Mesos says it.
func (e Exit) String() string {
	if e.Signal != "" {
		return "terminated with signal " + e.Signal
	}
	return fmt.Sprintf("exited with status %d", e.Code)
}

// killedEarly is the end of a run that was killed before its executor existed.
func killedEarly() executor.Status {
	return executor.Status{
		State:   mesos.TASK_KILLED,
		Source:  mesos.SOURCE_AGENT,
		Reason:  mesos.REASON_TASK_KILLED_DURING_LAUNCH.Enum(),
		Message: "Killed before delivery to the executor",
	}
}

// launchFailed is the end of a run that could not be prepared.
func launchFailed(err error) executor.Status {
	return executor.Status{
		State:   mesos.TASK_FAILED,
		Source:  mesos.SOURCE_AGENT,
		Reason:  mesos.REASON_CONTAINER_LAUNCH_FAILED.Enum(),
		Message: "Failed to launch container: " + err.Error(),
	}
}

// startFailed is the end of a run that was prepared but could not be started.
func startFailed(err error, k *mark) executor.Status {
	s := executor.Status{State: mesos.TASK_FAILED, Source: mesos.SOURCE_EXECUTOR, Message: err.Error()}
	if k != nil {
		return killed(s, k)
	}
	return s
}

// vanished is the end of a run of which nothing is left. Mesos has the same
// when an executor is gone.
func vanished(message string, k *mark) executor.Status {
	s := executor.Status{
		State:   mesos.TASK_FAILED,
		Source:  mesos.SOURCE_AGENT,
		Reason:  mesos.REASON_EXECUTOR_TERMINATED.Enum(),
		Message: message,
	}
	if k != nil {
		return killed(s, k)
	}
	return s
}
