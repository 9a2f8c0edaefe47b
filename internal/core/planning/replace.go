package planning

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
)

// replace takes the next step of a rollout: a task of before that is not up ends, one
// is put beside another of before as far as that may be, or one that is up ends.
func (s *slots) replace(r *rolling) (Decision, bool) {
	for _, p := range r.due(len(s.policy.Order)) {
		if r.left == 0 {
			if d, ok := s.putBeside(p, r.left); ok {
				return d, true
			}
			continue
		}
		if d, ok := s.endIdle(p, r.left); ok {
			return d, true
		}
		if d, ok := s.putBeside(p, r.left); ok {
			return d, true
		}
		if d, ok := s.endServing(p, r.left); ok {
			return d, true
		}
	}
	return Decision{}, false
}

// old is the task of before in a slot that is to be replaced, and whether one that is as
// wanted lives beside it; nil where there is none.
func (s *slots) old(slot *cluster.Slot) (old *cluster.Task, beside bool) {
	for _, t := range slot.Tasks {
		switch {
		case !t.Live() || t.Doom != nil || t.Run != s.job.Run || t.Original():
		case s.job.Outdated(t):
			old = t
		default:
			beside = true
		}
	}
	return old, beside
}

// endIdle ends tasks of before that are not up: nothing is lost by it. Of one whose
// agent is cut off nobody knows whether it is.
func (s *slots) endIdle(p *progress, left int) (Decision, bool) {
	e := ending{kills: s.kills}
	for _, slot := range p.slots {
		for _, t := range slot.Tasks {
			if !t.Live() || t.Doom != nil || t.Run != s.job.Run || !t.UpSince.IsZero() || t.Unreachable || !s.job.Outdated(t) {
				continue
			}
			if _, beside := s.old(slot); !beside {
				if left == 0 {
					continue
				}
				left--
			}
			e.add(t, s.replaceReason(t))
		}
	}
	return e.decision(s.job, true)
}

// putBeside plans what is wanted beside the lowest tasks of before, as many as there is
// room for. A slot that had it, and in which it did not last, is none of those left.
func (s *slots) putBeside(p *progress, left int) (Decision, bool) {
	room := int(p.group.Replicas) + p.surge - p.alive
	batch := plans{version: s.job.Target, beside: true}
	for _, slot := range p.slots {
		if room <= 0 {
			break
		}
		t, beside := s.old(slot)
		newest := slot.Newest()
		if t == nil || beside || slot.Full() || newest.Attempt >= ranges.AttemptMax || s.hasDone(slot, newest) {
			continue
		}
		if !s.isFresh(slot) {
			if left == 0 {
				continue
			}
			left--
		}
		batch.add(planned{
			slot: slot.Number, attempt: newest.Attempt + 1, version: s.job.Target,
			notBefore: s.notBefore(p.group, slot, newest, s.job.Target), reason: s.versionReason(s.job.Target), cause: t.Sequence,
		})
		room--
	}
	return batch.decision(s.job, p.group.Name)
}

// endServing ends tasks of before that are up, the lowest first, and first those that
// have one beside them, as many as may be down.
func (s *slots) endServing(p *progress, left int) (Decision, bool) {
	budget := p.up - (int(p.group.Replicas) - p.unavailable)
	e := ending{kills: s.kills}
	for _, paired := range []bool{true, false} {
		for _, slot := range p.slots {
			if budget <= 0 {
				break
			}
			t, beside := s.old(slot)
			if t == nil || t.UpSince.IsZero() || beside != paired {
				continue
			}
			if !beside {
				if left == 0 {
					continue
				}
				left--
			}
			e.add(t, s.replaceReason(t))
			budget--
		}
		if !e.named.Empty() {
			break // Slots of one event are in order.
		}
	}
	return e.decision(s.job, true)
}

// replaceReason is why a task is replaced.
func (s *slots) replaceReason(t *cluster.Task) string {
	switch {
	case t.Template == s.job.TemplateOf(t.Group) && s.job.Rollout.Cause == cluster.CauseRestart:
		return ReasonRestarted
	case s.job.Rollout.Cause == cluster.CauseRollback:
		return ReasonRolledBack
	}
	return ReasonUpdated
}
