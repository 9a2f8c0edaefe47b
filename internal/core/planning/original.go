package planning

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
)

// original is why an original is not to come back any more, empty while it may. When time
// alone will change that is noted as a wake.
//
// It may until its group gives it up, by when it has to be up; and as long as it would be
// taken for what is wanted: it gets what it should, is not to leave its agent, has time
// left to run, and nothing has done its work. Of several in a slot only the first may.
func (s *slots) original(slot *cluster.Slot, t *cluster.Task) string {
	g := s.job.Group(t.Group)
	if g == nil || g.Loss().Keep != job.KeepOriginal || s.job.Outdated(t) || s.overdue(t) || slot.Original(t.Run) != t {
		return ReasonReplaced
	}
	if _, leaves := s.leave(t); leaves {
		return ReasonReplaced
	}
	if d := slot.Deciding(); d.Run == t.Run && s.fate(g, slot, d, s.job.Target) == restart.Done {
		return ReasonCompleted
	}
	due := g.Loss().GiveUpAfter.From(t.CutOff)
	switch {
	case due.IsZero():
	case !t.UpSince.IsZero():
		if !t.UpSince.Before(due) {
			return ReasonReplaced
		}
	case !s.now.Before(due):
		return ReasonReplaced
	default:
		s.wake = earlier(s.wake, due)
	}
	return ""
}

// overdue reports whether a task has run for longer than it may. What is cut off runs on.
func (s *slots) overdue(t *cluster.Task) bool {
	due := s.job.Overdue(t)
	if !due.IsZero() && s.now.Before(due) {
		s.wake = earlier(s.wake, due)
		return false
	}
	return !due.IsZero()
}

// givesWay is why a task should end for the sake of another in its slot, of which one is
// the original of the other: that has come back, and goes on, or has done the work of the
// two. It is empty if it should not.
func (s *slots) givesWay(slot *cluster.Slot, t *cluster.Task) string {
	for _, o := range slot.Tasks {
		switch {
		case o == t || o.Run != t.Run:
		case o.State == cluster.Finished && o.Returned > max(t.Planned, t.Returned):
			return ReasonCompleted
		case o.Attempt > t.Attempt:
		case o.Returned > t.Planned && o.Live() && o.Doom == nil:
			return ReasonReturned
		case o.Original() && s.isBack(o, t) && s.original(slot, o) == "":
			return ReasonReturned
		}
	}
	return ""
}

// isBack reports whether an original has come back: it is up, or nothing has a place yet
// that is in its place.
func (s *slots) isBack(original, successor *cluster.Task) bool {
	return !original.UpSince.IsZero() || !original.Unreachable && successor.State == cluster.Waiting
}
