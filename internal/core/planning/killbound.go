package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// DefaultKillBound is how many tasks a minute are doomed at most by decisions that nobody
// asked for task by task, of all jobs together: most rollouts stay below it, and what goes
// wrong everywhere at once can be stopped by a person who sees it.
const DefaultKillBound = 1000

// killBudget is what a decision may doom of tasks that nobody asked it to.
type killBudget struct {
	bound uint32
	left  uint64
	// next is when there will be more.
	next time.Time
	// held reports whether something was left alone for it.
	held bool
}

// killBudget is that of a decision made now, nil where nothing is bounded.
func (p planner) killBudget(s *cluster.State, now time.Time, taken uint64) *killBudget {
	return budgetOf(s, now, p.killBound, taken)
}

func budgetOf(s *cluster.State, now time.Time, bound uint32, taken uint64) *killBudget {
	if bound == 0 {
		return nil
	}
	b := &killBudget{bound: bound, left: KillsLeft(s, now, bound, taken), next: s.AutomaticKills.Next(now)}
	if b.next.IsZero() {
		b.next = now.Add(time.Second) // All of it is under way, and within the minute then.
	}
	return b
}

// KillsLeft is how many more tasks may be doomed that nobody asked for, of so many a minute,
// while others that are not folded yet are taken.
func KillsLeft(s *cluster.State, now time.Time, bound uint32, taken uint64) uint64 {
	return uint64(bound) - min(uint64(bound), s.AutomaticKills.Within(now)+taken)
}

// allows reports whether one more task may be doomed for a reason, after so many.
func (b *killBudget) allows(reason string, after uint64) bool {
	if b == nil || after < b.left || !cluster.AutomaticKill(ClassOf(reason)) {
		return true
	}
	b.held = true
	return false
}

// exhausted reports whether nothing may be doomed now that nobody asked for.
func (b *killBudget) exhausted() bool { return b != nil && b.left == 0 }

// holds reports whether something was left alone.
func (b *killBudget) holds() bool { return b != nil && b.held }

// stamp notes on a doom what it is bounded by.
func (b *killBudget) stamp(ev *events.TasksDoomed) {
	if b != nil && cluster.AutomaticKill(ev.Class) {
		ev.KillBound = b.bound
	}
}

// Held is what of a job waits since as many tasks were ended in the last minute as may be.
type Held struct {
	// Tasks are to end, by Class.
	Tasks uint64
	Class string
	// Bound is how many may be ended in a minute, Next when there will be room.
	Bound uint32
	Next  time.Time
}

// HeldKills tells what of a job waits for the bound on automatic kills, by what the log
// says of it; false if nothing does.
func HeldKills(s *cluster.State, j *cluster.Job, now time.Time) (Held, bool) {
	w := &s.AutomaticKills
	if w.Bound == 0 || w.Within(now) < uint64(w.Bound) {
		return Held{}, false
	}
	ev, dooms := DecideAmong(s, j, now).Event.(events.TasksDoomed)
	if !dooms || !cluster.AutomaticKill(ev.Class) {
		return Held{}, false
	}
	return Held{Tasks: KillsOf(ev), Class: ev.Class, Bound: w.Bound, Next: w.Next(now)}, true
}

// KillsOf is how many tasks an event dooms that nobody asked it to.
func KillsOf(ev events.Event) uint64 {
	doomed, dooms := ev.(events.TasksDoomed)
	if !dooms || !cluster.AutomaticKill(doomed.Class) {
		return 0
	}
	return uint64(ranges.Count(doomed.Slots))
}

// BoundKills has the machine doom at most so many tasks a minute by decisions that nobody
// asked for task by task; 0 is any number.
func (m *Machine) BoundKills(perMinute uint32) {
	m.policy.killBound = perMinute
	m.decider.SetPolicy(m.policy)
}

// boundNote is said once an own decision has used up what may be doomed in a minute.
func (m *Machine) boundNote(at machine.Moment, in machine.Folded) (machine.Note, bool) {
	bound := uint64(m.policy.killBound)
	if bound == 0 || !in.Own || KillsOf(in.Record.Event) == 0 {
		return machine.Note{}, false
	}
	used := m.state.AutomaticKills.Within(at.Log)
	if used < bound || used >= bound+uint64(len(in.Change.Tasks)) {
		return machine.Note{}, false
	}
	return machine.Note{
		Level: machine.Warn, Message: "as many tasks were ended in the last minute as may be without being asked to; others wait (--kills-per-minute)",
		Fields: []machine.Field{{Key: "bound", Value: m.policy.killBound}, {Key: "next", Value: m.state.AutomaticKills.Next(at.Log)}},
	}, true
}
