package planning

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Reasons of a doom by a rollout, as users read them.
const (
	ReasonUpdated    = "replaced by a newer version"
	ReasonRestarted  = "restarted"
	ReasonRolledBack = "rolled back to the version before"
	ReasonGroupGone  = "its group is gone from the job"
)

// rolling is a rollout that is under way, all groups measured.
type rolling struct {
	groups []*progress // in the order in which they go
	// left is how many more slots may get what is rolled out before it is promoted; below
	// 0 is any number.
	left int
	// fresh and freshUp are those of all groups.
	fresh, freshUp int
}

// anyNumber is what is left of a canary where there is none.
const anyNumber = -1

// measureAll measures a rollout that is under way, nil where there is none.
func (s *slots) measureAll() *rolling {
	j := s.job
	if j.Rollout.Status != cluster.RolloutRolling || s.behind {
		return nil
	}
	s.living()
	r := &rolling{left: anyNumber}
	for _, g := range inTurn(j.Spec, s.policy.Order) {
		p := s.measure(g)
		r.fresh, r.freshUp = r.fresh+p.fresh, r.freshUp+p.freshUp
		r.groups = append(r.groups, p)
	}
	if canary := int(s.policy.Canary); canary > 0 && !j.Rollout.Promoted && j.Rollout.Cause != cluster.CauseRollback {
		r.left = max(0, canary-r.fresh)
	}
	return r
}

// inTurn are the groups of a spec in the order in which they go: those that are named
// first, the others as they are in the spec.
func inTurn(spec *job.Spec, order []string) []*job.Group {
	all := make([]*job.Group, 0, len(spec.Tasks))
	named := make(map[string]bool, len(order))
	for _, name := range order {
		for i := range spec.Tasks {
			if spec.Tasks[i].Name == name && !named[name] {
				named[name] = true
				all = append(all, &spec.Tasks[i])
			}
		}
	}
	for i := range spec.Tasks {
		if !named[spec.Tasks[i].Name] {
			all = append(all, &spec.Tasks[i])
		}
	}
	return all
}

// waitsForPromotion reports whether the rollout waits for a user to promote it: all
// that may get what is rolled out before has come up with it.
func (r *rolling) waitsForPromotion() bool { return r.left == 0 && r.fresh == r.freshUp }

// due are the groups whose turn it is: one after the other those that are named, then
// all others.
func (r *rolling) due(named int) []*progress {
	for i, p := range r.groups[:min(named, len(r.groups))] {
		if !p.done() {
			return r.groups[i : i+1]
		}
	}
	return r.groups[min(named, len(r.groups)):]
}

// done reports whether all that is wanted is up as wanted.
func (r *rolling) done() bool {
	return !slices.ContainsFunc(r.groups, func(p *progress) bool { return !p.done() })
}

// roll takes the next step of a rollout, or ends it. While held it takes none. What can go on
// is not late, be it that it could not for long.
func (s *slots) roll(r *rolling, held bool) (Decision, bool) {
	if ev := s.fails(r); ev != nil {
		return Decision{Event: ev, Cause: newest(s.job)}, true
	}
	if !held {
		if d, ok := s.replace(r); ok {
			return d, true
		}
	}
	if ev := s.late(r); ev != nil {
		return Decision{Event: ev, Cause: newest(s.job)}, true
	}
	for _, p := range r.groups {
		if !p.done() || s.anyOld(p) {
			return Decision{}, false
		}
	}
	if d, ok := s.endGone(); ok || s.kills.holds() {
		return d, ok
	}
	j, o := s.job, &s.job.Rollout
	return Decision{Cause: newest(j), Event: events.RolloutEnded{
		Run: j.Run, Version: o.Version, Began: o.Began, Outcome: events.RolloutSucceeded,
	}}, true
}

// anyOld reports whether a task of before is left that was not told to end.
func (s *slots) anyOld(p *progress) bool {
	for _, slot := range p.slots {
		if t, _ := s.old(slot); t != nil {
			return true
		}
	}
	return false
}

// endGone ends the tasks of groups that the job has no more. All others have come up
// as wanted.
func (s *slots) endGone() (Decision, bool) {
	e := ending{kills: s.kills}
	for _, slot := range s.all {
		for _, t := range slot.Tasks {
			if t.Live() && t.Doom == nil && t.Run == s.job.Run && s.job.Group(t.Group) == nil {
				e.add(t, ReasonGroupGone)
			}
		}
	}
	return e.decision(s.job, false)
}
