package job

import "slices"

// Action is what a step does to tasks of a group.
type Action string

// The actions.
const (
	// ActionStart begins tasks that are new.
	ActionStart Action = "start"
	// ActionStop ends tasks that are not wanted any more.
	ActionStop Action = "stop"
	// ActionReplace replaces tasks, as many at a time as the rollout allows.
	ActionReplace Action = "replace"
	// ActionMove replaces those tasks that run where they may not any more.
	ActionMove Action = "move"
	// ActionCanary replaces as many tasks as the canary says, and waits until it is promoted.
	ActionCanary Action = "canary"
)

// Step is a part of what a change of a job leads to.
type Step struct {
	Action Action `json:"action"`
	// Group is the one that is meant; empty for the canary, which is of the job.
	Group string `json:"group,omitzero"`
	// Tasks is how many tasks it is about; of a move the most.
	Tasks uint32 `json:"tasks"`
	// MaxSurge is how many tasks there may be beyond the replicas, MaxUnavailable how many
	// of those may be down, for what is replaced.
	MaxSurge       uint32 `json:"max_surge,omitzero"`
	MaxUnavailable uint32 `json:"max_unavailable,omitzero"`
}

// Steps are what becomes of the tasks of a job as it is changed, group by group in the
// order of the rollout; of a job that is new, from is nil. Both have their defaults. None
// is there for a change that reaches no task: nothing runs of a job that only has runs, and
// what runs of a batch job goes on as it is.
func Steps(from, to *Spec) []Step {
	if to.Series() {
		return nil
	}
	s := stepper{rolls: to.Kind == KindService, was: map[string]*Group{}, policy: to.RolloutPolicy()}
	if from != nil {
		for i := range from.Tasks {
			s.was[from.Tasks[i].Name] = &from.Tasks[i]
		}
	}
	for _, i := range s.policy.order(to.Tasks) {
		s.group(&to.Tasks[i])
	}
	if s.replaces && s.policy.Canary > 0 {
		s.steps = slices.Insert(s.steps, 0, Step{Action: ActionCanary, Tasks: s.policy.Canary})
	}
	if from != nil {
		for i := range from.Tasks {
			if g := &from.Tasks[i]; s.was[g.Name] != nil {
				s.add(ActionStop, g.Name, g.Replicas)
			}
		}
	}
	return s.steps
}

// stepper collects steps. The groups of before are taken out of was as they are met.
type stepper struct {
	was    map[string]*Group
	policy Rollout
	// rolls reports whether tasks are replaced, replaces whether any are.
	rolls, replaces bool
	steps           []Step
}

func (s *stepper) add(a Action, group string, tasks uint32) {
	if tasks > 0 {
		s.steps = append(s.steps, Step{Action: a, Group: group, Tasks: tasks})
	}
}

func (s *stepper) group(g *Group) {
	was := s.was[g.Name]
	delete(s.was, g.Name)
	if was == nil {
		s.add(ActionStart, g.Name, g.Replicas)
		return
	}
	stays := min(was.Replicas, g.Replicas)
	s.add(ActionStop, g.Name, was.Replicas-stays)
	before := len(s.steps)
	switch {
	case !s.rolls:
	case Template(*was) != Template(*g):
		s.add(ActionReplace, g.Name, stays)
	case !slices.Equal(was.Constraints, g.Constraints):
		s.add(ActionMove, g.Name, stays)
	}
	if len(s.steps) > before {
		s.replaces = true
		last := &s.steps[len(s.steps)-1]
		last.MaxSurge, last.MaxUnavailable = s.policy.Bounds(g)
	}
	s.add(ActionStart, g.Name, g.Replicas-stays)
}

// order are the indexes of groups as a rollout goes through them: those that it names,
// then the others.
func (r *Rollout) order(groups []Group) []int {
	list := make([]int, 0, len(groups))
	for _, name := range r.Order {
		if i := slices.IndexFunc(groups, func(g Group) bool { return g.Name == name }); i >= 0 {
			list = append(list, i)
		}
	}
	for i := range groups {
		if !slices.Contains(list, i) {
			list = append(list, i)
		}
	}
	return list
}
