package planning

import "github.com/milosgajdos/taurus/internal/core/cluster"

// ReasonKilled begins the reason of a doom that a user asked for.
const ReasonKilled = "killed by "

// killed dooms what users want killed now, whatever the bounds of a rollout: they asked
// for that. The slots stay with their groups.
func (s *slots) killed() (Decision, bool) {
	var e ending
	for _, slot := range s.all {
		for _, t := range slot.Tasks {
			if t.KillAsked != nil && t.Killable(s.job.Run) {
				e.add(t, killReason(t.KillAsked))
			}
		}
	}
	return e.decision(s.job, true)
}

// killReason tells who wanted a task killed, and why.
func killReason(asked *cluster.KillAsked) string {
	if asked.Reason == "" {
		return ReasonKilled + asked.By
	}
	return ReasonKilled + asked.By + ": " + asked.Reason
}
