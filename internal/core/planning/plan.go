package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// planGroup finds the next attempts of a group. All slots of one event have the
// same not-before; others follow.
func planGroup(j *cluster.Job, g *job.Group, s slots, now time.Time) Decision {
	var (
		wake  time.Time
		batch plans
	)
	held := s.held[g.Name]
	for _, slot := range wanted(g, held) {
		next, due := nextAttempt(g, slot, now)
		if !next {
			wake = earlier(wake, due)
			continue
		}
		t := slot.Current()
		batch.add(slot.Number, t.Attempt+1, notBefore(g, slot, t), restartReason(t), t.Sequence)
	}
	if batch.empty() {
		batch.fill(j, int(g.Replicas)-len(held))
	}
	if batch.empty() {
		return Decision{Wake: wake}
	}
	cause := batch.cause
	if cause == 0 {
		cause = j.LastJob
	}
	return Decision{Cause: cause, Event: events.TasksPlanned{
		Run: j.Run, Version: j.Target, Group: g.Name, Slots: batch.named.Ranges(),
		NotBefore: batch.notBefore, Reason: batch.reason,
	}}
}

// plans gathers slots that can share an event.
type plans struct {
	named ranges.Builder
	// soonest and notBefore are the first and the last end of their back-offs.
	soonest, notBefore time.Time
	reason             string
	cause              uint64
}

func (p *plans) empty() bool { return p.named.Empty() }

// coalesce is how far apart the ends of back-offs may be and still share an
// event; the later one holds for all.
const coalesce = 200 * time.Millisecond

func (p *plans) add(n, attempt uint32, notBefore time.Time, reason string, cause uint64) {
	soonest, latest := notBefore, notBefore
	if !p.empty() {
		if p.soonest.Before(soonest) {
			soonest = p.soonest
		}
		if p.notBefore.After(latest) {
			latest = p.notBefore
		}
		if reason != p.reason || latest.Sub(soonest) > coalesce {
			return
		}
	}
	if !p.named.Add(n, attempt) {
		return
	}
	p.soonest, p.notBefore = soonest, latest
	p.reason, p.cause = reason, max(p.cause, cause)
}

// fill adds n slots that nothing holds: free ones first, lowest numbers first,
// then new ones.
func (p *plans) fill(j *cluster.Job, n int) {
	for number := uint32(0); n > 0; number++ {
		slot := j.Slots[number]
		attempt, free := uint32(1), true
		if slot != nil {
			attempt, free = reuse(j, slot)
		}
		if !free {
			continue
		}
		if !p.named.Add(number, attempt) {
			return
		}
		n--
	}
}

// reuse reports whether a slot is free for another group, or for the same after a
// doom, and with which attempt. It is once all that ever ran in it is over, but for
// a run that was lost: what is left of it would stay the slot's newest task.
func reuse(j *cluster.Job, slot *cluster.Slot) (attempt uint32, free bool) {
	attempt = 1
	for _, t := range slot.Tasks {
		if t.Live() {
			return 0, false
		}
		if t.Run > j.Run {
			return 0, false
		}
		if t.Run == j.Run {
			if t.Doom == nil {
				return 0, false
			}
			attempt = max(attempt, t.Attempt+1)
		}
	}
	return attempt, attempt <= ranges.AttemptMax
}

// nextAttempt reports whether a slot that its group holds needs another attempt;
// if not now, due says when time alone will change that.
func nextAttempt(g *job.Group, slot *cluster.Slot, now time.Time) (next bool, due time.Time) {
	for _, t := range slot.Tasks {
		if t.Live() && !t.Unreachable {
			return false, time.Time{}
		}
	}
	if slot.Full() {
		return false, time.Time{} // Until one of them is over.
	}
	t := slot.Current()
	if t.Live() {
		due = g.Loss().ReplaceAfter.From(t.UnreachableSince)
		return !due.IsZero() && !now.Before(due), due
	}
	return slot.Fate(t.End(), g.Restart) == restart.Again, time.Time{}
}

// notBefore is the end of the back-off, the zero time if there is none.
func notBefore(g *job.Group, slot *cluster.Slot, t *cluster.Task) time.Time {
	wait := slot.BackOff(t.End(), g.Restart)
	if wait == 0 {
		return time.Time{}
	}
	return t.EndedAt.Add(wait)
}

func restartReason(t *cluster.Task) string {
	if t.Live() {
		return "agent unreachable"
	}
	return "after " + t.State.String()
}
