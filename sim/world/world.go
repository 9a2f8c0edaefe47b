package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/pkg/events"
)

// LogMax is how many bytes the log may hold.
const LogMax = 1 << 30

// World is one run. It is a plain value but for the pointers in it: a deep copy
// goes on by itself.
type World struct {
	Options Options
	// Now is the true time, the log's and the master's.
	Now time.Time
	Log Log
	// Referee is what the log folds into, up to its end.
	Referee   *cluster.State
	Lease     Lease
	Master    Master
	Processes []*Process
	Flight    []*Message
	// LogAway says that nobody reaches the log.
	LogAway bool
	// LogFull is the share of LogMax that the log has used.
	LogFull float64
	// Asks are the users' commands, by ticket from 1.
	Asks []*Ask

	// Rules are what Settle has befall messages.
	Rules []Rule

	// Refused is how often a process refused to start on a log that is not the one
	// that it had folded.
	Refused int

	// Violations are the broken rules so far.
	Violations []string

	judged   map[string]uint64 // by task and uuid, where the log has the status and it may be acknowledged
	accepted map[string]bool   // the tasks that an ACCEPT was asked for
	excused  map[string]bool   // the tasks that were given up as unreachable when their slot was filled again
	streaks  map[place]streak  // by slot, how often in a row its tasks have failed
	doomed   map[uint64]int    // by record, how many tasks it had end that were to go on
	snapshot []byte            // what the next of the odd starts begins with
	messages uint64            // how many were sent
	starts   uint64
}

// Options are what a world is made with.
type Options struct {
	// Start is when it begins.
	Start time.Time
	// Agents is how many there are, of four cores each.
	Agents int
	// Reserved is what each of them reserves for Role.
	Reserved offer.Resources
	// Space are the subjects.
	Space events.Space
	// LeaseTTL is that of the lease.
	LeaseTTL time.Duration
	// GenerousLease gives the lease to everybody who asks.
	GenerousLease bool
	// StartDelay is how long tasks are staging, and then starting, at least;
	// StartSpread how much longer some of them are.
	StartDelay, StartSpread time.Duration
	// FailoverTimeout is how long the master keeps a framework without a
	// subscription; zero is for ever.
	FailoverTimeout time.Duration
	// KillBound is how many tasks a minute planners end that nobody asked them to; 0 is
	// any number.
	KillBound uint32
	// Unguarded has processes start on whatever the log is.
	Unguarded bool
	// Open has no process close its books; else each does at once.
	Open bool
	// Builder makes the machines; nil is Production.
	Builder Builder
}

// Builder makes the machines of processes. It is a value without state.
type Builder interface {
	// Build returns the machine of a process that has folded nothing; nonce is never
	// used twice.
	Build(w *World, p *Process, nonce string) machine.Machine
}

// Times of the model.
const (
	// CallTimeout is how long a process waits for an answer.
	CallTimeout = 10 * time.Second
	// DefaultLeaseTTL is a launcher's.
	DefaultLeaseTTL = 10 * time.Second
)

