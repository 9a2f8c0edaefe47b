package world

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Gang is a batch job whose tasks start all at once or not at all.
func Gang(id string, replicas uint32, cpu float64) *job.Spec {
	s := Batch(id)
	s.Tasks[0].Replicas, s.Tasks[0].Gang, s.Tasks[0].Resources.CPU = replicas, true, cpu
	s.Tasks[0].Labels[LabelRunFor] = "8s"
	return s
}

// checkGang: a gang of which nothing was given a place in this run gets places for all of
// it, in one append, or none.
func (w *World) checkGang(s seen, e machine.Append, ev events.TaskStaged) {
	g := s.job.Group(ev.Group)
	if g == nil || !g.Gang || ev.Run != s.job.Run {
		return
	}
	for _, slot := range s.job.Slots {
		if t := slot.LastEnd; t != nil && t.Run == ev.Run && t.Group == g.Name && t.ID != "" {
			return // It has begun.
		}
	}
	waiting := map[string]bool{}
	for _, t := range ofGroup(s.job, g.Name) {
		if t.ID != "" {
			return
		}
		if t.State == cluster.Waiting && t.Doom == nil {
			waiting[w.Options.Space.Task(t.Job, t.Slot)] = true
		}
	}
	if len(waiting) < int(g.Replicas) {
		w.violate("%s starts a gang of %s, of which %d of %d wait", s.name, s.job.ID, len(waiting), g.Replicas)
	}
	for _, d := range e.Drafts {
		if _, stages := d.Event.(events.TaskStaged); stages {
			delete(waiting, d.Subject)
		}
	}
	if len(waiting) > 0 {
		w.violate("%s starts a part of a gang of %s: %d of %d are left", s.name, s.job.ID, len(waiting), g.Replicas)
	}
}

// Halves says which gangs have a part that was given a place, and a part that never was.
func (w *World) Halves() (found []string) {
	for _, j := range w.Referee.Jobs {
		if j.Over() || j.Spec == nil {
			continue
		}
		for i := range j.Spec.Tasks {
			g := &j.Spec.Tasks[i]
			if !g.Gang {
				continue
			}
			with, without := 0, 0
			for _, t := range ofGroup(j, g.Name) {
				switch {
				case t.ID != "":
					with++
				case t.Attempt == 1:
					without++
				}
			}
			if with > 0 && without > 0 {
				found = append(found, fmt.Sprintf("of the gang %s %d were given a place, and %d were not", j.ID, with, without))
			}
		}
	}
	return found
}
