package planning

import (
	"strings"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
)

// ClassOf is the reason of a doom as a word for programs, empty for one that is not
// known. Old logs have the reason alone.
func ClassOf(reason string) string {
	if strings.HasPrefix(reason, ReasonMoved) {
		return "drained"
	}
	if strings.HasPrefix(reason, ReasonKilled) {
		return "killed"
	}
	switch reason {
	case ReasonStopped:
		return "stopped"
	case ReasonScaledDown:
		return "scaled_down"
	case ReasonOldRun:
		return "resubmitted"
	case ReasonReplaced:
		return "replaced"
	case ReasonReturned:
		return cluster.ClassOriginalReturned
	case ReasonFailed:
		return "failed"
	case ReasonCompleted:
		return "completed"
	case ReasonUnknown:
		return "unknown"
	case ReasonSettled:
		return "settled"
	case ReasonUpdated, ReasonGroupGone:
		return "updated"
	case ReasonRestarted:
		return "restarted"
	case ReasonRolledBack:
		return "rolled_back"
	}
	if strings.HasPrefix(reason, overrunWords) {
		return string(restart.TimeLimit)
	}
	return ""
}
