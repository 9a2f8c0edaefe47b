package planning

// ReasonKilled begins the reason of a doom that a user asked for.
const ReasonKilled = "killed by "

// killed dooms what users want killed now, whatever the bounds of a rollout: they asked
// for that. The slots stay with their groups.
func (s *slots) killed() (Decision, bool) {
	var e ending
	for _, slot := range s.all {
		for _, t := range slot.Tasks {
			if t.KillAsked != nil && t.Killable(s.job.Run) {
				reason := ReasonKilled + t.KillAsked.By
				if t.KillAsked.Reason != "" {
					reason += ": " + t.KillAsked.Reason
				}
				e.add(t, reason)
			}
		}
	}
	return e.decision(s.job, true)
}
