package world

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
)

// Process is a service as its loop drives it: a machine, the state that it folds
// the log into, and what it has under way. Killed, it keeps nothing.
type Process struct {
	Role, Name, Source string

	Alive bool
	// Life tells its starts apart.
	Life    uint64
	Machine machine.Machine
	State   *cluster.State
	Clock   machine.Clock
	// Ahead is how far its local clock is ahead of the true time.
	Ahead time.Duration
	// Tail is what it has to fold before it decides, Ready says that it has.
	Tail  uint64
	Ready bool
	// Due says that it was given something since its last Tick.
	Due bool
	// Ticked is when it was given one last.
	Ticked time.Time
	// BlindUntil is until when it is given no records, StuckUntil nothing at all.
	BlindUntil, StuckUntil time.Time
	// Lag is how long each record is kept back.
	Lag time.Duration
	// CutFromMesos says that it does not reach the master, RegisterAnew that it may
	// take a new framework id. Both outlive it.
	CutFromMesos, RegisterAnew bool
	// Mark is how far it has folded the log. It outlives it.
	Mark Mark

	// Subscriptions are those it has open.
	Subscriptions []Subscription
	// Calls wait for the one that is under way.
	Calls []*Message
	// Calling is the call that the others wait for, 0 for none.
	Calling uint64
	// Secrets are the tickets that values are kept under.
	Secrets map[uint64]bool
}

// keep keeps values under a ticket.
func (p *Process) keep(ticket uint64) {
	if p.Secrets == nil {
		p.Secrets = map[uint64]bool{}
	}
	p.Secrets[ticket] = true
}

// Subscription is one as its owner has it.
type Subscription struct {
	Session uint64
	Stream  string
	// Listening says that its events may come in.
	Listening bool
}

// place is the process before its start.
func (p *Process) place() Process {
	return Process{Role: p.Role, Name: p.Name, Source: p.Source, CutFromMesos: p.CutFromMesos, RegisterAnew: p.RegisterAnew, Mark: p.Mark}
}

// idle is a machine that only folds.
type idle struct{}

func (idle) Step(machine.Moment, machine.Input) []machine.Effect { return nil }

func (idle) Wake() time.Time { return time.Time{} }

// now is the local time.
func (p *Process) now(now time.Time) time.Time { return now.Add(p.Ahead) }

// listening is the subscription that calls go by; nil if there is none.
func (p *Process) listening() *Subscription {
	for i := range p.Subscriptions {
		if s := &p.Subscriptions[i]; s.Listening {
			return s
		}
	}
	return nil
}

// stream is the id of the subscription that calls go by, empty if there is none.
func (p *Process) stream() string {
	if s := p.listening(); s != nil {
		return s.Stream
	}
	return ""
}

func (p *Process) subscription(session uint64) *Subscription {
	i := slices.IndexFunc(p.Subscriptions, func(s Subscription) bool { return s.Session == session })
	if i < 0 {
		return nil
	}
	return &p.Subscriptions[i]
}

// wake is the true time at which it is to be given a Tick; zero means never.
func (p *Process) wake() time.Time {
	if !p.Ready {
		return time.Time{}
	}
	at := p.Machine.Wake()
	if at.IsZero() {
		return at
	}
	if at, soonest := at.Add(-p.Ahead), p.Ticked.Add(shortestSleep); at.After(soonest) {
		return at
	}
	return p.Ticked.Add(shortestSleep)
}

// shortestSleep is that of a service's loop.
const shortestSleep = time.Millisecond

// ticks reports whether it may be given a Tick.
func (p *Process) ticks(now time.Time) bool {
	if !p.Ready {
		return p.State.Sequence >= p.Tail
	}
	wake := p.wake()
	return p.Due || !wake.IsZero() && !wake.After(now)
}

// fold has a process fold the next n records.
func (w *World) fold(process, n int) {
	p := w.Processes[process]
	for range n {
		rec := w.Log.Records[p.State.Sequence].Decoded
		change, err := p.State.Apply(rec)
		if err != nil {
			w.violate("%s cannot fold %d: %v", p.Name, rec.Sequence, err)
			return
		}
		own := p.Ready && rec.Envelope.Source == p.Source
		if p.Clock.Observe(p.now(w.Now), &rec, own) && p.Ready {
			w.give(process, machine.ClockMoved{})
		}
		w.give(process, machine.Folded{Record: &rec, Change: change, Own: own})
	}
}

// tick ends a burst of inputs, the first with all that was there at the start.
func (w *World) tick(process int) {
	p := w.Processes[process]
	if !p.Ready {
		p.Ready = true
		w.give(process, machine.CaughtUp{})
	}
	w.give(process, machine.Tick{})
	p.Due, p.Ticked = false, w.Now
}

// give hands an input to a machine and carries out what it wants.
func (w *World) give(process int, in machine.Input) {
	p := w.Processes[process]
	p.Due = true
	effects := p.Machine.Step(p.Clock.At(p.now(w.Now)), in)
	if !p.Ready && len(effects) > 0 {
		w.violate("%s wants %T before it has caught up", p.Name, effects[0])
	}
	if p.Ready {
		w.mark(p)
	}
	for _, e := range effects {
		w.carry(process, e)
	}
}
