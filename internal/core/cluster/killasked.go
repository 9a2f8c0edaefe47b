package cluster

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// KillAsked is a user's wish that a task is killed.
type KillAsked struct {
	Sequence uint64
	At       time.Time
	By       string
	Reason   string
}

// dismissal is a user's wish that a slot is gone with what is in it, and nothing comes in
// its place.
type dismissal struct {
	run uint64
	// through is the last attempt that is meant: the one after the newest of then, too. A
	// planner that did not know yet may have planned that one, and no more than that, as
	// what it plans next comes after a record that it has folded.
	through uint32
	asked   *KillAsked
}

// Dismissed is who wanted a task gone with its slot, nil if nobody did.
func (s *Slot) Dismissed(t *Task) *KillAsked {
	if s.dismissed.asked == nil || t.Run != s.dismissed.run || t.Attempt > s.dismissed.through {
		return nil
	}
	return s.dismissed.asked
}

// DismissedThrough is the last attempt of a run that is gone with the slot whether it was
// planned or not, 0 for none.
func (s *Slot) DismissedThrough(run uint64) uint32 {
	if s.dismissed.run != run {
		return 0
	}
	return s.dismissed.through
}

// askKill notes who wants which tasks killed; the planner dooms them. What has no place
// yet is not killed: another would wait in its stead.
func (s *State) askKill(j *Job, ev events.KillRequested, r *Record) Change {
	if ev.Run != j.Run {
		return Change{Judgement: Outranked, Job: j}
	}
	if ev.Version != 0 {
		return s.dismiss(j, ev, r)
	}
	meant := j.inRanges(ev.Run, ev.Slots)
	if len(ev.Slots) == 0 {
		for _, slot := range j.Slots {
			meant = append(meant, slot.Tasks...)
		}
	}
	asked := &KillAsked{Sequence: r.Sequence, At: r.Time, By: r.Envelope.By(), Reason: ev.Reason}
	c := Change{Job: j}
	for _, t := range meant {
		if t.Killable(ev.Run) && (ev.Group == "" || t.Group == ev.Group) {
			t.KillAsked, t.Sequence = asked, r.Sequence
			c.Tasks = append(c.Tasks, t)
		}
	}
	j.noteRequest(Request{Key: ev.IdempotencyKey, Kind: RequestKill, Group: ev.Group, Slots: ev.Slots})
	j.settle(r.Sequence)
	return c
}

// dismiss has slots gone from a group, which is scaled down by them: the group gives them
// up here and now, and the planner dooms what is in them.
func (s *State) dismiss(j *Job, ev events.KillRequested, r *Record) Change {
	to := events.JobScaled{Run: ev.Run, Version: ev.Version, Group: ev.Group, Replicas: ev.Replicas}
	if why := j.unscalable(to); why != "" {
		return s.reject(r, why)
	}
	j.scaleTo(to, r)
	asked := &KillAsked{Sequence: r.Sequence, At: r.Time, By: r.Envelope.By(), Reason: ev.Reason}
	c := Change{Job: j}
	for n := range ranges.All(ev.Slots) {
		slot := j.Slots[n]
		if slot == nil || len(slot.Tasks) == 0 || slot.dismissed.asked == asked {
			continue
		}
		newest := slot.Newest()
		if newest.Run != j.Run || newest.Group != ev.Group {
			continue
		}
		slot.dismissed = dismissal{run: j.Run, through: newest.Attempt + 1, asked: asked}
		j.leave(slot)
		for _, t := range slot.Tasks {
			if t.Run == j.Run && t.Live() {
				t.Sequence = r.Sequence
				c.Tasks = append(c.Tasks, t)
			}
		}
	}
	j.noteRequest(Request{Key: ev.IdempotencyKey, Kind: RequestScaleDown, Group: ev.Group, Slots: ev.Slots})
	j.settle(r.Sequence)
	return c
}

// Killable reports whether a task of a run has a place, lives, and is not told to end yet.
func (t *Task) Killable(run uint64) bool {
	return t.Run == run && t.Live() && t.State != Waiting && t.Doom == nil
}
