package explore

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
)

// passMax bounds how many times nothing may come of the time that passes.
const passMax = 2000

// pass lets time pass until something happens.
func (w *World) pass() {
	before := w.effects
	for range passMax {
		at := w.due()
		if at.IsZero() {
			return
		}
		w.now = at
		w.fire()
		if w.effects != before || w.steps()[0].verb != pass {
			return
		}
	}
}

// due is when the next thing happens that waits for a time; zero for never.
func (w *World) due() time.Time {
	var first time.Time
	for _, p := range w.procs {
		if first = earlier(first, p.until); !p.away() {
			first = earlier(first, p.wake)
		}
	}
	for _, a := range w.mesos.Agents {
		first = earlier(first, a.Until)
	}
	for _, m := range w.flight {
		if w.waited(m) {
			first = earlier(first, m.giveUp())
		}
		first = earlier(first, m.until)
		if m.to == ToLease && w.lease.Until.After(w.now) {
			first = earlier(first, w.lease.Until)
		}
	}
	for i := range w.mesos.Tasks {
		t := &w.mesos.Tasks[i]
		if !w.underWay(t) {
			first = earlier(first, w.mesos.resendsAt(t))
		}
		if t.Alive {
			first = earlier(first, t.Ends)
		}
	}
	first = earlier(first, w.filterEnds())
	if !first.IsZero() && first.Before(w.now) {
		return w.now
	}
	return first
}

// waited reports whether somebody waits for an answer, and can give up.
func (w *World) waited(m *Message) bool {
	return !m.dropped && !m.asked.IsZero() && m.life == w.procs[m.proc].life && !w.procs[m.proc].away()
}

// underWay reports whether a task's status is on its way, so that another one
// would say nothing new.
func (w *World) underWay(t *Task) bool {
	if len(t.Queue) == 0 {
		return false
	}
	return slices.ContainsFunc(w.flight, func(m *Message) bool {
		r, ok := m.input.(launching.Reported)
		return ok && m.event && string(r.Status.UUID) == string(uuid(t.Launch.TaskID, t.Queue[0]))
	})
}

// fire does what is due.
func (w *World) fire() {
	w.recover()
	for at := 0; at < len(w.flight); at++ {
		m := w.flight[at]
		if give := m.giveUp(); w.waited(m) && !give.IsZero() && !give.After(w.now) {
			w.expire(at)
			at = -1
		}
	}
	for i := range w.mesos.Tasks {
		t := &w.mesos.Tasks[i]
		if again := w.mesos.resendsAt(t); !again.IsZero() && !again.After(w.now) && !w.underWay(t) {
			w.forward(&w.master().Tasks[i])
		}
	}
	for i, p := range w.procs {
		if !p.away() && !p.wake.IsZero() && !p.wake.After(w.now) {
			w.tick(i)
		}
	}
}

// recover ends the faults that have lasted long enough.
func (w *World) recover() {
	over := func(until time.Time) bool { return !until.IsZero() && !until.After(w.now) }
	for at := 0; at < len(w.flight); at++ {
		if m := w.flight[at]; over(m.until) {
			w.release(at)
			at = -1
		}
	}
	for i, p := range w.procs {
		switch {
		case !over(p.until):
		case p.down:
			w.boot(i)
		default:
			w.wakeUp(i)
		}
	}
	for i, a := range w.mesos.Agents {
		if over(a.Until) {
			w.returnAgent(i)
		}
	}
}
