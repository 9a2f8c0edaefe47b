package world

import (
	"reflect"
	"slices"
	"time"
)

// restless is how many steps may come without time passing before something is
// taken for going round in a circle.
const restless = 200_000

// Rule gives messages a fate in Settle and Pass.
type Rule struct {
	// Process is whose messages, Anybody for everybody's.
	Process int
	// Body is a value of the type of their body.
	Body any
	Fate Fate
	// Times is how many; 0 is all.
	Times int
}

// Anybody is the Process of a Rule that is about everybody's messages.
const Anybody = -1

// Settle does everything that can be done now, in a fixed order and without any
// faults but those of the rules.
func (w *World) Settle() {
	var steps []Step
	for range restless {
		steps = w.Enabled(steps[:0])
		if len(steps) == 0 {
			return
		}
		s := steps[0]
		if s.Kind == Meet {
			s.Fate = w.ruled(s.Message)
		}
		w.Do(s)
	}
	w.violate("it never comes to rest at %s", w.Now.Format(clock))
}

// ruled is the fate that the first rule has for a message. One that was held back
// arrives in the end.
func (w *World) ruled(id uint64) Fate {
	m := w.Message(id)
	for i := range w.Rules {
		r := &w.Rules[i]
		if !m.NotBefore.IsZero() || r.Process != Anybody && r.Process != m.Process || reflect.TypeOf(r.Body) != reflect.TypeOf(m.Body) {
			continue
		}
		fate := r.Fate
		if r.Times--; r.Times == 0 {
			w.Rules = slices.Delete(w.Rules, i, i+1)
		}
		return fate
	}
	return Fate{}
}

// Pass lets time pass, and everything happen that happens meanwhile.
func (w *World) Pass(d time.Duration) {
	end := w.Now.Add(d)
	for {
		w.Settle()
		if len(w.Violations) > 0 {
			return
		}
		next := w.NextTimer()
		if next.IsZero() || next.After(end) {
			break
		}
		w.Do(Step{Kind: Advance, To: next})
	}
	w.Do(Step{Kind: Advance, To: end})
	w.Settle()
}
