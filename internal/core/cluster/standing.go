package cluster

import "slices"

// Newest is the newest attempt in a slot, nil if there is none.
func (s *Slot) Newest() *Task {
	if len(s.Tasks) == 0 {
		return nil
	}
	return s.Tasks[len(s.Tasks)-1]
}

// Standing is the task that a slot of the job has for what is wanted now: the newest
// that lives, is not doomed and is as it should be; else the newest that lives and is
// not doomed; else the deciding one. It is nil if there is none. An original never
// stands while another is in its place.
func (j *Job) Standing(s *Slot) *Task {
	if len(s.Tasks) <= 1 {
		return s.Newest()
	}
	var old *Task
	for _, t := range slices.Backward(s.Tasks) {
		if t.Doom != nil || !t.Live() || t.Original() {
			continue
		}
		if !j.Outdated(t) {
			return t
		}
		if old == nil {
			old = t
		}
	}
	if old != nil {
		return old
	}
	return s.Deciding()
}

// Serving is the task of a slot that users are served by: the standing one, or while
// that is not running yet one that is.
func (j *Job) Serving(s *Slot) *Task {
	standing := j.Standing(s)
	if len(s.Tasks) <= 1 || standing.State == Running {
		return standing
	}
	for _, t := range slices.Backward(s.Tasks) {
		if t.State == Running && t.Doom == nil && t.Run == standing.Run && !t.Unreachable {
			return t
		}
	}
	return standing
}
