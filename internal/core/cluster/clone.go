package cluster

import (
	"maps"
	"slices"
)

// Clone returns a state that goes on by itself: what is folded into one of the two
// changes nothing in the other. Specs, and lists that are replaced and never changed,
// are shared.
func (s *State) Clone() *State {
	c := *s
	c.Losses = slices.Clone(s.Losses)
	c.Agents.Drains, c.Agents.Windows = maps.Clone(s.Agents.Drains), maps.Clone(s.Agents.Windows)
	c.Access = s.Access.Clone()
	c.Jobs = make(map[string]*Job, len(s.Jobs))
	c.attributes = maps.Clone(s.attributes)
	c.closed, c.runs, c.closing.due = maps.Clone(s.closed), maps.Clone(s.runs), slices.Clone(s.closing.due)
	c.byID = make(map[string]*Task, len(s.byID))
	twins := make(map[*Task]*Task, len(s.byID))
	c.dependants = make(map[string]map[string]bool, len(s.dependants))
	for id, of := range s.dependants {
		c.dependants[id] = maps.Clone(of)
	}
	for id, j := range s.Jobs {
		c.Jobs[id] = j.clone(twins)
	}
	for id, t := range s.byID {
		c.byID[id] = twin(twins, t)
	}
	return &c
}

func (j *Job) clone(twins map[*Task]*Task) *Job {
	c := *j
	c.Slots = make(map[uint32]*Slot, len(j.Slots))
	for n, slot := range j.Slots {
		own := *slot
		own.Tasks = slices.Clone(slot.Tasks)
		for i, t := range own.Tasks {
			own.Tasks[i] = twin(twins, t)
		}
		own.LastEnd = twin(twins, slot.LastEnd)
		c.Slots[n] = &own
	}
	c.Series, c.doomed = j.Series.clone(), maps.Clone(j.doomed)
	if j.indexes != nil {
		c.indexes = make(map[string]*indexes, len(j.indexes))
		for group, x := range j.indexes {
			c.indexes[group] = &indexes{taken: slices.Clone(x.taken), full: x.full}
		}
	}
	return &c
}

// twin is the copy of a task, one for all who point to it.
func twin(twins map[*Task]*Task, t *Task) *Task {
	if t == nil {
		return nil
	}
	if c := twins[t]; c != nil {
		return c
	}
	c := *t
	twins[t] = &c
	return &c
}

// Resume makes the state go on from another, which is not to be used any more. What it closes,
// and when, stays its own: that is nobody's but of whoever holds it.
func (s *State) Resume(from *State) {
	own := s.closing
	own.due = nil
	*s = *from
	s.closing, s.peeked = own, nil
	if own.on {
		s.closeBy(own)
	}
}
