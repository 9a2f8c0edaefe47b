package planning

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/pkg/events"
)

// conclude returns the event that ends the job by itself, nil if it goes on: failed
// as soon as a wanted slot has failed, completed when every wanted slot is done.
// There is nothing left to plan, so a group holds as many slots as it wants.
func conclude(j *cluster.Job, s slots) events.Event {
	unfinished, finished := 0, 0
	for i := range j.Spec.Tasks {
		g := &j.Spec.Tasks[i]
		for _, slot := range wanted(g, s.held[g.Name]) {
			t := slot.Current()
			switch slot.Fate(t.End(), g.Restart) {
			case restart.Failed:
				return events.JobFailed{
					Run: j.Run, Slot: slot.Number, Attempt: t.Attempt, Exit: t.Status.Exit,
					Reason: failure(slot, t),
				}
			case restart.Done:
				finished++
			case restart.Running, restart.Again:
				unfinished++
			}
		}
	}
	if finished > 0 && unfinished == 0 {
		return events.JobCompleted{Run: j.Run}
	}
	return nil
}

func failure(slot *cluster.Slot, t *cluster.Task) string {
	text := fmt.Sprintf("task %d %s after %d failed attempts", slot.Number, t.State, slot.Failures)
	if slot.Failures == 1 {
		text = fmt.Sprintf("task %d %s", slot.Number, t.State)
	}
	if t.Status.Message != "" {
		text += ": " + t.Status.Message
	}
	return text
}

// newest is the last sequence that changed a task of the job.
func newest(j *cluster.Job) uint64 {
	last := j.LastJob
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			last = max(last, t.Sequence)
		}
	}
	return last
}
