package explore

import "github.com/milosgajdos/taurus/internal/core/cluster"

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
	j := w.log.job()
	wanted := 0
	if !j.Over() {
		wanted = int(w.log.group().Replicas)
	}
	if !j.Over() && j.Rollout.Active() {
		return "the rollout has not ended"
	}
	running := 0
	for i := range w.mesos.Tasks {
		t := &w.mesos.Tasks[i]
		known := w.log.truth.TaskByID(t.Launch.TaskID)
		switch {
		case len(t.Queue) > 0:
			return "a status of " + t.Launch.TaskID + " is not acknowledged"
		case known == nil || known.State != cluster.Running || known.Unreachable || known.Doom != nil:
			return "the log does not hold " + t.Launch.TaskID + " for running"
		case !j.Over() && j.Outdated(known):
			return t.Launch.TaskID + " is of a version that is not wanted"
		}
		running++
	}
	switch {
	case running < wanted:
		return "less runs than is wanted"
	case running > wanted:
		return "more runs than is wanted"
	case j.Live() != running:
		return "the log believes in tasks that are not there"
	}
	return ""
}
