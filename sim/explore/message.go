package explore

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/leading"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/sim/explore/imprint"
)

// Message is an effect, or an input, on its way. It is never changed, but
// replaced.
type Message struct {
	to Place
	// proc and life are the process that sent it, or that it is for.
	proc, life int
	// session and stream are the subscription that it goes by.
	session uint64
	stream  string
	// effect is what it asks for, input what it tells; the other is nil.
	effect machine.Effect
	input  machine.Input
	// ordered is a call that the next one waits for; event is of a subscription.
	ordered, event bool
	// serving are the tasks that it dooms although they are up, as far as its sender knows.
	serving []string
	// asked is when the effect was asked for that this answers or is; zero if nobody
	// waits for an answer.
	asked time.Time
	// dropped says that nobody waits any more.
	dropped bool
	// held says that it is late, until when it can be at most.
	held  bool
	until time.Time

	print *imprint.Imprint
}

// Place is where a message goes.
type Place uint8

// The places.
const (
	ToLog Place = iota
	ToProcess
	ToMesos
	ToLease
	// Hung is the master seeing that a connection was closed.
	Hung
)

// callTimeout is how long services wait for an answer.
const callTimeout = 10 * time.Second

// lasts is how long a fault that lasts does so at most: longer than all that a
// launcher waits for, the next round of questions excepted. An agent may be away
// for longer than it takes to be replaced.
const (
	lasts      = time.Minute
	lastsBlind = 15 * time.Second
	lastsAway  = 6 * time.Minute
)

// way tells which messages arrive in the order in which they were sent, and in
// which order ways are served.
func (m *Message) way() int {
	way := int(m.to)<<8 | m.proc<<4
	switch {
	case m.event:
		way |= 3
	case m.ordered:
		way |= 1
	case m.dropped:
		way |= 2
	}
	return way
}

// send puts a message on its way.
func (w *World) send(m *Message) {
	at := slices.IndexFunc(w.flight, func(o *Message) bool { return o.way() > m.way() })
	if at < 0 {
		at = len(w.flight)
	}
	w.flight = slices.Insert(w.flight, at, m)
}

// take takes a message out.
func (w *World) take(i int) *Message {
	m := w.flight[i]
	w.flight = slices.Delete(w.flight, i, i+1)
	return m
}

// change replaces a message.
func (w *World) change(i int, change func(*Message)) {
	m := *w.flight[i]
	way := m.way()
	m.print = nil
	if change(&m); m.way() == way {
		w.flight[i] = &m
		return
	}
	w.take(i)
	w.send(&m)
}

// purge drops the messages that fit.
func (w *World) purge(fits func(*Message) bool) { w.flight = slices.DeleteFunc(w.flight, fits) }

// deliverable reports whether a message may arrive now.
func (w *World) deliverable(i int) bool {
	m := w.flight[i]
	if m.held {
		return false
	}
	switch m.to {
	case ToProcess:
		p := w.procs[m.proc]
		if p.away() {
			return false
		}
		if !m.event {
			return true
		}
		if !p.listensTo(m.session) {
			return false
		}
		for _, earlier := range w.flight[:i] {
			if earlier.event && earlier.proc == m.proc && earlier.session == m.session {
				return false
			}
		}
	case ToLease:
		return w.leaseFree()
	case ToLog, ToMesos, Hung:
	}
	return true
}

// patience is how long the sender of an effect waits for its answer; 0 if it does
// not.
func patience(e machine.Effect) time.Duration {
	switch e := e.(type) {
	case reaping.Kill:
		return e.Within
	case leading.Lease, launching.Acknowledge:
		return 0
	}
	return callTimeout
}

// giveUp is when the sender of a message gives it up; zero for never.
func (m *Message) giveUp() time.Time {
	if m.asked.IsZero() || m.dropped {
		return time.Time{}
	}
	return m.asked.Add(patience(m.effect))
}

// String is for traces.
func (m *Message) String() string {
	if m.to == Hung {
		return fmt.Sprintf("the end of connection %s", m.stream)
	}
	if m.input != nil {
		return describeInput(m.input)
	}
	return describeEffect(m.effect)
}
