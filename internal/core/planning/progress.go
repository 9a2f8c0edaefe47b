package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
)

// progress is how far the rollout of one group is.
type progress struct {
	group *job.Group
	// slots are those that are wanted, of those that the group holds.
	slots []*cluster.Slot
	// surge and unavailable are how many tasks there may be beyond the replicas, and how
	// many of these may be down.
	surge, unavailable int
	// alive are all tasks that live, doomed ones too; up are the slots in which one that
	// is not doomed is up, there those in which it is as wanted, or has done its work.
	alive, up, there int
	// fresh are the slots that have got what is rolled out since it began, or are about
	// to; in freshUp of them it is up.
	fresh, freshUp int
	// failed is a slot whose task is as wanted, and has failed too often; nil for none.
	failed *cluster.Slot
}

// done reports whether all that the group wants is up as wanted.
func (p *progress) done() bool { return p.there == int(p.group.Replicas) }

// isUp reports whether a task that is as wanted has been up for long enough while somebody
// would have heard of its end; when time alone will make it so is noted as a wake.
func (s *slots) isUp(t *cluster.Task) bool {
	if t.UpSince.IsZero() {
		return false
	}
	long := time.Duration(s.policy.MinHealthy)
	if s.hearing.Heard(t.UpSince, s.now) < long {
		s.wake = earlier(s.wake, s.hearing.Until(t.UpSince, long, s.now))
		return false
	}
	return true
}

// measure finds out how far a group is. What of it lives was counted before.
func (s *slots) measure(g *job.Group) *progress {
	p := &progress{group: g, slots: wanted(g, s.held[g.Name]), alive: s.alive[g.Name]}
	surge, unavailable := s.policy.Bounds(g)
	p.surge, p.unavailable = int(surge), int(unavailable)
	for _, slot := range p.slots {
		s.measureSlot(p, slot)
	}
	return p
}

func (s *slots) measureSlot(p *progress, slot *cluster.Slot) {
	up, there := false, false
	for _, t := range slot.Tasks {
		switch {
		case !t.Live() || t.Run != s.job.Run || t.Doom != nil || t.Original():
		case s.job.Outdated(t):
			up = up || !t.UpSince.IsZero()
		case s.isUp(t):
			up, there = true, true
		}
	}
	// What is rolled out comes after all that was before.
	if t := slot.Deciding(); !t.Live() && t.Doom == nil && !s.job.Outdated(t) {
		switch slot.Fate(t.End(), p.group.Restart) {
		case restart.Done:
			there = true
		case restart.Failed:
			p.failed = slot
		case restart.Running, restart.Again:
		}
	}
	fresh := s.isFresh(slot)
	p.up += one(up)
	p.there += one(there)
	p.fresh += one(fresh)
	p.freshUp += one(fresh && there)
}

// hasDone reports whether the newest task of a slot has ended with its work done, and is
// as wanted: it is followed by none, and whatever is beside it is not needed any more.
func (s *slots) hasDone(slot *cluster.Slot, t *cluster.Task) bool {
	g := s.job.Group(t.Group)
	return g != nil && !t.Live() && t.Doom == nil && !s.job.Outdated(t) && slot.Fate(t.End(), g.Restart) == restart.Done
}

// isFresh reports whether a slot has got what is rolled out since that began, or
// is about to.
func (s *slots) isFresh(slot *cluster.Slot) bool {
	began := s.job.Rollout.Began
	ended, stays := false, false
	for _, t := range slot.Tasks {
		switch {
		case t.Run != s.job.Run || t.Original():
		case t.Doom == nil && t.Planned > began && !s.job.Outdated(t):
			return true
		case t.Doom == nil:
			stays = stays || t.Live()
		case t.Doom.Sequence > began && byRollout(t.Doom.Class):
			ended = true
		}
	}
	return ended && !stays
}

// byRollout reports whether a doom of a class makes room for what is rolled out.
func byRollout(class string) bool {
	return class == ClassOf(ReasonUpdated) || class == ClassOf(ReasonRestarted) || class == ClassOf(ReasonRolledBack)
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// living is how many tasks of each group there are, wanted or not, but for those that are
// given up, and originals.
func (s *slots) living() map[string]int {
	if s.alive != nil {
		return s.alive
	}
	s.alive = map[string]int{}
	for _, slot := range s.all {
		for _, t := range slot.Tasks {
			if t.Live() && t.Run == s.job.Run && (t.Doom == nil || !t.Unreachable) && !t.Original() {
				s.alive[t.Group]++
			}
		}
	}
	return s.alive
}
