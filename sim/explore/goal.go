package explore

import (
	"cmp"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// goal says what is missing to what was asked for, while nothing happens: empty if
// what is wanted runs, what is not has ended, and nothing is held in vain.
func (w *World) goal() string {
	for _, m := range w.flight {
		if m.to != ToLease {
			return "on its way is " + m.String()
		}
	}
	if len(w.mesos.Offers) > 0 {
		return "the offer " + w.mesos.Offers[0].ID + " is kept for nothing"
	}
	running := map[string]int{}
	for i := range w.mesos.Tasks {
		if missing := w.missingOf(&w.mesos.Tasks[i]); missing != "" {
			return missing
		}
		running[w.mesos.Tasks[i].Launch.Job]++
	}
	for _, j := range w.log.jobs() {
		if missing := w.missingOfJob(j, running[j.ID]); missing != "" {
			return missing
		}
	}
	return w.untold()
}

// missingOf says what is missing to a task of Mesos being there as it should.
func (w *World) missingOf(t *Task) string {
	id := t.Launch.TaskID
	known := w.log.truth.TaskByID(id)
	switch {
	case len(t.Queue) > 0:
		return "a status of " + id + " is not acknowledged"
	case known == nil || known.State != cluster.Running || known.Unreachable || known.Doom != nil:
		return "the log does not hold " + id + " for running"
	}
	if isShut(w.log.truth) {
		return "" // It goes on as it is, since nothing may take its place.
	}
	j := w.log.truth.Jobs[known.Job]
	return cmp.Or(w.outdated(j, t), w.lingers(j, t))
}

// missingOfJob says what is missing to so many tasks of a job being all that it wants.
func (w *World) missingOfJob(j *cluster.Job, running int) string {
	wanted := 0
	if !j.Over() && !j.Spec.Series() {
		if w.scope.RunFor > 0 && j.Spec.Kind == job.KindBatch {
			return j.ID + " is not over"
		}
		wanted = int(j.Spec.Tasks[0].Replicas)
	}
	switch {
	case isShut(w.log.truth):
		return missingWhileShut(j, running, wanted)
	case !j.Over() && j.Rollout.Status == cluster.RolloutRolling && !w.canaryWaits(j):
		return "the rollout has not ended"
	case running < wanted:
		return "less runs than is wanted of " + j.ID
	case running > wanted:
		return "more runs than is wanted of " + j.ID
	case j.Live() != running:
		return "the log believes in tasks of " + j.ID + " that are not there"
	}
	return ""
}
