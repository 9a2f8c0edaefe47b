package job

import "slices"

// Others are the jobs that a spec names besides itself, once each: those that it starts
// after, and those that it is placed beside or away from.
func (s *Spec) Others() (ids []string) {
	name := func(id string) {
		if id != s.ID && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, id := range s.After {
		name(id)
	}
	for i := range s.Tasks {
		for _, c := range s.Tasks[i].Constraints {
			if c.Operator == OpWithJob || c.Operator == OpWithoutJob {
				name(c.Value)
			}
		}
	}
	return ids
}
