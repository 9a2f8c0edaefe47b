package explore

import (
	"time"

	"github.com/milosgajdos/taurus/sim/explore/imprint"
)

// prints takes fingerprints of worlds.
type prints struct {
	maker *imprint.Maker
	adder imprint.Adder
}

func newPrints() *prints { return &prints{maker: imprint.New(rules())} }

// scalars are what a world has beside its parts.
type scalars struct {
	left        budget
	scaled      int
	updated     int
	steered     int
	asked       int
	ruled       int
	times       []dueTime
	leaseHolder int
	leaseUntil  time.Time
	// current tells by process, and then by message, whether lives agree.
	leaseCurrent, streamCurrent bool
	current                     []bool
}

// dueTime is when a run is due: what is ahead and what is over count in different ways.
type dueTime struct{ until, since time.Time }

// of returns the fingerprint of a world: equal worlds have equal ones.
func (p *prints) of(w *World) uint64 {
	sc := scalars{
		left: w.left, scaled: w.scaled, updated: w.updated, steered: w.steered, asked: w.asked, ruled: w.ruled, times: w.scope.dueTimes(), leaseHolder: w.lease.Holder, leaseUntil: w.lease.Until,
		leaseCurrent:  w.lease.Holder >= 0 && w.procs[w.lease.Holder].life == w.lease.Life,
		streamCurrent: w.mesos.Stream.ID != "" && w.procs[w.mesos.Stream.Proc].life == w.mesos.Stream.Life,
		current:       make([]bool, len(w.flight)),
	}
	for i, m := range w.flight {
		sc.current[i] = w.procs[m.proc].life == m.life
	}
	p.adder.Add(imprint.Of(p.maker, 0, &sc))
	unread := w.log.tail()
	for i, proc := range w.procs {
		if proc.down {
			proc = &Process{down: true, until: proc.until} // What it had is gone.
		} else {
			unread = min(unread, proc.state.Sequence)
		}
		if proc.print == nil {
			proc.print = imprint.Of(p.maker, uint8(i+1), proc)
		}
		p.adder.Add(proc.print)
	}
	if w.log.print == nil {
		w.log.print = imprint.Of(p.maker, 0, w.log)
	}
	p.adder.Add(w.log.print)
	for _, r := range w.log.records[unread:] {
		if r.print == nil {
			r.print = imprint.Of(p.maker, 0, r)
		}
		p.adder.Add(r.print)
	}
	if w.mesos.print == nil {
		w.mesos.print = imprint.Of(p.maker, 0, w.mesos)
	}
	p.adder.Add(w.mesos.print)
	for _, m := range w.flight {
		if m.print == nil {
			m.print = imprint.Of(p.maker, uint8(m.proc+1), m)
		}
		p.adder.Add(m.print)
	}
	return p.adder.Sum(w.now)
}
