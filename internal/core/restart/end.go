package restart

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/taskstate"
)

// End is how a task ended, or that it has not.
type End struct {
	State taskstate.State
	// Reason is Mesos' own, REASON_AGENT_DRAINING; empty if none was given.
	Reason string
	// Ran is how long the task was running, zero if it never was.
	Ran time.Duration
}

// Blameless reports whether the end says nothing about the task itself: its agent,
// its offers or its launch failed, or an operator took the agent away.
func (e End) Blameless() bool {
	switch e.Reason {
	case "REASON_AGENT_DRAINING", "REASON_AGENT_REMOVED", "REASON_AGENT_REMOVED_BY_OPERATOR",
		"REASON_AGENT_DISCONNECTED", "REASON_AGENT_RESTARTED", "REASON_INVALID_OFFERS", "REASON_MASTER_DISCONNECTED":
		return true
	}
	return e.State.Presumed()
}

// Failed reports whether the task ended by its own fault. No made-up end says so.
func (e End) Failed() bool {
	return e.State.Terminal() && e.State != taskstate.Finished && !e.Blameless()
}

// ran reports whether there was an end to something that ran or might have: a
// withdrawn task was never launched.
func (e End) ran() bool { return e.State.Terminal() && e.State != taskstate.Withdrawn }
