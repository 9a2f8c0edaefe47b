package foresight

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/pkg/events"
)

// quiet is how long nothing may happen before it is no more waited for offers alone.
const quiet = time.Minute

// Foresee answers a question about a state, which it changes: give it a clone. The same
// arguments give the same answer.
func Foresee(state *cluster.State, agents []Agent, q Question, space events.Space, now time.Time) Answer {
	state.HoldSchedules()             // What comes due meanwhile is not the question's either.
	state.Hearing = cluster.Hearing{} // As if nothing had gone unheard: that says nothing of what is to come.
	w := newWorld(state, agents, space, now)
	w.begin()
	w.run(now.Add(quiet)) // What is under way anyway is not the question's.
	whys := w.teller.whys
	w.teller = newTeller(w.state, w.now)
	w.teller.tells = q.Tells
	w.teller.whys = whys // Those who wait already wait for what they waited for.
	start := w.now
	for _, d := range q.Drafts {
		w.append(machine.Append{Drafts: []machine.Draft{machine.Fact(d.Subject, w.envelope("user"), d.Event)}}, nil)
	}
	for _, id := range q.Lost {
		w.lose(id)
	}
	settled := w.run(start.Add(Horizon))
	answer := w.teller.answer(w.state)
	answer.Settled, answer.State = settled, w.state
	answer.Took = max(0, w.changed.Sub(start))
	return answer
}

// begin starts the machines on what is folded already.
func (w *world) begin() {
	for _, p := range w.processes {
		for _, j := range w.jobs() {
			var tasks []*cluster.Task
			for _, slot := range j.Slots {
				tasks = append(tasks, slot.Tasks...)
			}
			w.step(p, machine.Folded{
				Record: &cluster.Record{Sequence: w.state.Sequence, Time: w.now, Event: events.Unknown{}},
				Change: cluster.Change{Job: j, Tasks: tasks},
			})
		}
		w.step(p, machine.CaughtUp{})
	}
}

// run goes on until nothing more is to be done, and reports whether that came before the
// end.
func (w *world) run(end time.Time) bool {
	for ; w.work < WorkMax; w.work++ {
		if w.carryAll() {
			continue
		}
		if w.ticked != w.state.Sequence || w.asked {
			w.ticked, w.asked = w.state.Sequence, false
			w.tick()
			continue
		}
		if w.allocate() {
			continue
		}
		next, idle := w.next()
		switch {
		case next.IsZero():
			return true
		case next.After(end):
			return idle
		}
		w.now, w.asked = next, true
		w.turns()
	}
	return false
}

// next is when something is due; idle reports whether that may be nothing but a launcher
// that looks for offers.
func (w *world) next() (at time.Time, idle bool) {
	for _, p := range w.processes {
		if _, launcher := p.machine.(*launching.Machine); launcher && w.now.Sub(w.changed) > quiet {
			continue
		}
		at = earlier(at, p.machine.Wake())
	}
	idle = at.IsZero()
	for _, t := range w.due {
		at, idle = earlier(at, t.at), false
	}
	if !at.IsZero() && !at.After(w.now) {
		at = w.now.Add(time.Millisecond)
	}
	return at, idle
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
