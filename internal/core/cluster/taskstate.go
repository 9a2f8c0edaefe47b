package cluster

import "github.com/milosgajdos/taurus/internal/core/taskstate"

// TaskState is the state of a task. It and its values are named here too, so that
// who reads the folded state needs no other package.
type TaskState = taskstate.State

// The states of a task, lowest rank first; those from Finished on are terminal.
const (
	Waiting        = taskstate.Waiting
	Staged         = taskstate.Staged
	Starting       = taskstate.Starting
	Running        = taskstate.Running
	Killing        = taskstate.Killing
	Finished       = taskstate.Finished
	Failed         = taskstate.Failed
	Killed         = taskstate.Killed
	Error          = taskstate.Error
	Lost           = taskstate.Lost
	Dropped        = taskstate.Dropped
	Gone           = taskstate.Gone
	GoneByOperator = taskstate.GoneByOperator
	Vanished       = taskstate.Vanished
	Withdrawn      = taskstate.Withdrawn
)

// Reported is what a Mesos task state means. Unreachable is no state of its own
// but a condition of one.
type Reported struct {
	State       TaskState
	Unreachable bool
	// Known reports whether this program knows the state; a newer Mesos may have more.
	Known bool
}

// Terminal reports whether the task is reported to have ended.
func (r Reported) Terminal() bool { return r.Known && !r.Unreachable && r.State.Terminal() }

// Meaning is what a Mesos task state, "TASK_RUNNING", means.
func Meaning(mesos string) Reported {
	state := func(s TaskState) Reported { return Reported{State: s, Known: true} }
	switch mesos {
	case "TASK_STAGING":
		return state(Staged)
	case "TASK_STARTING":
		return state(Starting)
	case "TASK_RUNNING":
		return state(Running)
	case "TASK_KILLING":
		return state(Killing)
	case "TASK_FINISHED":
		return state(Finished)
	case "TASK_FAILED":
		return state(Failed)
	case "TASK_KILLED":
		return state(Killed)
	case "TASK_ERROR":
		return state(Error)
	case "TASK_LOST":
		return state(Lost)
	case "TASK_DROPPED":
		return state(Dropped)
	case "TASK_GONE":
		return state(Gone)
	case "TASK_GONE_BY_OPERATOR":
		return state(GoneByOperator)
	case "TASK_UNKNOWN":
		return state(Vanished)
	case "TASK_UNREACHABLE":
		return Reported{Unreachable: true, Known: true}
	}
	return Reported{}
}
