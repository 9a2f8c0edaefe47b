package sim

import (
	"fmt"
	"maps"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Disagreements says how what Mesos runs, what the log says and what the jobs
// want differ. Once the faults are over and time has passed there must be none.
func (w *World) Disagreements() ([]string, error) {
	state, err := w.Fold(0)
	if err != nil {
		return nil, err
	}
	var found []string
	alive := map[string]map[string]int{}
	for _, l := range w.alive() {
		t := state.TaskByID(l.TaskID)
		switch {
		case t == nil:
			found = append(found, fmt.Sprintf("Mesos runs %s, the log does not know it", l.TaskID))
		case !t.Live():
			found = append(found, fmt.Sprintf("Mesos runs %s, the log says %s", l.TaskID, t.State))
		}
		if alive[l.Job] == nil {
			alive[l.Job] = map[string]int{}
		}
		alive[l.Job][l.Group.Name]++
	}
	for _, id := range slices.Sorted(maps.Keys(state.Jobs)) {
		found = append(found, disagree(state.Jobs[id], alive[id])...)
	}
	return found, nil
}

func disagree(j *cluster.Job, alive map[string]int) []string {
	var found []string
	live := map[string]int{}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if !t.Live() {
				continue
			}
			live[t.Group]++
			if t.State != cluster.Running || t.Unreachable || t.Doom != nil {
				found = append(found, fmt.Sprintf("task %d.%d of %s is %s (unreachable %t, doomed %t)",
					t.Slot, t.Attempt, j.ID, t.State, t.Unreachable, t.Doom != nil))
			}
		}
	}
	if j.Over() {
		for group, n := range alive {
			found = append(found, fmt.Sprintf("%s is over, but Mesos runs %d of %s", j.ID, n, group))
		}
		return found
	}
	for i := range j.Spec.Tasks {
		g := &j.Spec.Tasks[i]
		if alive[g.Name] != int(g.Replicas) || live[g.Name] != int(g.Replicas) {
			found = append(found, fmt.Sprintf("%s wants %d of %s; Mesos runs %d, the log says %d",
				j.ID, g.Replicas, g.Name, alive[g.Name], live[g.Name]))
		}
	}
	return found
}
