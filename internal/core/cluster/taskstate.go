package cluster

// TaskState is the state of a task in taurus' own words. Its order is the rank
// of the rank rule: a state never gives way to a lower one.
type TaskState uint8

// The states of a task, lowest rank first; those from Finished on are terminal.
const (
	Waiting TaskState = iota
	Staged
	Starting
	Running
	Killing
	Finished
	Failed
	Killed
	Error
	Lost
	Dropped
	Gone
	GoneByOperator
	Vanished  // Mesos: TASK_UNKNOWN, told of an agent it does not know
	Withdrawn // never launched
)

// Terminal tells whether the state is an end.
func (s TaskState) Terminal() bool { return s >= Finished }

// madeUp tells whether a terminal state may have been made up by a master that
// could not ask the agent. An agent's own terminal status replaces it.
func (s TaskState) madeUp() bool {
	switch s {
	case Lost, Dropped, Gone, GoneByOperator, Vanished:
		return true
	case Waiting, Staged, Starting, Running, Killing, Finished, Failed, Killed, Error, Withdrawn:
		return false
	}
	return false
}

// Blameless tells whether an end says nothing about the task itself: its agent
// or its launch failed, not it.
func (s TaskState) Blameless() bool {
	return s.madeUp() || s == Withdrawn
}

// String is the state as users read it: Mesos' name without its prefix, but
// PENDING for a task that waits for an offer.
func (s TaskState) String() string {
	switch s {
	case Waiting:
		return "PENDING"
	case Staged:
		return "STAGING"
	case Starting:
		return "STARTING"
	case Running:
		return "RUNNING"
	case Killing:
		return "KILLING"
	case Finished:
		return "FINISHED"
	case Failed:
		return "FAILED"
	case Killed:
		return "KILLED"
	case Error:
		return "ERROR"
	case Lost:
		return "LOST"
	case Dropped:
		return "DROPPED"
	case Gone:
		return "GONE"
	case GoneByOperator:
		return "GONE_BY_OPERATOR"
	case Vanished:
		return "UNKNOWN"
	case Withdrawn:
		return "WITHDRAWN"
	}
	return "INVALID"
}

// Reported is what a Mesos task state means. Unreachable is no state of its own
// but a condition of one.
type Reported struct {
	State       TaskState
	Unreachable bool
	// Known is false for a state that only a newer Mesos has.
	Known bool
}

// Terminal tells whether the task is reported to have ended.
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
