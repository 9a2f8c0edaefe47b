package cluster

import "math/bits"

// indexes are those that the slots of one group have: each the lowest that was free
// when the group took the slot.
type indexes struct {
	taken []uint64 // a bit for each
	// full is how many words there are from the first on without a free bit.
	full int
}

// take gives out the lowest that is free.
func (x *indexes) take() uint32 {
	for ; x.full < len(x.taken); x.full++ {
		if free := ^x.taken[x.full]; free != 0 {
			bit := bits.TrailingZeros64(free)
			x.taken[x.full] |= 1 << bit
			return uint32(x.full*64 + bit)
		}
	}
	x.taken = append(x.taken, 1)
	return uint32(x.full * 64)
}

// claim takes one, and reports whether it was free.
func (x *indexes) claim(n uint32) bool {
	word, bit := int(n/64), uint64(1)<<(n%64)
	if n >= SlotEnd || word < len(x.taken) && x.taken[word]&bit != 0 {
		return false
	}
	for len(x.taken) <= word {
		x.taken = append(x.taken, 0)
	}
	x.taken[word] |= bit
	return true
}

func (x *indexes) giveBack(n uint32) {
	x.taken[n/64] &^= 1 << (n % 64)
	x.full = min(x.full, int(n/64))
}

// seat is the place that a slot has among those of the group that holds it.
type seat struct {
	held  bool
	group string
	index uint32
}

// sit gives a task of the newest run the index that its slot has in its group. A slot
// that the group takes only now gets the lowest that is free, or the one that the task
// was started with, if an adoption tells it.
func (j *Job) sit(slot *Slot, t *Task, told *uint32) {
	if t.Run != j.Run {
		return
	}
	if slot.seat.held && slot.seat.group == t.Group {
		t.Index = slot.seat.index
		return
	}
	if slot.Newest() != t {
		return // An older attempt, of a group that no longer has the slot.
	}
	j.leave(slot)
	if j.indexes == nil {
		j.indexes = map[string]*indexes{}
	}
	of := j.indexes[t.Group]
	if of == nil {
		of = &indexes{}
		j.indexes[t.Group] = of
	}
	if told != nil && of.claim(*told) {
		t.Index = *told
	} else {
		t.Index = of.take()
	}
	slot.seat = seat{held: true, group: t.Group, index: t.Index}
}

// givenUp reports whether the group gives a slot up: its deciding task is to end without
// another in its place, and none beside which that was put goes on.
func (s *Slot) givenUp() bool {
	deciding := s.Deciding()
	if deciding.Doom == nil || deciding.Doom.Keep {
		return false
	}
	for _, t := range s.Tasks {
		if t.Live() && t.Doom == nil && t.Run == deciding.Run && t.Group == deciding.Group && !t.Original() {
			return false
		}
	}
	return true
}

// leave gives the index of a slot back to its group, for the next slot that it takes.
func (j *Job) leave(slot *Slot) {
	if slot.seat.held {
		j.indexes[slot.seat.group].giveBack(slot.seat.index)
		slot.seat = seat{}
	}
}
