package cluster

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
)

// ClassOriginalReturned is the class of the doom of a task whose original has come back.
const ClassOriginalReturned = "original_returned"

// Original reports whether the task was cut off, another was planned in its place, and it
// may still come back and go on instead (unreachable.keep). It is nobody's meanwhile: the
// other one stands, and is what counts.
func (t *Task) Original() bool { return !t.CutOff.IsZero() && t.Doom == nil && t.Live() }

// Deciding is the attempt whose end says what becomes of the slot: the newest, or an
// original that has the slot again since that was planned. It is nil if there is none.
func (s *Slot) Deciding() *Task {
	newest := s.Newest()
	if len(s.Tasks) <= 1 {
		return newest
	}
	deciding := newest
	for _, t := range slices.Backward(s.Tasks) {
		if t.Run == newest.Run && t.Returned > newest.Planned && t.Returned > deciding.Returned {
			deciding = t
		}
	}
	return deciding
}

// makeWay makes originals of the tasks in whose place another is about to come, where
// their group keeps such.
func (s *Slot) makeWay(j *Job, successor *Task, r *Record) {
	for _, t := range s.Tasks {
		g := j.Group(t.Group)
		if t.Run != j.Run || successor.Run != j.Run || t.Attempt >= successor.Attempt || t.Doom != nil || !t.Live() ||
			g == nil || g.Loss().Keep != job.KeepOriginal || t.UnreachableSince.IsZero() {
			continue
		}
		if t.CutOff.IsZero() {
			t.CutOff, t.Sequence = t.UnreachableSince, r.Sequence
		}
	}
}

// Original is that of a slot in a run, the first if there are several; nil if there is none.
func (s *Slot) Original(run uint64) *Task {
	for _, t := range s.Tasks {
		if t.Run == run && t.Original() {
			return t
		}
	}
	return nil
}

// regain gives an original its slot back.
func (t *Task) regain(r *Record) {
	t.CutOff, t.Returned, t.Sequence = time.Time{}, r.Sequence, r.Sequence
}

// reclaim gives the slot back to an original that can be reached, while nothing that is in
// its place is to go on: it has ended, or the planner has decided between the two.
func (s *Slot) reclaim(j *Job, r *Record) {
	t := s.Original(j.Run)
	if t == nil || t.Unreachable || j.Over() || j.Outdated(t) || s.done(j) {
		return
	}
	for _, o := range s.Tasks {
		if o.Run == j.Run && o.Live() && o.Doom == nil && !o.Original() {
			return
		}
	}
	t.regain(r)
}

// reclaimAll does so in all slots, once a version has become the target: an original of
// another may be as it should be after all.
func (j *Job) reclaimAll(r *Record) {
	for _, slot := range j.Slots {
		slot.reclaim(j, r)
	}
}

// credit has a slot of a batch go by the first that has done its work of an original and
// the one in its place: that was cut off, or is about to be killed.
func (s *Slot) credit(j *Job, t *Task, r *Record) {
	either := !t.CutOff.IsZero() && t.Doom == nil || t.Doom != nil && t.Doom.Class == ClassOriginalReturned
	if !either || t.Run != j.Run || j.Spec == nil || j.Spec.Kind != job.KindBatch {
		return
	}
	if g := j.Group(t.Group); g != nil && s.Fate(t.End(), g.Restart) == restart.Done && !s.done(j) {
		t.regain(r)
	}
}

// done reports whether the work of a slot is done.
func (s *Slot) done(j *Job) bool {
	t := s.Deciding()
	if t.Live() || t.Run != j.Run || t.Doom != nil && j.Spec.Kind != job.KindBatch {
		return false
	}
	g := j.Group(t.Group)
	return g != nil && s.Fate(t.End(), g.Restart) == restart.Done
}
