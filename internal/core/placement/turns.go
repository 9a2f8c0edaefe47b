package placement

import (
	"cmp"
	"slices"
	"time"
)

// AgeStep is how long tasks wait before they are raised to the next higher priority among
// those that wait.
const AgeStep = 15 * time.Minute

// turns are the demands of one job that are of one level.
type turns struct {
	crowd *crowd
	wants []*want
	since time.Time
}

// due is when the job's turn began to be due: since a task of it got a place last, or
// the oldest of these began to wait.
func (t *turns) due() time.Time {
	if t.crowd.served.After(t.since) {
		return t.crowd.served
	}
	return t.since
}

// serve places what can be placed, the highest level first. Within a level the jobs take
// turns with one task each, the one that has waited longest since its last first: one
// with very many tasks holds nobody up.
func (r *round) serve() {
	for _, level := range r.levels() {
		for len(level) > 0 && r.limit > 0 {
			level = slices.DeleteFunc(level, func(t *turns) bool { return r.limit > 0 && !r.turn(t) })
		}
	}
}

// turn places a task of a job and reports whether it may have another turn.
func (r *round) turn(t *turns) bool {
	for len(t.wants) > 0 {
		w := t.wants[0]
		if w.left() > 0 && r.begin(w) {
			return true
		}
		t.wants = t.wants[1:]
	}
	return false
}

// levels are the demands by level, the highest first: by priority, those that have waited
// long as high as the next higher ones, and those that have waited longer higher still.
// With as few as n different priorities waiting, nobody waits longer than n-1 AgeSteps
// before everything that is of the highest takes turns with it.
func (r *round) levels() [][]*turns {
	var priorities []uint32
	for _, w := range r.wants {
		priorities = append(priorities, w.group.Priority)
	}
	slices.Sort(priorities)
	priorities = slices.Compact(priorities)
	slices.Reverse(priorities)
	found := make([]map[*crowd]*turns, len(priorities))
	for _, w := range r.wants {
		at, _ := slices.BinarySearchFunc(priorities, w.group.Priority, func(a, b uint32) int { return cmp.Compare(b, a) })
		at = max(0, at-int(max(0, r.now.Sub(w.since))/AgeStep))
		if found[at] == nil {
			found[at] = map[*crowd]*turns{}
		}
		c := r.jobs[w.demand.Job]
		t := found[at][c]
		if t == nil {
			t = &turns{crowd: c, since: w.since}
			found[at][c] = t
		}
		t.wants = append(t.wants, w)
		if w.since.Before(t.since) {
			t.since = w.since
		}
	}
	levels := make([][]*turns, 0, len(found))
	for _, byJob := range found {
		levels = append(levels, inTurn(byJob))
	}
	return levels
}

// inTurn sorts the jobs of a level, and the demands of each.
func inTurn(byJob map[*crowd]*turns) []*turns {
	level := make([]*turns, 0, len(byJob))
	for _, t := range byJob {
		slices.SortFunc(t.wants, compareUrgency)
		level = append(level, t)
	}
	slices.SortFunc(level, func(a, b *turns) int {
		return cmp.Or(a.due().Compare(b.due()), a.since.Compare(b.since), cmp.Compare(a.crowd.job.ID, b.crowd.job.ID))
	})
	return level
}
