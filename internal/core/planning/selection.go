package planning

import (
	"cmp"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// selectAll has those of each group's slots come first that it wants, where it holds more
// and says which are to go. Without that they are in order of number, so the highest go.
func (s *slots) selectAll() {
	if s.job.Spec == nil {
		return
	}
	for i := range s.job.Spec.Tasks {
		g := &s.job.Spec.Tasks[i]
		held := s.held[g.Name]
		if n := len(held) - int(g.Replicas); n > 0 && g.KillSelection != "" && g.KillSelection != job.KillHighestSlot {
			s.held[g.Name] = putLast(held, s.chosen(g, held, n))
		}
	}
}

// candidate is a slot that may go, and the task that stands in it.
type candidate struct {
	number uint32
	task   *cluster.Task
}

// chosen are the n slots that go of those that a group holds. What does not run goes
// before what does, what ended first before what ended later: what has ended in a slot
// that is not wanted keeps its group from choosing one that runs the next time.
func (s *slots) chosen(g *job.Group, held []*cluster.Slot, n int) map[uint32]bool {
	var idle, placed []candidate
	for _, slot := range held {
		c := candidate{slot.Number, s.job.Standing(slot)}
		if idleness(c.task) < serves {
			idle = append(idle, c)
		} else {
			placed = append(placed, c)
		}
	}
	numbers := make(map[uint32]bool, n)
	for _, c := range first(idle, n, byIdleness) {
		numbers[c.number] = true
	}
	for _, c := range first(placed, n-len(numbers), bySelection(g.KillSelection)) {
		numbers[c.number] = true
	}
	return numbers
}

// first are the n that are first in an order, or all; in which order they are is not said.
func first(of []candidate, n int, order func(a, b candidate) int) []candidate {
	if n >= len(of) {
		return of
	}
	if n > 0 {
		slices.SortFunc(of, order)
	}
	return of[:n]
}

// What becomes of a slot's task if it goes, least harm first.
const (
	ended = iota
	doomed
	unplaced
	serves
)

// idleness says which of these a task is.
func idleness(t *cluster.Task) int {
	switch {
	case !t.Live():
		return ended
	case t.Doom != nil:
		return doomed
	case t.State == cluster.Waiting:
		return unplaced
	}
	return serves
}

func byIdleness(a, b candidate) int {
	return cmp.Or(cmp.Compare(idleness(a.task), idleness(b.task)), a.task.EndedAt.Compare(b.task.EndedAt), higher(a, b))
}

// bySelection is the order in which tasks that have a place go.
func bySelection(word string) func(a, b candidate) int {
	return func(a, b candidate) int {
		switch word {
		case job.KillNewest:
			return cmp.Or(cmp.Compare(b.task.Planned, a.task.Planned), higher(a, b))
		case job.KillOldest:
			return cmp.Or(cmp.Compare(a.task.Planned, b.task.Planned), higher(a, b))
		case job.KillUnhealthy:
			return cmp.Or(cmp.Compare(wellness(a.task), wellness(b.task)), higher(a, b))
		}
		return higher(a, b)
	}
}

func higher(a, b candidate) int { return cmp.Compare(b.number, a.number) }

// wellness is higher the better a task serves. One of which nobody knows is not unhealthy.
func wellness(t *cluster.Task) int {
	switch {
	case t.Unhealthy() && !t.Unreachable:
		return 0
	case t.UpSince.IsZero():
		return 1
	}
	return 2
}

// putLast puts slots that go behind the others, each in order of number.
func putLast(held []*cluster.Slot, going map[uint32]bool) []*cluster.Slot {
	all := make([]*cluster.Slot, 0, len(held))
	for _, last := range [...]bool{false, true} {
		for _, slot := range held {
			if going[slot.Number] == last {
				all = append(all, slot)
			}
		}
	}
	return all
}
