package cluster

import (
	"maps"
	"slices"
)

// Dependants are the jobs that are not over and start after a job, in order of id. The
// job itself need not be there.
func (s *State) Dependants(id string) []string {
	if len(s.dependants[id]) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(s.dependants[id]))
}

// linkAll keeps up which jobs start after which, for all that a record has changed.
func (s *State) linkAll(c Change) {
	if c.Job != nil {
		s.link(c.Job)
	}
	for _, j := range c.Others {
		s.link(j)
	}
}

// link keeps up which jobs start after which, once a record has changed a job.
func (s *State) link(j *Job) {
	var after []string
	if j.Spec != nil && !j.Over() && !j.isSeries() && len(j.Spec.After) > 0 {
		after = j.Spec.After
	}
	if slices.Equal(j.after, after) {
		return
	}
	for _, id := range j.after {
		delete(s.dependants[id], j.ID)
		if len(s.dependants[id]) == 0 {
			delete(s.dependants, id)
		}
	}
	for _, id := range after {
		if s.dependants[id] == nil {
			s.dependants[id] = map[string]bool{}
		}
		s.dependants[id][j.ID] = true
	}
	j.after = after
}
