package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/sim/world"
)

const (
	// tailDisturbances is how many there are before the log loses its end.
	tailDisturbances = 12
	// standstill is how long the processes are watched on the log without its end.
	standstill = time.Minute
)

// LostTail does a run in which all processes end, and the log has lost its end
// when they are started again. Guarded by their marks they refuse it, nothing
// happens, and once the log is restored all goes on. It returns what went wrong.
func (r *Run) LostTail() []string {
	w := r.World
	r.Drains = false // Tasks that move are killed, and here nothing may be.
	r.World.Ask(r.names["commander"][0], "steady", submit(world.Service("steady", 4)))
	for range tailDisturbances {
		r.drive(w.Now.Add(r.upTo(4*time.Second)), true)
		r.disturb()
	}
	r.calm()
	r.drive(w.Now.Add(late), false)
	r.wish()
	r.World.Ask(r.names["commander"][0], "nightly", submission.Stop{}) // Its runs end by themselves, and there is always another.
	r.drive(w.Now.Add(soon), false)
	if len(w.Violations) > 0 {
		return w.Violations
	}
	for i := range w.Processes {
		w.Kill(i)
	}
	truth := w.Referee
	lost := r.loseTail()
	alive, launches := aliveIDs(w), w.Master.Launches
	r.startAll()
	r.drive(w.Now.Add(standstill), false)
	wrong := slices.Clone(w.Violations)
	if w.Options.Unguarded {
		r.drive(w.Now.Add(soon), false)
		w.Referee = truth // What users were told counts.
		return slices.Concat(w.Violations, w.Shortfalls(), killed(alive, w))
	}
	if n := len(w.Processes); w.Refused != n {
		wrong = append(wrong, fmt.Sprintf("%d of %d processes refused the log", w.Refused, n))
	}
	if w.Master.Launches != launches || len(killed(alive, w)) > 0 {
		wrong = append(wrong, "something was launched or killed on a log that lost its end")
	}
	r.act("the log is restored", func() { w.Restore(lost) })
	r.startAll()
	r.drive(w.Now.Add(soon), false)
	wrong = slices.Concat(wrong, w.Violations, w.Shortfalls(), killed(alive, w))
	r.drive(w.Now.Add(settled), false)
	return slices.Concat(wrong, w.Disagreements())
}

// loseTail takes so much of the log that every process has folded some of it.
func (r *Run) loseTail() []world.Record {
	w := r.World
	first := w.Log.Last()
	for _, p := range w.Processes {
		first = min(first, p.Mark.Sequence)
	}
	keep := uint64(r.rng.Int64N(int64(first)))
	var lost []world.Record
	r.act(fmt.Sprintf("the log loses %d of %d records", w.Log.Last()-keep, w.Log.Last()), func() { lost = w.LoseTail(keep) })
	return lost
}

func (r *Run) startAll() {
	r.act("start all", func() {
		for i := range r.World.Processes {
			r.World.Start(i, 0)
		}
	})
}

func aliveIDs(w *world.World) []string {
	var ids []string
	for _, l := range w.Alive() {
		ids = append(ids, l.TaskID)
	}
	return ids
}

// killed says which tasks of a service that nobody stopped run no longer.
func killed(before []string, w *world.World) []string {
	var all []string
	now := aliveIDs(w)
	for _, id := range before {
		if !slices.Contains(now, id) {
			all = append(all, id+" does not run any more, and nobody wanted that")
		}
	}
	return all
}
