package explore

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// host is where an agent is.
func (w *World) host(agent int) cluster.Place {
	return cluster.Place{Hostname: "host-" + w.mesos.Agents[agent].ID}
}

// drained reports whether tasks are to leave an agent.
func (w *World) drained(agent int) bool {
	_, drained := w.log.truth.Agents.Drains[w.host(agent)]
	return drained
}

// checkPlace: nothing is put where tasks are to leave, as far as the launcher has folded.
func (w *World) checkPlace(i int, ev events.TaskStaged) {
	if _, drained := w.procs[i].state.Agents.Drains[cluster.Place{Hostname: ev.Hostname}]; drained {
		w.violate("nothing is put where tasks are to leave", ev.TaskID+" is staged on "+ev.Hostname)
	}
}

// lingers says that a task of a service is where it was to leave, although it has
// somewhere to go.
func (w *World) lingers(j *cluster.Job, t *Task) string {
	if j.Spec == nil || j.Spec.Kind != job.KindService || !w.drained(t.Agent) {
		return ""
	}
	for i := range w.mesos.Agents {
		if !w.drained(i) && !w.mesos.Agents[i].Away && w.mesos.free(i, w.scope.Places) > 0 {
			return t.Launch.TaskID + " runs where it is to leave"
		}
	}
	return ""
}
