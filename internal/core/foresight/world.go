package foresight

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/pkg/events"
)

// world is taurus and Mesos as one value.
type world struct {
	state *cluster.State
	space events.Space
	now   time.Time
	// changed is when the last record was folded.
	changed time.Time

	processes []*process
	effects   []effect
	mesos     mesos
	// due are what Mesos says in time.
	due []turn

	// ticked is what was folded when the machines were last asked what to do, asked
	// whether they are to be asked again, work how often that was.
	ticked uint64
	asked  bool
	work   int

	teller *teller
}

// process is a machine.
type process struct{ machine machine.Machine }

// effect is what a machine wants.
type effect struct {
	of     *process
	effect machine.Effect
}

// turn is something that Mesos does in time.
type turn struct {
	at time.Time
	do func()
}

func newWorld(state *cluster.State, agents []Agent, space events.Space, now time.Time) *world {
	const name = "foresight"
	w := &world{state: state, space: space, now: now, changed: now, asked: true}
	launcher := launching.New(launching.Config{Explain: true, Config: leading.Config{
		Space: space, Instance: name, Source: "taurus/launcher/" + name, Nonce: name, LeaseTTL: 10 * time.Second,
	}}, state)
	w.processes = []*process{
		{planning.New(space, name, state)}, {launcher}, {reaping.New(space, name, state)},
	}
	w.mesos = newMesos(w, agents)
	w.teller = newTeller(state, now)
	return w
}

func (w *world) launcher() *process { return w.processes[1] }

// jobs are all, in order of id.
func (w *world) jobs() []*cluster.Job {
	return slices.SortedFunc(maps.Values(w.state.Jobs), func(a, b *cluster.Job) int { return cmp.Compare(a.ID, b.ID) })
}

// step tells a machine something and keeps what it wants.
func (w *world) step(p *process, in machine.Input) {
	for _, e := range p.machine.Step(machine.Moment{Now: w.now, Log: w.now}, in) {
		w.effects = append(w.effects, effect{p, e})
	}
}

func (w *world) tick() {
	for _, p := range w.processes {
		w.step(p, machine.Tick{})
	}
}

// later has Mesos do something after a while.
func (w *world) later(after time.Duration, do func()) {
	w.due = append(w.due, turn{w.now.Add(after), do})
}

// turns has it do what is due.
func (w *world) turns() {
	all := w.due
	w.due = nil
	for _, t := range all {
		if t.at.After(w.now) {
			w.due = append(w.due, t)
			continue
		}
		t.do()
	}
}

// carryAll carries out what is wanted, in order, and reports whether there was anything.
func (w *world) carryAll() bool {
	if len(w.effects) == 0 {
		return false
	}
	wanted := w.effects
	w.effects = nil
	for _, e := range wanted {
		w.carry(e)
	}
	w.asked = true
	return true
}

func (w *world) carry(e effect) {
	switch wanted := e.effect.(type) {
	case machine.Append:
		w.append(wanted, e.of)
	case launching.Explain:
		w.explained(wanted)
	case leading.Lease:
		w.step(e.of, leading.Leased{})
	case launching.GetSecrets: // Whether they can be had only a launcher finds out.
		w.step(e.of, launching.GotSecrets{Ticket: wanted.Ticket})
	default:
		w.mesos.call(e)
	}
}

// append folds what a process appends, each record before the next, as a log does that
// takes whatever is decided about its end.
func (w *world) append(a machine.Append, by *process) {
	for _, d := range a.Drafts {
		subject, err := w.space.Parse(d.Subject)
		if err != nil {
			continue
		}
		r := &cluster.Record{
			Sequence: w.state.Sequence + 1, Time: w.now, Subject: subject, Envelope: d.Envelope, Event: d.Event,
			Message: events.Message{Subject: d.Subject}, Unsummed: !w.state.Summed,
		}
		c, err := w.state.Apply(*r)
		if err != nil {
			continue
		}
		w.changed = w.now
		w.teller.folded(w.now, r, c)
		for _, p := range w.processes {
			w.step(p, machine.Folded{Record: r, Change: c, Own: p == by})
		}
	}
	if by != nil {
		w.step(by, machine.Appended{Ticket: a.Ticket, Outcome: machine.Outcome{Answer: machine.Stored, Last: w.state.Sequence}})
	}
}

func (w *world) envelope(who string) events.Envelope {
	return events.Envelope{ID: fmt.Sprintf("%s@%d", who, w.state.Sequence), Source: "taurus/" + who + "/foresight", Time: w.now}
}

// explained keeps why tasks wait.
func (w *world) explained(e launching.Explain) {
	for _, d := range e.Drafts {
		if ev, ok := d.Event.(events.VerdictChanged); ok {
			if subject, err := w.space.Parse(d.Subject); err == nil {
				w.teller.verdict(w.now, subject.Job, ev)
			}
		}
	}
}
