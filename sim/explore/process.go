package explore

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/sim/explore/imprint"
)

// Role is what a process does.
type Role uint8

// The roles.
const (
	Planner Role = iota
	Reaper
	Launcher
)

// leaseTTL is that of the launchers' lease.
const leaseTTL = 10 * time.Second

// Process is a service: its machine and the state that it folds the log into.
type Process struct {
	role Role
	name string
	// life tells its starts apart.
	life    int
	source  string
	machine machine.Machine
	state   *cluster.State
	// ready says that it has caught up, ticked is when it was given a Tick last.
	ready  bool
	ticked time.Time
	// wake is when its machine wants a Tick.
	wake time.Time
	// subs are the subscriptions that it has open, calls wait for the one that is
	// under way.
	subs    []sub
	calls   []machine.Effect
	calling bool
	// stuck, blind and down are faults that last.
	stuck, blind, down bool
	// until is until when it can be one of these.
	until time.Time
	// races are those that it has lost while it was blind.
	races int

	print *imprint.Imprint
}

// sub is a subscription as its owner has it.
type sub struct {
	session   uint64
	stream    string
	listening bool
}

func newProcess(role Role, number int) *Process {
	name := [...]string{"planner", "reaper", "launcher"}[role]
	switch {
	case role == Launcher:
		name += string(rune('A' + number - int(Launcher)))
	case number > int(role):
		name += strconv.Itoa(number)
	}
	return &Process{role: role, name: name, source: "taurus/" + name}
}

// away reports whether nothing can be given to the process.
func (p *Process) away() bool { return p.stuck || p.down }

func (p *Process) listensTo(session uint64) bool {
	return slices.ContainsFunc(p.subs, func(s sub) bool { return s.session == session && s.listening })
}

// listening is the subscription that calls go by.
func (p *Process) listening() *sub {
	i := slices.IndexFunc(p.subs, func(s sub) bool { return s.listening })
	if i < 0 {
		return nil
	}
	return &p.subs[i]
}

// boot gives a process a new life: it replays the log.
func (w *World) boot(i int) {
	p := w.proc(i)
	p.life++
	p.state, p.subs, p.calls, p.calling = cluster.New(), nil, nil, false
	p.state.CloseAtOnce()
	p.ready, p.stuck, p.blind, p.down, p.until, p.races = false, false, false, false, time.Time{}, 0
	switch p.role {
	case Planner:
		p.machine = planning.New(space(), p.name, p.state)
		p.source = "taurus/planner/" + p.name
	case Reaper:
		p.machine = reaping.New(space(), "r", p.state)
		p.source = "taurus/reaper/r"
	case Launcher:
		p.machine = launching.New(launching.Config{Config: leading.Config{
			Space: space(), Instance: p.name, Source: p.source, Nonce: fmt.Sprintf("%s-%d", p.name, p.life), LeaseTTL: leaseTTL,
		}}, p.state)
	}
	w.foldAll(i)
	p.ready = true
	w.give(i, machine.CaughtUp{})
	w.tick(i)
}

// fold has a process fold the next record.
func (w *World) fold(i int) {
	p := w.proc(i)
	r := w.log.records[p.state.Sequence]
	change, err := p.state.Apply(r.Record)
	if err != nil {
		w.violate("the log can be folded", err.Error())
		return
	}
	own := p.ready && r.Envelope.Source == p.source
	w.give(i, machine.Folded{Record: &r.Record, Change: change, Own: own})
}

func (w *World) foldAll(i int) {
	for w.proc(i).state.Sequence < w.log.tail() && w.broken == "" {
		w.fold(i)
	}
}

// give hands an input to a machine and carries out what it wants.
func (w *World) give(i int, in machine.Input) {
	p := w.proc(i)
	effects := slices.Clone(p.machine.Step(machine.Moment{Now: w.now, Log: w.now}, in))
	for _, e := range effects {
		if _, note := e.(machine.Note); note {
			continue
		}
		if !p.ready {
			w.violate("nothing is done before the log is folded", fmt.Sprintf("%s wants %s", p.name, describeEffect(e)))
		}
		w.effects++
		w.tape.effect(p, e)
		w.carry(i, e)
	}
}

// tick ends a burst of inputs.
func (w *World) tick(i int) {
	w.give(i, machine.Tick{})
	p := w.proc(i)
	p.ticked, p.wake = w.now, p.machine.Wake()
	if soonest := w.now.Add(shortestSleep); !p.wake.IsZero() && p.wake.Before(soonest) {
		p.wake = soonest
	}
}

// shortestSleep is that of a service's loop.
const shortestSleep = time.Millisecond

// hear gives a process an input, and the Tick after it.
func (w *World) hear(i int, in machine.Input) {
	w.give(i, in)
	w.tick(i)
}
