package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/after"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Reasons of a doom, as users read them.
const (
	ReasonStopped    = "job stopped"
	ReasonScaledDown = "job scaled down"
	ReasonOldRun     = "job submitted anew"
	ReasonReplaced   = "replaced while its agent was unreachable"
	ReasonReturned   = "the task that it replaced has come back"
	ReasonFailed     = "job failed"
	ReasonCompleted  = "job completed"
	ReasonUnknown    = "no job wants it"
	ReasonSettled    = "job changed since the log lost this run"
)

// Decision is what is next for a job.
type Decision struct {
	// Event is the one to append, nil for none.
	Event events.Event
	// Cause is the sequence of what led to it.
	Cause uint64
	// Wake is when to look again although nothing was folded; zero for never.
	Wake time.Time
}

// Decide returns what is next for a job, as if it were alone. The same state and time
// give the same decision.
func Decide(j *cluster.Job, now time.Time) Decision { return decide(nil, j, now, false, nil) }

// DecideAmong returns what is next for a job among others.
func DecideAmong(around Around, j *cluster.Job, now time.Time) Decision {
	return decide(around, j, now, false, nil)
}

// DecideBounded returns what a planner does next about a job among others that dooms so many
// tasks a minute without being asked to, of which some are taken by what is under way. A bound
// of 0 is any number.
func DecideBounded(s *cluster.State, j *cluster.Job, now time.Time, bound uint32, taken uint64) Decision {
	d := decide(s, j, now, false, budgetOf(s, now, bound, taken))
	if _, plans := d.Event.(events.TasksPlanned); plans && Awaited(s, j) != nil {
		return Decision{} // Looked at again when that has ended.
	}
	return d
}

// decide returns what is next for a job. While held, a rollout takes no step that the
// planning of another task would have to follow; of what nobody asked for no more is doomed
// than kills has left.
func decide(around Around, j *cluster.Job, now time.Time, held bool, kills *killBudget) Decision {
	s := slotsOf(around, j, now)
	s.kills = kills
	d := s.decide(around, held)
	if d.Event == nil && kills.holds() {
		d.Wake = earlier(d.Wake, kills.next)
	}
	return d
}

func (s *slots) decide(around Around, held bool) Decision {
	j, now := s.job, s.now
	if d, ok := s.doom(); ok {
		return d
	}
	if j.Over() {
		d := expire(j, now)
		d.Wake = earlier(d.Wake, s.wake)
		return d
	}
	if j.Spec == nil || s.superseded {
		return Decision{}
	}
	if j.Spec.Series() {
		return schedule(around, j, now)
	}
	if d, ok := s.killed(); ok {
		return d
	}
	if !s.behind {
		if d, ok := s.overtime(); ok {
			return d
		}
		if d, ok := s.overlong(); ok {
			return d
		}
	}
	r := s.measureAll()
	for i := range j.Spec.Tasks {
		if s.waits(&j.Spec.Tasks[i], around) {
			s.waiting = true
			continue
		}
		if d, ok := s.planGroup(&j.Spec.Tasks[i], r); ok {
			return d
		}
	}
	if s.behind {
		return Decision{Wake: s.wake} // What is wanted is not known, so nothing is done for good.
	}
	s.forbidden = (r != nil || s.agents != nil) && s.permit.holds()
	if r != nil {
		if d, ok := s.roll(r, held || s.forbidden); ok {
			return d
		}
	}
	if d, ok := s.move(r, held); ok {
		return d
	}
	if ev := s.conclude(); ev != nil {
		return Decision{Event: ev, Cause: newest(j)}
	}
	return Decision{Wake: s.wake}
}

// doom finds the tasks that should end and do not know it yet. All of one event
// share run and reason; others follow.
func (s *slots) doom() (Decision, bool) {
	e := ending{kills: s.kills}
	surplus, held := s.surplus(), after.Holds(s.job, s.now)
	for _, slot := range s.all {
		for _, t := range slot.Tasks {
			if t.Doom != nil || !t.Live() {
				continue
			}
			if why := s.doomReason(slot, t, surplus); why != "" && !s.holds(held, t) {
				e.add(t, why)
			}
		}
	}
	return e.decision(s.job, e.reason == ReasonReturned)
}

