package planning

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// versionReason is why a task is planned with a version that the one before had not.
func (s *slots) versionReason(version uint64) string {
	switch o := &s.job.Rollout; {
	case version != s.job.Target:
		return fmt.Sprintf("version %d, while the rollout of version %d rests", version, o.Version)
	case o.Cause == cluster.CauseRestart:
		return "restart"
	case o.Cause == cluster.CauseRollback:
		return fmt.Sprintf("back to version %d", version)
	}
	return fmt.Sprintf("update to version %d", version)
}

// versionFor is the version that the next attempt of a slot is planned with: what is
// rolled out, unless the rollout rests or the policy forbids it; then the one that served in the slot, or, in a
// slot that has had none, the one that stood. A slot of nil is a new one.
func (s *slots) versionFor(g *job.Group, slot *cluster.Slot, r *rolling) uint64 {
	j := s.job
	unfinished := j.Rollout.Unfinished() && !s.behind
	switch {
	case unfinished && s.permit.forbids(j.Target): // As long as it is.
	case !unfinished, r != nil && r.left < 0, r != nil && slot != nil && s.isFresh(slot):
		return j.Target
	case r != nil && r.left > 0:
		if slot != nil {
			r.left--
		}
		return j.Target
	}
	for _, version := range []uint64{servedIn(slot), j.Stood} {
		if j.TemplateIn(version, g.Name) != 0 {
			return version
		}
	}
	return j.Target
}

func servedIn(slot *cluster.Slot) uint64 {
	if slot == nil {
		return 0
	}
	return slot.Served
}