// New makes a world with no process.
func New(opt Options) *World {
	if opt.Start.IsZero() {
		opt.Start = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if opt.LeaseTTL == 0 {
		opt.LeaseTTL = DefaultLeaseTTL
	}
	if opt.StartDelay == 0 {
		opt.StartDelay = 50 * time.Millisecond
	}
	if opt.Builder == nil {
		opt.Builder = Production{}
	}
	if opt.Space == (events.Space{}) {
		opt.Space = events.NewSpace(0)
	}
	return &World{
		Options: opt, Now: opt.Start, Referee: cluster.New(), Master: newMaster(opt.Agents, opt.Reserved), Lease: Lease{Holder: nobody},
		judged: map[string]uint64{}, accepted: map[string]bool{}, excused: map[string]bool{},
		streaks: map[place]streak{}, doomed: map[uint64]int{},
	}
}

// Add adds a process that is not running yet, and returns its index.
func (w *World) Add(role, name string) int {
	w.Processes = append(w.Processes, &Process{Role: role, Name: name, Source: "taurus/" + role + "/" + name})
	return len(w.Processes) - 1
}

// Start starts a process that is not running, with its clock ahead of the true
// time. It refuses to run on a log that is not the one that it had folded.
func (w *World) Start(process int, ahead time.Duration) {
	p := w.Processes[process]
	w.starts++
	*p = p.place()
	if !w.guarded(p) {
		w.Refused++
		return
	}
	p.Alive, p.Life, p.State, p.Ahead, p.Tail = true, w.starts, cluster.New(), ahead, w.Log.Last()
	if !w.Options.Open {
		p.State.CloseAtOnce()
	}
	p.Clock = machine.NewClock(p.now(w.Now))
	from := w.resume(p)
	p.Machine = w.Options.Builder.Build(w, p, fmt.Sprintf("nonce-%d", w.starts))
	if from != nil {
		p.Clock.Observe(p.now(w.Now), from, false)
		p.Machine.Step(p.Clock.At(p.now(w.Now)), machine.Resumed{Record: from})
	}
}

// Kill is kill -9: what the process was doing stays half done, what it sent is on
// its way, and nobody hears of what comes of it.
func (w *World) Kill(process int) {
	p := w.Processes[process]
	if !p.Alive {
		return
	}
	for _, s := range p.Subscriptions {
		w.hangUp(process, p.Life, s.Stream)
	}
	w.Flight = slices.DeleteFunc(w.Flight, func(m *Message) bool {
		if m.Process != process || m.Life != p.Life {
			return false
		}
		m.Abandoned, m.GiveUp = true, time.Time{}
		return m.To == ToProcess || m.Gone
	})
	w.Lease.bereave(process, p.Life, w.Now.Add(w.Options.LeaseTTL))
	life := p.Life
	*p = p.place()
	p.Life = life
}

// send puts a message on its way.
func (w *World) send(m *Message) *Message {
	w.messages++
	m.ID = w.messages
	w.Flight = append(w.Flight, m)
	return m
}

// ask sends something that process wants done.
func (w *World) ask(process int, to Receiver, e machine.Effect) *Message {
	p := w.Processes[process]
	m := &Message{To: to, Process: process, Life: p.Life, Body: e}
	if refusal(e, errDeadline) != nil {
		m.GiveUp = w.Now.Add(patienceFor(e))
	}
	return w.send(m)
}

// answer sends in to who sent m, unless nobody waits for it any more.
func (w *World) answer(m *Message, in machine.Input) {
	w.unblock(m)
	if m.Abandoned || in == nil {
		return
	}
	ask, _ := m.Body.(machine.Effect)
	w.send(&Message{
		To: ToProcess, Process: m.Process, Life: m.Life, Session: m.Session, Stream: m.Stream, Ask: ask, Body: in, GiveUp: m.GiveUp,
	})
}

// drop takes a message out of what is under way.
func (w *World) drop(m *Message) {
	if i := slices.Index(w.Flight, m); i >= 0 {
		w.Flight = slices.Delete(w.Flight, i, i+1)
	}
}

// Message returns the message of an id, nil if it is not under way.
func (w *World) Message(id uint64) *Message {
	i, found := slices.BinarySearchFunc(w.Flight, id, func(m *Message, id uint64) int {
		switch {
		case m.ID < id:
			return -1
		case m.ID > id:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return w.Flight[i]
}

func (w *World) violate(format string, args ...any) {
	if len(w.Violations) < 100 {
		w.Violations = append(w.Violations, fmt.Sprintf(format, args...))
	}
}

// Tell puts an input on its way to a process.
func (w *World) Tell(process int, in machine.Input) {
	if p := w.Processes[process]; p.Alive {
		w.send(&Message{To: ToProcess, Process: process, Life: p.Life, Body: in})
	}
}

// Stop ends a process in an orderly way: it gives back what it holds.
func (w *World) Stop(process int) {
	if p := w.Processes[process]; p.Alive && p.Ready {
		w.give(process, leading.Stop{})
	}
	w.Kill(process)
}
