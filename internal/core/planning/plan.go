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
// same version and not-before; others follow.
func (s *slots) planGroup(g *job.Group, r *rolling) (Decision, bool) {
	var batch plans
	held := s.held[g.Name]
	for i, slot := range wanted(g, held) {
		t, version, next := s.nextAttempt(g, slot, r)
		if next && i < s.permit.admits(g.Name, int(g.Replicas)) && !s.permit.forbids(version) {
			batch.add(planned{
				slot: slot.Number, attempt: slot.Newest().Attempt + 1, version: version,
				notBefore: s.notBefore(g, slot, lastOf(slot, t), version), reason: s.planReason(t, version), cause: t.Sequence,
			})
		}
	}
	if batch.empty() {
		batch.version = s.versionFor(g, nil, r)
		if n := int(g.Replicas) - len(held); n > 0 && !s.permit.forbids(batch.version) {
			batch.fill(s.job, s.permit.admits(g.Name, int(g.Replicas))-len(held), r)
		}
	}
	return batch.decision(s.job, g.Name)
}

// planned is a slot that is to be planned, and why.
type planned struct {
	slot, attempt uint32
	version       uint64
	notBefore     time.Time
	reason        string
	cause         uint64
}

// plans gathers slots that can share an event.
type plans struct {
	named   ranges.Builder
	version uint64
	beside  bool
	// soonest and notBefore are the first and the last end of their back-offs.
	soonest, notBefore time.Time
	reason             string
	cause              uint64
}

func (p *plans) empty() bool { return p.named.Empty() }

// decision plans what was gathered.
func (p *plans) decision(j *cluster.Job, group string) (Decision, bool) {
	if p.empty() {
		return Decision{}, false
	}
	cause := p.cause
	if cause == 0 {
		cause = j.LastJob
	}
	return Decision{Cause: cause, Event: events.TasksPlanned{
		Run: j.Run, Version: p.version, Group: group, Slots: p.named.Ranges(),
		NotBefore: p.notBefore, Reason: p.reason, Beside: p.beside,
	}}, true
}

// coalesce is how far apart the ends of back-offs may be and still share an
// event; the later one holds for all.
const coalesce = 200 * time.Millisecond

func (p *plans) add(of planned) {
	soonest, latest := of.notBefore, of.notBefore
	if !p.empty() {
		if p.soonest.Before(soonest) {
			soonest = p.soonest
		}
		if p.notBefore.After(latest) {
			latest = p.notBefore
		}
		if of.reason != p.reason || of.version != p.version || latest.Sub(soonest) > coalesce {
			return
		}
	}
	if !p.named.Add(of.slot, of.attempt) {
		return
	}
	p.soonest, p.notBefore = soonest, latest
	p.reason, p.version, p.cause = of.reason, of.version, max(p.cause, of.cause)
}

// fill adds n slots that nothing holds: free ones first, lowest numbers first,
// then new ones. Of a rollout they get no more than may be before it is promoted.
func (p *plans) fill(j *cluster.Job, n int, r *rolling) {
	if r != nil && r.left > 0 && p.version == j.Target {
		n = min(n, r.left) // The others follow, with the version that stood.
	}
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
	attempt = slot.DismissedThrough(j.Run) + 1
	for _, t := range slot.Tasks {
		if t.Live() {
			return 0, false
		}
		if t.Run > j.Run {
			return 0, false
		}
		if t.Run == j.Run {
			if t == slot.Deciding() && (t.Doom == nil || t.Doom.Keep) && slot.Dismissed(t) == nil {
				return 0, false
			}
			attempt = max(attempt, t.Attempt+1)
		}
	}
	return attempt, attempt <= ranges.AttemptMax
}

// nextAttempt reports whether a slot that its group holds needs another attempt after
// t, and with which version. When time alone will change that is noted as a wake.
func (s *slots) nextAttempt(g *job.Group, slot *cluster.Slot, r *rolling) (t *cluster.Task, version uint64, next bool) {
	for _, t := range slot.Tasks {
		if t.Live() && !t.Unreachable {
			return nil, 0, false
		}
	}
	if slot.Full() {
		return nil, 0, false // Until one of them is over.
	}
	t = s.stands(slot)
	for _, lost := range [...]*cluster.Task{t, slot.Newest()} {
		if !lost.Live() {
			continue
		}
		due := g.Loss().ReplaceAfter.From(lost.UnreachableSince)
		if due.IsZero() || s.now.Before(due) {
			s.wake = earlier(s.wake, due)
			return nil, 0, false
		}
	}
	version = s.versionFor(g, slot, r)
	return t, version, t.Live() || s.fate(g, slot, t, version) == restart.Again
}

// stands is the task that stands in a slot: not one in whose place another was planned, even if it
// is not doomed yet, since no more may be in this minute. What came after it decides.
func (s *slots) stands(slot *cluster.Slot) *cluster.Task {
	t := s.job.Standing(slot)
	if t != slot.Newest() && t.Live() && s.replacedBy(slot, t) == ReasonReplaced {
		return slot.Newest()
	}
	return t
}

// fate is what the end of a slot's task means for it, where the next attempt would be
// of a version. What is replaced is followed by another; so is what another version
// did, in a job that runs for ever.
func (s *slots) fate(g *job.Group, slot *cluster.Slot, t *cluster.Task, version uint64) restart.Fate {
	if t.Live() {
		return restart.Running
	}
	fate := slot.Fate(t.End(), g.Restart)
	kept, rolls := t.Doom != nil && t.Doom.Keep && t.End().Class() != restart.TimeLimit, s.job.Rolls()
	switch {
	case rolls && t.Template != s.job.TemplateIn(version, g.Name), rolls && t.Stale != 0 && version == s.job.Target:
		return restart.Again
	case kept && (rolls || fate != restart.Done): // What is told to end may well end with 0.
		return restart.Again
	}
	return fate
}

// notBefore is the end of the back-off, the zero time if there is none: after what was
// told to end, and after what another version did.
func (s *slots) notBefore(g *job.Group, slot *cluster.Slot, t *cluster.Task, version uint64) time.Time {
	if !t.Judged() || slot.Counted != s.job.TemplateIn(version, g.Name) {
		return time.Time{}
	}
	wait := slot.BackOff(t.End(), g.Restart)
	if wait == 0 {
		return time.Time{}
	}
	return t.EndedAt.Add(wait)
}

// lastOf is the task whose end the attempt after t waits for: of one that is cut off nothing is
// known, but what was put beside it may have failed.
func lastOf(slot *cluster.Slot, t *cluster.Task) *cluster.Task {
	if t.Live() {
		return slot.Newest()
	}
	return t
}

// planReason is why the attempt after t is planned with a version, as users read it.
func (s *slots) planReason(t *cluster.Task, version uint64) string {
	switch {
	case s.job.Rolls() && t.Template != s.job.TemplateIn(version, t.Group):
		return s.versionReason(version)
	case t.Doom != nil:
		return t.Doom.Reason
	}
	return restartReason(t)
}

func restartReason(t *cluster.Task) string {
	if t.Live() {
		return "agent unreachable"
	}
	return "after " + t.State.String()
}
