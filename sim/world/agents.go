package world

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

// Cut breaks the subscription's connection. What was on its way to the framework
// is lost, unless all of it had arrived already.
func (w *World) Cut(arrived bool) {
	s := w.Master.Stream
	if s.ID == "" {
		return
	}
	if !arrived {
		w.Flight = slices.DeleteFunc(w.Flight, func(m *Message) bool { return m.Event && m.Stream == s.ID })
	}
	w.event(leading.Ended{Session: s.Session, Err: errBroken})
	w.disconnect()
}

// Partition cuts an agent off: its tasks run on, unreachable.
func (w *World) Partition(agent int) { w.lose(agent, "REASON_AGENT_REMOVED") }

// lose gives an agent up that the master does not hear of any more.
func (w *World) lose(agent int, reason string) {
	a := w.Master.Agents[agent]
	if a.State != Connected && a.State != Recovering {
		return
	}
	a.State, a.BackAt = Unreachable, time.Time{}
	w.rescind(agent)
	for _, t := range slices.Clone(w.Master.Tasks) {
		if t.Agent == agent {
			w.report(scheduler.Status{
				TaskID: t.Launch.TaskID, AgentID: a.ID, State: "TASK_UNREACHABLE", Source: "SOURCE_MASTER", Reason: reason,
			})
		}
	}
}

// rescind takes the offers of an agent back.
func (w *World) rescind(agent int) {
	for _, o := range slices.Clone(w.Master.Offers) {
		if o.Agent != agent {
			continue
		}
		w.Master.takeOffer(o.ID)
		w.event(launching.Rescinded{Session: w.Master.Stream.Session, OfferID: o.ID})
	}
}

// Heal brings an agent back that was cut off.
func (w *World) Heal(agent int) {
	a := w.Master.Agents[agent]
	if a.State != Unreachable || a.Dead {
		return
	}
	a.State = Connected
	for _, t := range slices.Clone(w.Master.Tasks) {
		if t.Agent != agent {
			continue
		}
		if t.Alive {
			w.report(scheduler.Status{
				TaskID: t.Launch.TaskID, AgentID: a.ID, State: t.Forwarded, Source: "SOURCE_MASTER", Reason: "REASON_AGENT_REREGISTERED",
				Healthy: t.Healthy,
			})
		}
		w.forward(t)
	}
}

// Crash ends an agent and its tasks; nobody is told but that it is unreachable.
func (w *World) Crash(agent int) {
	w.lose(agent, "REASON_AGENT_REMOVED")
	a := w.Master.Agents[agent]
	if a.State == Gone {
		return
	}
	a.Dead = true
	for _, t := range w.Master.Tasks {
		if t.Agent == agent {
			t.Alive, t.Queue, t.Next = false, nil, nil
		}
	}
}

// Replace has an operator mark a dead agent gone, and another start in its place.
func (w *World) Replace(agent int) {
	a := w.Master.Agents[agent]
	if !a.Dead || a.State == Gone || w.Master.Away {
		return
	}
	a.State = Gone
	w.Master.Tasks = slices.DeleteFunc(w.Master.Tasks, func(t *Task) bool {
		if t.Agent == agent {
			w.report(scheduler.Status{
				TaskID: t.Launch.TaskID, AgentID: a.ID, State: "TASK_GONE_BY_OPERATOR", Source: "SOURCE_MASTER", Reason: "REASON_SLAVE_REMOVED_BY_OPERATOR",
			})
		}
		return t.Agent == agent
	})
	w.Master.addAgent()
}

// KillMaster ends the master: subscription and offers go with it.
func (w *World) KillMaster() {
	if w.Master.Away {
		return
	}
	w.Cut(false)
	w.Master.Away = true
	for _, a := range w.Master.Agents {
		if a.State == Connected {
			a.State = Recovering
		}
	}
}

// StartMaster starts another master. Agents register with it one by one, in so
// many steps.
func (w *World) StartMaster(step time.Duration) {
	if !w.Master.Away {
		return
	}
	w.Master.Away = false
	w.Master.ID++
	at := w.Now
	for _, a := range w.Master.Agents {
		if a.State == Recovering {
			at = at.Add(step)
			a.BackAt = at
		}
	}
}

// reregister brings an agent to a restarted master.
func (w *World) reregister(agent int) {
	a := w.Master.Agents[agent]
	a.State, a.BackAt = Connected, time.Time{}
	for _, t := range slices.Clone(w.Master.Tasks) {
		if t.Agent == agent {
			w.forward(t)
		}
	}
}

// Isolate keeps a process from the master; its subscription breaks.
func (w *World) Isolate(process int) {
	w.Processes[process].CutFromMesos = true
	if w.Master.Stream.Process == process {
		w.Cut(false)
	}
}
