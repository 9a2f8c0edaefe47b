package world

import "time"

// enabledTimers appends the timers that have run out.
func (w *World) enabledTimers(steps []Step) []Step {
	w.eachTimer(func(at time.Time, s Step) {
		if !w.Now.Before(at) {
			steps = append(steps, s)
		}
	})
	return steps
}

// eachTimer calls f for the timers of master and agents.
func (w *World) eachTimer(f func(at time.Time, s Step)) {
	m := &w.Master
	if at := m.allocatesAt(); !at.IsZero() {
		f(at, Step{Kind: Allocate})
	}
	for i, t := range m.Tasks {
		if len(t.Next) > 0 {
			f(t.Next[0].At, Step{Kind: TaskTurn, Process: i})
		}
		if at := m.resendsAt(t); !at.IsZero() {
			f(at, Step{Kind: Resend, Process: i})
		}
	}
	for i, a := range m.Agents {
		if !a.BackAt.IsZero() {
			f(a.BackAt, Step{Kind: Reregister, Process: i})
		}
	}
	if limit := w.Options.FailoverTimeout; limit > 0 && m.Stream.ID == "" && m.Framework != "" && !m.Removed {
		f(m.AloneSince.Add(limit), Step{Kind: Remove})
	}
}

// remove ends a framework of which nobody was subscribed for too long.
func (w *World) remove() {
	w.Master.Removed, w.Master.Tasks = true, nil
}

// NextTimer is when something happens by itself next; zero means never.
func (w *World) NextTimer() time.Time {
	var next time.Time
	earliest := func(at time.Time) {
		if at.After(w.Now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	w.eachTimer(func(at time.Time, _ Step) { earliest(at) })
	for _, m := range w.Flight {
		earliest(m.NotBefore)
		earliest(m.GiveUp)
	}
	for _, p := range w.Processes {
		if p.Alive {
			earliest(p.wake())
			earliest(p.BlindUntil)
			earliest(p.StuckUntil)
			if p.Lag > 0 && p.State.Sequence < w.Log.Last() {
				earliest(w.shows(p, 1))
			}
		}
	}
	return next
}
