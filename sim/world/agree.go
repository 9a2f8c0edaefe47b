package world

import (
	"fmt"
	"maps"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/job"
)

// Disagreements says how what Mesos runs, what the log says and what the jobs
// want differ. Once the faults are over and time has passed there must be none.
func (w *World) Disagreements() []string { return Disagreements(w.Referee, w.Alive()) }

// Shortfalls says where Mesos does not run what the jobs want, no more and no
// less, whatever the log says of it.
func (w *World) Shortfalls() []string {
	var found []string
	alive := w.Alive()
	for _, id := range slices.Sorted(maps.Keys(w.Referee.Jobs)) {
		j := w.Referee.Jobs[id]
		wanted := map[string]int{}
		if !j.Over() && !j.Spec.Series() {
			for i := range j.Spec.Tasks {
				wanted[j.Spec.Tasks[i].Name] = int(j.Spec.Tasks[i].Replicas)
			}
		}
		for i := range alive {
			if alive[i].Job == id {
				wanted[alive[i].Group.Name]--
			}
		}
		for _, group := range slices.Sorted(maps.Keys(wanted)) {
			if n := wanted[group]; n != 0 {
				found = append(found, fmt.Sprintf("Mesos runs %d too few of %s of %s", n, group, id))
			}
		}
	}
	return found
}

// Disagreements is the method's, for what any Mesos runs.
func Disagreements(state *cluster.State, running []scheduler.Launch) []string {
	var found []string
	alive := map[string]map[string]int{}
	for i := range running {
		l := &running[i]
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
	return found
}

func disagree(j *cluster.Job, alive map[string]int) []string {
	found, live := unsettled(j)
	if j.Over() {
		for _, group := range slices.Sorted(maps.Keys(alive)) {
			found = append(found, fmt.Sprintf("%s is over, but Mesos runs %d of %s", j.ID, alive[group], group))
		}
		return found
	}
	if j.Spec.Series() {
		return found
	}
	if j.Spec.Kind == job.KindBatch {
		found = append(found, j.ID+" has not ended")
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

// unsettled says which live tasks are not running, and counts all by group.
func unsettled(j *cluster.Job) (found []string, live map[string]int) {
	live = map[string]int{}
	for _, n := range slices.Sorted(maps.Keys(j.Slots)) {
		for _, t := range j.Slots[n].Tasks {
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
	return found, live
}

// Story is the log as lines of text, to read what happened.
func (w *World) Story() string {
	var b []byte
	for i := range w.Log.Records {
		r := &w.Log.Records[i]
		b = fmt.Appendf(b, "%d %s %s %s epoch=%d by %s %s\n", r.Decoded.Sequence, r.Decoded.Time.Format(clock), r.Message.Subject,
			r.Decoded.Event.Type(), r.Decoded.Envelope.Epoch, r.Decoded.Envelope.Source, r.Message.Data)
	}
	return string(b)
}
