package explore

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// World is a whole taurus with its log and its Mesos at one moment. Its parts are
// values that worlds share: whoever changes one copies it first.
type World struct {
	scope  *Scope
	copies *copies
	now    time.Time
	log    *Log
	mesos  *Mesos
	procs  []*Process
	// flight are the messages on their way, those of one way oldest first.
	flight []*Message
	lease  Lease
	left   budget
	// scaled is how many of the scope's ScaleTo were asked for.
	scaled int
	// updated is how many of its Images, steered of its Steers.
	updated, steered int
	// asked is how many of its Asks, ruled of its Policies.
	asked, ruled int

	// broken is the first rule that was broken on the way here, empty for none.
	broken string

	// own tells which parts are copies already.
	own  ownership
	tape *tape
	// effects counts what machines wanted.
	effects int
}

// Lease is who has the lease of the launchers.
type Lease struct {
	// Holder is the process that holds it, -1 for none; Life its life then.
	Holder, Life int
	// Until is when it ends if its holder is dead.
	Until time.Time
}

type ownership struct {
	log, mesos bool
	procs      uint32
}

// start is when every exploration begins.
func start() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// space is where events are written.
func space() events.Space { return events.NewSpace(1) }

// begin returns a world in which the job was submitted and nothing has happened.
func begin(s *Scope, c *copies) *World {
	w := &World{scope: s, copies: c, now: start(), left: s.budget(), lease: Lease{Holder: -1}, mesos: newMesos(s), log: newLog(s)}
	w.procs = append(w.procs, newProcess(Planner, 0), newProcess(Reaper, 1))
	for range s.Launchers {
		w.procs = append(w.procs, newProcess(Launcher, len(w.procs)))
	}
	for range s.Planners {
		w.procs = append(w.procs, newProcess(Planner, len(w.procs)))
	}
	w.own = ownership{log: true, mesos: true, procs: 1<<len(w.procs) - 1}
	for i := range w.procs {
		w.boot(i)
	}
	return w
}

// next returns a world that may be changed without changing w.
func (w *World) next() *World {
	n := *w
	n.own = ownership{}
	n.flight = slices.Clone(w.flight)
	n.procs = slices.Clone(w.procs)
	return &n
}

// violate notes that a rule was broken; the first one counts.
func (w *World) violate(rule, what string) {
	if w.broken == "" {
		w.broken = rule + ": " + what
	}
}

// proc returns a process that may be changed.
func (w *World) proc(i int) *Process {
	if w.own.procs&(1<<i) == 0 {
		w.own.procs |= 1 << i
		w.procs[i] = w.copies.process(w.procs[i])
	}
	w.procs[i].print = nil
	return w.procs[i]
}

// master returns the Mesos that may be changed.
func (w *World) master() *Mesos {
	if !w.own.mesos {
		w.own.mesos = true
		w.mesos = w.copies.master(w.mesos)
	}
	w.mesos.print = nil
	return w.mesos
}

// writable returns the log that may be changed.
func (w *World) writable() *Log {
	if !w.own.log {
		w.own.log = true
		w.log = w.copies.log(w.log)
	}
	w.log.print = nil
	return w.log
}