// doomReason is why a task should end, empty if it should not. What is ahead of the
// log goes on, but for an attempt in whose place a newer one of its run is.
func (s *slots) doomReason(slot *cluster.Slot, t *cluster.Task, surplus map[uint32]bool) string {
	j, newest := s.job, slot.Newest()
	switch {
	case j.Ahead(t):
		if t != newest && t.Run == newest.Run {
			return ReasonReplaced
		}
		return ""
	case t.Run > j.Run && (j.Stopped || j.Deleted):
		return ReasonStopped
	case j.Run == 0:
		return ReasonUnknown
	case t.Run > j.Run:
		return ReasonSettled
	case t.Run != j.Run:
		return ReasonOldRun
	case j.Stopped || j.Deleted:
		return ReasonStopped
	case j.Outcome == cluster.OutcomeFailed:
		return ReasonFailed
	case j.Outcome == cluster.OutcomeCompleted:
		return ReasonCompleted
	}
	if asked := slot.Dismissed(t); asked != nil {
		return killReason(asked)
	}
	if len(slot.Tasks) > 1 {
		if why := s.replacedBy(slot, t); why != "" {
			return why
		}
	}
	switch {
	case j.Group(t.Group) == nil:
		if j.Rollout.Unfinished() {
			return "" // Once what is left of the job has come up.
		}
		return ReasonUnknown
	case surplus[slot.Number]:
		return ReasonScaledDown
	}
	return ""
}

// replacedBy is why a task should end that has others in its slot, empty if it should
// not. One in whose place another was planned is over. Of one and another beside it, the
// one that is not as wanted goes once the other is up, or has done its work; if both are
// as wanted, the newer one, unless it alone is up. Of two that are outdated and up the
// one that was there first goes on.
func (s *slots) replacedBy(slot *cluster.Slot, t *cluster.Task) string {
	if t.Original() {
		return s.original(slot, t)
	}
	if why := s.givesWay(slot, t); why != "" {
		return why
	}
	newer := false
	for _, o := range slot.Tasks {
		switch {
		case o == t:
			newer = true
			continue
		case newer && !o.Beside && o.Planned > t.Returned:
			return ReasonReplaced
		case o.Run != t.Run || o.Doom != nil || o.Original() || !o.Live() && !s.hasDone(slot, o):
			continue
		case s.job.Outdated(o):
			if !newer && s.job.Outdated(t) && !o.UpSince.IsZero() && !t.UpSince.IsZero() {
				return s.replaceReason(t)
			}
			continue
		}
		_, tLeaves := s.leave(t)
		_, oLeaves := s.leave(o)
		switch up := !o.Live() || s.isUp(o); {
		case tLeaves != oLeaves && t.Template == o.Template:
			if tLeaves && up {
				return s.movedReason(t)
			}
		case s.job.Outdated(t):
			if up {
				return s.replaceReason(t)
			}
		case newer && up && !s.isUp(t), !newer && t.Beside && (up || !s.isUp(t)):
			return s.replaceReason(t)
		}
	}
	return ""
}

// surplus are the slots above what their group wants; none of a job that is behind what Mesos runs of it, whose wants are not known.
func (s *slots) surplus() map[uint32]bool {
	j, surplus := s.job, map[uint32]bool{}
	if j.Over() || j.Spec == nil || s.behind {
		return surplus
	}
	for i := range j.Spec.Tasks {
		g := &j.Spec.Tasks[i]
		held := s.held[g.Name]
		for _, slot := range held[len(wanted(g, held)):] {
			surplus[slot.Number] = true
		}
	}
	return surplus
}

// wanted are those of the slots that a group holds which it wants: as many as
// it has replicas, the first ones. What has ended in the others stays so.
func wanted(g *job.Group, held []*cluster.Slot) []*cluster.Slot {
	return held[:min(len(held), int(g.Replicas))]
}

// grace is that of the task's group. A task of a group that no spec has, or of a job
// without a spec, is given what a group gets that says nothing.
func grace(j *cluster.Job, t *cluster.Task) time.Duration {
	if g := j.GroupOf(t); g != nil {
		return g.Grace()
	}
	return time.Duration(job.DefaultKillGrace)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
