package taskstate

// State is the state of a task in taurus' own words. Its order is the rank of
// the rank rule: a state never gives way to a lower one.
type State uint8

// The states of a task, lowest rank first; those from Finished on are terminal.
const (
	Waiting State = iota
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

// Terminal reports whether the state is an end.
func (s State) Terminal() bool { return s >= Finished }

// MadeUp reports whether a terminal state may have been made up by a master that
// could not ask the agent. An agent's own terminal status replaces it.
func (s State) MadeUp() bool {
	switch s {
	case Lost, Dropped, Gone, GoneByOperator, Vanished:
		return true
	case Waiting, Staged, Starting, Running, Killing, Finished, Failed, Killed, Error, Withdrawn:
		return false
	}
	return false
}

// Presumed reports whether no agent ever said that the task ended: it may run
// after all.
func (s State) Presumed() bool { return s.MadeUp() || s == Withdrawn }

// String is the state as users read it: Mesos' name without its prefix, but
// PENDING for a task that waits for an offer.
func (s State) String() string {
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
