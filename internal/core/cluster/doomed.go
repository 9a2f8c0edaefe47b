package cluster

import "iter"

// Doomed lists the tasks that are doomed and not over, in no order. What it costs depends
// on how many there are, and not on how large the job is.
func (j *Job) Doomed() iter.Seq[*Task] {
	return func(yield func(*Task) bool) {
		for n := range j.doomed {
			for _, t := range j.Slots[n].Tasks {
				if t.Doom != nil && t.Live() && !yield(t) {
					return
				}
			}
		}
	}
}

// noteDoomed counts a task that is doomed and not over from now on.
func (j *Job) noteDoomed(t *Task) {
	if t.Doom == nil || !t.Live() {
		return
	}
	if j.doomed == nil {
		j.doomed = map[uint32]uint32{}
	}
	j.doomed[t.Slot]++
}

// forgetDoomed is told before a task is over, or begins anew.
func (j *Job) forgetDoomed(t *Task) {
	if t.Doom == nil || !t.Live() {
		return
	}
	if j.doomed[t.Slot]--; j.doomed[t.Slot] == 0 {
		delete(j.doomed, t.Slot)
		if len(j.doomed) == 0 {
			j.doomed = nil // As before the first, whatever there was.
		}
	}
}
