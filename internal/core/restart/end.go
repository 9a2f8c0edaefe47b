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
	// Message is what Mesos said of it.
	Message string
	// Exit is the exit status, nil if there was none or it was not told.
	Exit *int
	// At is when it ended, by the log's time.
	At time.Time
	// Ran is how long the task was running, zero if it never was.
	Ran time.Duration
	// Began reports whether Mesos ever called the task running.
	Began bool
	// Unhealthy reports whether its health check failed when it was last heard of.
	Unhealthy bool
	// Doomed reports whether the task was to end by a decision of ours, and Doom what
	// class of decision that was.
	Doomed bool
	Doom   string
}

// Blameless reports whether the end says nothing about the task itself. No made-up
// end does.
func (e End) Blameless() bool {
	return e.State.Presumed() || e.Class().Blameless()
}

// Failed reports whether the task ended by its own fault. No made-up end says so.
func (e End) Failed() bool {
	return e.State.Terminal() && e.State != taskstate.Finished && !e.Blameless()
}

// ran reports whether there was an end to something that ran or might have: a
// withdrawn task was never launched.
func (e End) ran() bool { return e.State.Terminal() && e.State != taskstate.Withdrawn }
