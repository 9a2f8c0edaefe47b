package launching

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Action is what to do about a status from Mesos.
type Action uint8

// The actions.
const (
	// Ignored: it says nothing new and wants no acknowledgement.
	Ignored Action = iota
	// Acknowledged: it is in the log already.
	Acknowledged
	// Recorded: append it as a fact, and acknowledge it once it is folded.
	Recorded
	// Withdrawn: Mesos has no such task, so the attempt came to nothing.
	Withdrawn
	// Adopted: Mesos runs a task that the log holds for over.
	Adopted
	// Identified: Mesos runs a task that the log never heard of; its labels tell
	// which it is.
	Identified
)

// String is for logs.
func (a Action) String() string {
	switch a {
	case Ignored:
		return "ignore"
	case Acknowledged:
		return "acknowledge"
	case Recorded:
		return "record"
	case Withdrawn:
		return "withdraw"
	case Adopted:
		return "adopt"
	case Identified:
		return "identify"
	}
	return "invalid"
}

// Report is a status from Mesos.
type Report struct {
	TaskID string
	State  string
	Reason string
	Source string
	// UUID is empty for statuses that the master made up.
	UUID []byte
}

// Memory is what the launcher knows about a task beyond the log.
type Memory struct {
	// Resolving reports whether the task's offers were declined in this subscription
	// and Mesos was asked about it afterwards, on the same connection.
	Resolving bool
	// Unfolded reports whether an earlier status of the task is on its way into the
	// log: what this one changes cannot be told yet.
	Unfolded bool
}

// Consider decides what to do about a status.
func Consider(s *cluster.State, r Report, mem Memory) Action {
	t := s.TaskByID(r.TaskID)
	m := cluster.Meaning(r.State)
	if t == nil {
		return stranger(r, m)
	}
	if !t.Live() {
		return over(t, r, m)
	}
	if len(r.UUID) > 0 {
		if t.Status.UUID == string(r.UUID) && !t.Unreachable {
			return Acknowledged
		}
		return Recorded // Repeated by an agent that was cut off, it says that it is back.
	}
	if t.State == cluster.Staged && !t.Confirmed && m.Terminal() {
		return unconfirmed(r, m, mem.Resolving)
	}
	if misattributed(r) || !mem.Unfolded && !changes(t, m) {
		return Ignored
	}
	return Recorded
}

// stranger handles a task that the state does not hold: never heard of, or over
// so long that it was forgotten.
func stranger(r Report, m cluster.Reported) Action {
	if m.Known && !m.Terminal() {
		return Identified
	}
	if len(r.UUID) > 0 {
		return Acknowledged
	}
	return Ignored
}

// over handles a task that the log holds for ended. A status that its agent
// makes is the truth if the end was made up; Mesos running it after all is
// recorded by adoption.
func over(t *cluster.Task, r Report, m cluster.Reported) Action {
	if m.Known && !m.Terminal() && t.State.Presumed() {
		return Adopted
	}
	if len(r.UUID) == 0 {
		return Ignored
	}
	if t.Status.UUID == string(r.UUID) {
		return Acknowledged
	}
	return Recorded
}

// unconfirmed handles the end that a master reports of a task that was staged
// and never heard of. To a reconciliation that was not asked for by a
// resolution, "gone" may only mean that the ACCEPT has not arrived yet. An end that
// only an agent can tell of is no negative answer: the task ran, and its agent says so
// itself until that is acknowledged.
func unconfirmed(r Report, m cluster.Reported, resolving bool) Action {
	if r.Reason != "REASON_RECONCILIATION" {
		return Recorded
	}
	if resolving && m.State.MadeUp() {
		return Withdrawn
	}
	return Ignored
}

// misattributed reports whether a refusal by the master carries the id of a task
// that Mesos has confirmed: a duplicate id is answered with an error under that
// very id.
func misattributed(r Report) bool {
	return r.Source == "SOURCE_MASTER" && (r.Reason == "REASON_TASK_INVALID" || r.Reason == "REASON_INVALID_OFFERS")
}

// changes reports whether a status that a master made up says anything that the
// fold does not know, so that reconciling a quiet cluster writes nothing.
func changes(t *cluster.Task, m cluster.Reported) bool {
	if !m.Known {
		return false
	}
	if m.Unreachable {
		return !t.Unreachable
	}
	return t.Unreachable || !t.Confirmed || m.State > t.State
}
