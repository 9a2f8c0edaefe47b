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

// reported is what a Mesos task state means. Unreachable is no state of its own
// but a condition of one. A state that a newer Mesos may send is not known.
func reported(mesos string) (s TaskState, unreachable, known bool) {
	switch mesos {
	case "TASK_STAGING":
		return Staged, false, true
	case "TASK_STARTING":
		return Starting, false, true
	case "TASK_RUNNING":
		return Running, false, true
	case "TASK_KILLING":
		return Killing, false, true
	case "TASK_FINISHED":
		return Finished, false, true
	case "TASK_FAILED":
		return Failed, false, true
	case "TASK_KILLED":
		return Killed, false, true
	case "TASK_ERROR":
		return Error, false, true
	case "TASK_LOST":
		return Lost, false, true
	case "TASK_DROPPED":
		return Dropped, false, true
	case "TASK_GONE":
		return Gone, false, true
	case "TASK_GONE_BY_OPERATOR":
		return GoneByOperator, false, true
	case "TASK_UNKNOWN":
		return Vanished, false, true
	case "TASK_UNREACHABLE":
		return Waiting, true, true
	}
	return Waiting, false, false
}
