package restart

import (
	"strings"

	"github.com/milosgajdos/taurus/internal/core/taskstate"
)

// Class is the kind of reason for which a task ended, in one word: what users, metrics
// and the counting of attempts go by.
type Class string

// The classes of ends. They are in the API, in metrics and in docs/jobs.md.
const (
	// OK is the end of a task that did its work.
	OK Class = "ok"
	// Exited is that of one that ended by itself otherwise: an exit status, a signal.
	Exited Class = "failed"
	// KilledByUs is that of a doomed task: a user, or a decision of the planner's.
	KilledByUs Class = "killed"
	// KilledOutside is that of one that Mesos was told to kill, or killed, and not by us.
	KilledOutside Class = "killed_outside"
	// Unhealthy is that of one that its health check killed.
	Unhealthy Class = "unhealthy"
	// OutOfMemory is that of one of which the agent says so.
	OutOfMemory Class = "oom"
	// TimeLimit is that of one that ran for longer than it may.
	TimeLimit Class = "time_limit"
	// StartFailed is that of one that was never running: Docker or the agent could not
	// start it.
	StartFailed Class = "start_failed"
	// PullFailed is that of one whose image the registry does not have, or does not give.
	PullFailed Class = "pull_failed"
	// RegistryDown is that of one whose image could not be asked for.
	RegistryDown Class = "registry_down"
	// AgentLost is that of one whose agent was lost, removed or started anew.
	AgentLost Class = "agent_lost"
	// Drained is that of one that had to leave its agent.
	Drained Class = "drained"
	// InvalidOffer is that of a launch on an offer that was not ours any more.
	InvalidOffer Class = "invalid_offer"
	// Dropped is that of another launch that never reached its agent.
	Dropped Class = "dropped"
	// Unknown is that of one that Mesos knows nothing of.
	Unknown Class = "unknown"
	// Refused is that of one that Mesos did not take, or that could not be put in its
	// terms.
	Refused Class = "error"
	// NeverLaunched is that of one that was withdrawn.
	NeverLaunched Class = "withdrawn"
)

// Classes are all of them: what bounds a metric's label.
func Classes() []Class {
	return []Class{
		OK, Exited, KilledByUs, KilledOutside, Unhealthy, OutOfMemory, TimeLimit, StartFailed, PullFailed, RegistryDown,
		AgentLost, Drained, InvalidOffer, Dropped, Unknown, Refused, NeverLaunched,
	}
}

// Blameless reports whether ends of the class say nothing about the task itself: its
// agent, its offers, its launch or a registry failed, or somebody wanted it gone.
func (c Class) Blameless() bool {
	switch c {
	case KilledByUs, RegistryDown, AgentLost, Drained, InvalidOffer, Dropped, Unknown, NeverLaunched:
		return true
	case OK, Exited, KilledOutside, Unhealthy, OutOfMemory, TimeLimit, StartFailed, PullFailed, Refused:
		return false
	}
	return false
}

// Class returns that of an end; it is empty for a task that has not ended.
//
// What Mesos gives as a reason comes first. Its docker executor gives none for most
// ends: then the state, our own doom, what the health check last said and the exit
// status have to do.
func (e End) Class() Class {
	if e.State == taskstate.Finished {
		return OK
	}
	if c := e.byReason(); c != "" && e.State.Terminal() {
		return c
	}
	switch e.State {
	case taskstate.Failed:
		return e.failedClass()
	case taskstate.Killed:
		return e.killedClass()
	case taskstate.Error:
		return Refused
	case taskstate.Lost, taskstate.Gone, taskstate.GoneByOperator:
		return AgentLost
	case taskstate.Dropped:
		return Dropped
	case taskstate.Vanished:
		return Unknown
	case taskstate.Withdrawn:
		return NeverLaunched
	case taskstate.Waiting, taskstate.Staged, taskstate.Starting, taskstate.Running, taskstate.Killing, taskstate.Finished:
	}
	return ""
}

// byReason is what the reason alone tells, empty if it does not.
func (e End) byReason() Class {
	switch e.Reason {
	case "REASON_AGENT_DRAINING":
		return Drained
	case "REASON_AGENT_REMOVED", "REASON_AGENT_REMOVED_BY_OPERATOR", "REASON_AGENT_DISCONNECTED", "REASON_AGENT_RESTARTED":
		return AgentLost
	case "REASON_INVALID_OFFERS":
		return InvalidOffer
	case "REASON_MASTER_DISCONNECTED":
		return Dropped
	}
	switch {
	case e.Reason == "REASON_RECONCILIATION" && e.State == taskstate.Gone:
		return Unknown // Its agent is there, and does not know it.
	case e.State != taskstate.Failed:
		return ""
	}
	switch e.Reason {
	case "REASON_CONTAINER_LIMITATION_MEMORY":
		return OutOfMemory
	case "REASON_MAX_COMPLETION_TIME_REACHED":
		return TimeLimit
	case "REASON_CONTAINER_PREEMPTED":
		return KilledOutside
	}
	return ""
}

func (e End) killedClass() Class {
	switch {
	case e.Doomed:
		return e.doomClass()
	case e.Unhealthy:
		return Unhealthy
	}
	return KilledOutside
}

// doomClass is what a kill of our own is to the task.
func (e End) doomClass() Class {
	switch e.Doom {
	case "time_limit":
		return TimeLimit
	case "drained":
		return Drained
	}
	return KilledByUs
}

func (e End) failedClass() Class {
	switch {
	case e.Doomed && e.cut():
		return e.doomClass()
	case e.launchFailed() && isPull(e.Message):
		return pullClass(e.Message)
	case e.launchFailed(), !e.Began && e.notStarted():
		return StartFailed
	}
	return Exited
}

// cut reports whether the task's end is what a kill looks like: Mesos tells some of
// them as failures, when it had to destroy the container.
func (e End) cut() bool {
	switch e.Signal() {
	case "SIGKILL", "SIGTERM":
		return true
	}
	return e.Reason == "REASON_EXECUTOR_TERMINATED"
}

// launchFailed reports whether the agent never came to have a container.
func (e End) launchFailed() bool {
	switch e.Reason {
	case "REASON_CONTAINER_LAUNCH_FAILED", "REASON_EXECUTOR_REGISTRATION_TIMEOUT":
		return true
	}
	return false
}

// notStarted reports whether an end without a run is docker's: 125 if it could not
// start the container, 126 and 127 if the program cannot be run or is not there.
func (e End) notStarted() bool {
	if strings.HasPrefix(e.Message, "Failed to create docker run options") {
		return true
	}
	return e.Exit != nil && *e.Exit >= exitDocker && *e.Exit <= exitNotFound
}

// The exit statuses of docker run that are its own, see "Exit status" in docker-run(1).
const (
	exitDocker   = 125
	exitNoInvoke = 126
	exitNotFound = 127
)
