package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// AskAgents gives a commander a user's command about agents.
func (w *World) AskAgents(process int, c submission.AgentCommand) *Ask {
	return w.asked(&Ask{Process: process, Agents: c})
}

// CommandAgents asks for something of agents and lets time pass until it is answered.
func (w *World) CommandAgents(c submission.AgentCommand) error {
	return w.await(func(process int) *Ask { return w.AskAgents(process, c) })
}

// Maintain has an operator announce when an agent is away, until zero for not known.
// Its offers are void, and come again with the window.
func (w *World) Maintain(agent int, from, until time.Time) {
	a := w.Master.Agents[agent]
	if w.Master.Away || a.State != Connected {
		return
	}
	a.From, a.Until = from, until
	w.rescind(agent)
	w.Master.inverse++
	w.event(launching.InverseOffered{Session: w.Master.Stream.Session, Offers: []scheduler.InverseOffer{{
		ID: fmt.Sprintf("I%d", w.Master.inverse), AgentID: a.ID, UnavailableFrom: nanos(from), UnavailableUntil: nanos(until),
	}}})
}

// EndMaintenance has an operator take back what was announced of an agent.
func (w *World) EndMaintenance(agent int) {
	a := w.Master.Agents[agent]
	if a.From.IsZero() {
		return
	}
	a.From, a.Until = time.Time{}, time.Time{}
	w.rescind(agent)
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// leaves returns why tasks are to leave an agent, as far as a process has folded.
func (w *World) leaves(p *Process, agentID, hostname string) (cluster.Leave, bool) {
	return p.State.Agents.Leave(agentID, hostname, p.Clock.At(p.now(w.Now)).Log)
}

// checkStaged: nothing is put where tasks are to leave, as far as the launcher has folded.
func (w *World) checkStaged(process int, ev events.TaskStaged) {
	p := w.Processes[process]
	if why, leaves := w.leaves(p, ev.AgentID, ev.Hostname); leaves {
		w.violate("%s stages %s on %s: %s", p.Name, ev.TaskID, ev.AgentID, why.Reason)
	}
}

// late reports whether a task has to end where it is, whatever that takes down.
func (w *World) late(p *Process, t *cluster.Task) bool {
	why, leaves := w.leaves(p, t.AgentID, t.Hostname)
	return leaves && !why.Deadline.IsZero() && !p.Clock.At(p.now(w.Now)).Log.Before(why.Deadline)
}

// Lingerers says what of services Mesos still runs where users want nothing to run.
func (w *World) Lingerers() (found []string) {
	for _, l := range w.Alive() {
		t, j := w.Referee.TaskByID(l.TaskID), w.Referee.Jobs[l.Job]
		if t == nil || j == nil || j.Spec == nil || j.Spec.Kind == job.KindBatch {
			continue
		}
		if p, _, drained := w.Referee.Agents.Drain(t.AgentID, t.Hostname); drained {
			found = append(found, fmt.Sprintf("%s runs on %s, which is drained", l.TaskID, p))
		}
	}
	slices.Sort(found)
	return found
}

// asked puts a user's wish on its way to a commander.
func (w *World) asked(a *Ask) *Ask {
	p := w.Processes[a.Process]
	a.Ticket, a.Life = uint64(len(w.Asks))+1, p.Life
	w.Asks = append(w.Asks, a)
	w.send(&Message{
		To: ToProcess, Process: a.Process, Life: a.Life,
		Body: commanding.Asked{Ticket: a.Ticket, Job: a.Job, Command: a.Command, Agents: a.Agents, Access: a.Access},
	})
	return a
}
