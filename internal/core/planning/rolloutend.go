package planning

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// fails ends a rollout of which a task has failed for good.
func (s *slots) fails(r *rolling) events.Event {
	for _, p := range r.groups {
		if p.failed != nil {
			t := p.failed.Deciding()
			return s.fail(failure(p.failed, t, s.job.Group(t.Group)) + "; " + s.soFar(r))
		}
	}
	return nil
}

// late ends a rollout of which nothing comes up any more. Time in which nobody could have
// heard of anything that came up does not count, nor does what it waits for of others.
func (s *slots) late(r *rolling) events.Event {
	o, deadline := &s.job.Rollout, time.Duration(s.policy.ProgressDeadline)
	switch {
	case r.done(), r.waitsForPromotion(), s.waiting, s.forbidden:
	case s.kills.exhausted(): // That is no fault of what is rolled out.
		s.kills.held = true
	case s.hearing.Heard(o.Progress, s.now) >= deadline:
		return s.fail(fmt.Sprintf("nothing came up for %s: %s%s", deadline, s.soFar(r), s.lastEnd(r)))
	default:
		s.wake = earlier(s.wake, s.hearing.Until(o.Progress, deadline, s.now))
	}
	return nil
}

// soFar is how far a rollout is, as users read it.
func (s *slots) soFar(r *rolling) string {
	there, replicas := 0, 0
	for _, p := range r.groups {
		there, replicas = there+p.there, replicas+int(p.group.Replicas)
	}
	return fmt.Sprintf("%d of %d tasks are up with version %d", there, replicas, s.job.Rollout.Version)
}

// lastEnd is what the newest of the tasks came to that got what is rolled out and ended by
// themselves, as users read it; empty where none did.
func (s *slots) lastEnd(r *rolling) string {
	var last *cluster.Task
	var of *cluster.Slot
	for _, p := range r.groups {
		for _, slot := range p.slots {
			t := slot.LastEnd
			if t == nil || t.Run != s.job.Run || t.Doom != nil || t.Planned < s.job.Rollout.Began || s.job.Outdated(t) {
				continue
			}
			if last == nil || t.EndedAt.After(last.EndedAt) {
				last, of = t, slot
			}
		}
	}
	if last == nil {
		return ""
	}
	return "; " + failure(of, last, s.job.Group(last.Group))
}

// fail ends a rollout that came to nothing, or goes back to what stood before.
func (s *slots) fail(reason string) events.Event {
	j, o := s.job, &s.job.Rollout
	if s.policy.AutoRollback && o.Cause != cluster.CauseRollback && o.From != j.Target && j.SpecOf(o.From) != nil {
		return events.RolloutReverted{Run: j.Run, Version: o.Version, Began: o.Began, To: o.From, Reason: reason}
	}
	return events.RolloutEnded{Run: j.Run, Version: o.Version, Began: o.Began, Outcome: events.RolloutFailed, Reason: reason}
}
