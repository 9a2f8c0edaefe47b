package launching

import (
	"maps"
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// pending are the tasks that the launcher has something to do about.
type pending struct {
	// waiting have no place yet; withdrawn soon if doomed.
	waiting map[cluster.Key]*cluster.Task
	// lines are the waiting ones by what is alike.
	lines lines
	// doomed are those of them that are to be withdrawn.
	doomed map[cluster.Key]*cluster.Task
	// unconfirmed are staged, and Mesos has not spoken of them.
	unconfirmed map[cluster.Key]*cluster.Task
	// cutOff were launched, and their agents are cut off.
	cutOff map[cluster.Key]*cluster.Task
	// changed reports whether waiting has changed since it was last matched.
	changed bool
}

func newPending() *pending {
	return &pending{
		waiting:     map[cluster.Key]*cluster.Task{},
		lines:       lines{},
		doomed:      map[cluster.Key]*cluster.Task{},
		unconfirmed: map[cluster.Key]*cluster.Task{},
		cutOff:      map[cluster.Key]*cluster.Task{},
	}
}

// update follows what a record did.
func (p *pending) update(c cluster.Change) {
	for _, t := range c.Tasks {
		k := t.Key()
		p.changed = p.changed || frees(c.Job, t)
		_, waited := p.waiting[k]
		switch waits := t.State == cluster.Waiting; {
		case waits:
			p.waiting[k], p.changed = t, true
			if !waited {
				p.lines.join(t)
			}
		case waited:
			delete(p.waiting, k)
			p.changed = true
		}
		if t.State == cluster.Waiting && t.Doom != nil {
			p.doomed[k] = t
		} else {
			delete(p.doomed, k)
		}
		if t.State == cluster.Staged && !t.Confirmed {
			p.unconfirmed[k] = t
		} else {
			delete(p.unconfirmed, k)
		}
		if t.Live() && t.Unreachable {
			p.cutOff[k] = t
		} else {
			delete(p.cutOff, k)
		}
	}
}

// resume takes in all that a state has that was folded elsewhere.
func (p *pending) resume(s *cluster.State) {
	for _, id := range slices.Sorted(maps.Keys(s.Jobs)) {
		j := s.Jobs[id]
		for _, n := range slices.Sorted(maps.Keys(j.Slots)) {
			p.update(cluster.Change{Job: j, Tasks: j.Slots[n].Tasks})
		}
	}
}

// frees reports whether a change of a task may have freed its slot for another
// attempt, which had to wait for its end.
func frees(j *cluster.Job, t *cluster.Task) bool {
	if j == nil || j.Slots[t.Slot] == nil {
		return false
	}
	return slices.ContainsFunc(j.Slots[t.Slot].Tasks, func(other *cluster.Task) bool {
		return other != t && other.State == cluster.Waiting
	})
}
