package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Reasons of a doom, as users read them.
const (
	ReasonStopped    = "job stopped"
	ReasonScaledDown = "job scaled down"
	ReasonOldRun     = "job submitted anew"
	ReasonReplaced   = "replaced while its agent was unreachable"
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

// Decide returns what is next for a job. The same state and time give the same
// decision.
func Decide(j *cluster.Job, now time.Time) Decision {
	s := slotsOf(j)
	if d, ok := doom(j, s); ok {
		return d
	}
	if j.Over() {
		return expire(j, now)
	}
	if j.Spec == nil || s.superseded {
		return Decision{}
	}
	var wake time.Time
	if !s.behind {
		d := overtime(j, s, now)
		if d.Event != nil {
			return d
		}
		wake = d.Wake
	}
	for i := range j.Spec.Tasks {
		d := planGroup(j, &j.Spec.Tasks[i], s, now)
		if d.Event != nil {
			return d
		}
		wake = earlier(wake, d.Wake)
	}
	if s.behind {
		return Decision{Wake: wake} // What is wanted is not known, so nothing is done for good.
	}
	if ev := conclude(j, s); ev != nil {
		return Decision{Event: ev, Cause: newest(j)}
	}
	return Decision{Wake: wake}
}

// doom finds the tasks that should end and do not know it yet. All of one event
// share run and reason; others follow.
func doom(j *cluster.Job, s slots) (Decision, bool) {
	var (
		named  ranges.Builder
		first  *cluster.Task
		reason string
	)
	surplus := surplusSlots(j, s)
	for _, slot := range s.all {
		for _, t := range slot.Tasks {
			if t.Doom != nil || !t.Live() {
				continue
			}
			why := doomReason(j, slot, t, surplus)
			if why == "" {
				continue
			}
			if first == nil {
				first, reason = t, why
			}
			if why != reason || t.Run != first.Run || t.Group != first.Group {
				continue
			}
			named.Add(slot.Number, t.Attempt) // What does not fit follows.
		}
	}
	if first == nil {
		return Decision{}, false
	}
	ev := events.TasksDoomed{
		Run: first.Run, Slots: named.Ranges(), Reason: reason, GraceMillis: grace(j, first).Milliseconds(),
		Class: ClassOf(reason),
	}
	return Decision{Event: ev, Cause: j.LastJob}, true
}

// doomReason is why a task should end, empty if it should not. What is ahead of the
// log goes on, but for an attempt in whose place a newer one of its run is.
func doomReason(j *cluster.Job, slot *cluster.Slot, t *cluster.Task, surplus map[uint32]bool) string {
	current := slot.Current()
	switch {
	case j.Ahead(t):
		if t != current && t.Run == current.Run {
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
	case t != current:
		return ReasonReplaced
	case j.Group(t.Group) == nil:
		return ReasonUnknown
	case surplus[slot.Number]:
		return ReasonScaledDown
	}
	return ""
}

// surplusSlots are the slots above what their group wants, highest numbers
// first; none of a job that is behind what Mesos runs of it, whose wants are not known.
func surplusSlots(j *cluster.Job, s slots) map[uint32]bool {
	surplus := map[uint32]bool{}
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
// it has replicas, lowest numbers first. What has ended in the others stays so.
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
