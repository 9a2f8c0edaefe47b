package planning

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// conclude returns the event that ends the job by itself, nil if it goes on. While a
// rollout is not over, or has failed, what it brought decides nothing for the job.
func (s *slots) conclude() events.Event {
	j := s.job
	if j.Rollout.Unfinished() {
		return nil
	}
	var sum ends
	for i := range j.Spec.Tasks {
		g := &j.Spec.Tasks[i]
		sum.wanted += uint64(g.Replicas)
		for _, slot := range wanted(g, s.held[g.Name]) {
			switch s.fate(g, slot, s.stands(slot), j.Target) {
			case restart.Failed:
				sum.fail(slot)
			case restart.Done:
				sum.done++
			case restart.Running, restart.Again:
			}
		}
	}
	return sum.conclude(j)
}

func failure(slot *cluster.Slot, t *cluster.Task, g *job.Group) string {
	text := fmt.Sprintf("task %d %s", slot.Number, t.End().Words(t.Setting(g)))
	switch {
	case t.End().Blameless():
		text += fmt.Sprintf(", the last of %d attempts in a row that ended by no fault of its own", slot.Unlucky)
	case slot.Failures > 1:
		text += fmt.Sprintf(", after %d failed attempts", slot.Failures)
	}
	return text
}

// newest is the last sequence that changed the job or a task of it.
func newest(j *cluster.Job) uint64 {
	return max(j.LastJob, j.TasksChanged())
}
