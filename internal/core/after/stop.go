package after

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Patience is how long what a group came after is kept up for a task of the group that
// should have ended, and has not.
const Patience = 5 * time.Minute

// Holds tells of a job that is over which groups are not to be ended yet, since tasks live
// of groups that come after them, and until when at the longest: the zero time is for as long as
// those are not ended themselves. Tasks that nobody can reach hold up nobody.
func Holds(j *cluster.Job, now time.Time) map[string]time.Time {
	if !j.Over() || j.Spec == nil || !ordered(j) {
		return nil
	}
	lasting := holds{} // by group: until when it holds up what it comes after
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Run == j.Run && t.Live() && !t.Unreachable {
				lasting.add(t.Group, lasts(t))
			}
		}
	}
	held := holds{}
	for i := range j.Spec.Tasks {
		until, live := lasting[j.Spec.Tasks[i].Name]
		if !live || !until.IsZero() && !now.Before(until) {
			continue
		}
		for _, name := range j.Spec.Tasks[i].After {
			held.add(name, until)
		}
	}
	return held
}

// holds are by group; the zero time is without an end.
type holds map[string]time.Time

// add holds a group until the later of two times.
func (h holds) add(group string, until time.Time) {
	known, held := h[group]
	if !held || until.IsZero() || !known.IsZero() && until.After(known) {
		h[group] = until
	}
}

// lasts is until when a task is waited for. One that is not doomed yet is about to be, or
// waits itself.
func lasts(t *cluster.Task) time.Time {
	if t.Doom == nil {
		return time.Time{}
	}
	return t.Doom.At.Add(t.Doom.Grace + Patience)
}

// ordered reports whether any group of the job comes after another.
func ordered(j *cluster.Job) bool {
	for i := range j.Spec.Tasks {
		if len(j.Spec.Tasks[i].After) > 0 {
			return true
		}
	}
	return false
}
