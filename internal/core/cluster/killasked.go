package cluster

import (
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// KillAsked is a user's wish that a task is killed.
type KillAsked struct {
	Sequence uint64
	At       time.Time
	By       string
	Reason   string
}

// askKill notes who wants which tasks killed; the planner dooms them. What has no place
// yet is not killed: another would wait in its stead.
func (s *State) askKill(j *Job, ev events.KillRequested, r *Record) Change {
	if ev.Run != j.Run {
		return Change{Judgement: Outranked, Job: j}
	}
	meant := j.inRanges(ev.Run, ev.Slots)
	if len(ev.Slots) == 0 {
		for _, slot := range j.Slots {
			meant = append(meant, slot.Tasks...)
		}
	}
	asked := &KillAsked{Sequence: r.Sequence, At: r.Time, By: r.Envelope.Actor, Reason: ev.Reason}
	c := Change{Job: j}
	for _, t := range meant {
		if t.Killable(ev.Run) && (ev.Group == "" || t.Group == ev.Group) {
			t.KillAsked, t.Sequence = asked, r.Sequence
			c.Tasks = append(c.Tasks, t)
		}
	}
	j.settle(r.Sequence)
	return c
}

// Killable reports whether a task of a run has a place, lives, and is not told to end yet.
func (t *Task) Killable(run uint64) bool {
	return t.Run == run && t.Live() && t.State != Waiting && t.Doom == nil
}
