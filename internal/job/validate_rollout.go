package job

import "slices"

// rollout checks how a job is to be rolled out, the arithmetic too: a rollout that
// could never take its first step is refused.
func (c *checker) rollout(at string, s *Spec) {
	r := s.Rollout
	if r == nil {
		return
	}
	if s.Kind != KindService {
		c.fault(at, `only a service is rolled out; remove it, or use the kind "service"`)
		return
	}
	c.share(join(at, "max_surge"), r.MaxSurge)
	c.share(join(at, "max_unavailable"), r.MaxUnavailable)
	c.duration(join(at, "min_healthy"), r.MinHealthy, c.lim.Duration)
	c.duration(join(at, "progress_deadline"), r.ProgressDeadline, c.lim.Duration)
	if r.ProgressDeadline >= 0 && r.MinHealthy >= r.ProgressDeadline {
		c.fault(join(at, "progress_deadline"), "is %s, and no task counts as up before a min_healthy of %s; make it longer",
			r.ProgressDeadline, r.MinHealthy)
	}
	c.order(join(at, "order"), r.Order, s.Tasks)
	if r.Canary > 0 && uint64(r.Canary) > replicasOf(s.Tasks) {
		c.fault(join(at, "canary"), "is %d, and the job has %d replicas; make it fewer", r.Canary, replicasOf(s.Tasks))
	}
	for i := range s.Tasks {
		c.steps(at, r, &s.Tasks[i])
	}
}

func (c *checker) share(at string, a *Amount) {
	if a != nil && a.Percent && a.Number > 100 {
		c.fault(at, "must be from 0%% to 100%%, or a number of tasks, is %s", a)
	}
}

// order checks that each name is one of a group, and given once.
func (c *checker) order(at string, order []string, groups []Group) {
	if !c.atMost(at, len(order), c.lim.Groups) {
		return
	}
	for i, name := range order {
		switch {
		case !slices.ContainsFunc(groups, func(g Group) bool { return g.Name == name }):
			c.fault(index(at, i), "%s is no group of the job; name one of tasks", quote(name))
		case slices.Contains(order[:i], name):
			c.fault(index(at, i), "%s is named before; remove one", quote(name))
		}
	}
}

func replicasOf(groups []Group) (n uint64) {
	for i := range groups {
		n += uint64(groups[i].Replicas)
	}
	return n
}

// steps checks that a rollout of a group can go on step by step.
func (c *checker) steps(at string, r *Rollout, g *Group) {
	surge, unavailable := r.bounds(g)
	why := g.needsItsPlace()
	switch {
	case g.Replicas == 0 || unavailable > 0:
	case surge == 0:
		c.fault(join(at, "max_unavailable"),
			"with %d replicas of %s the max_surge of %s is 0 and the max_unavailable of %s, rounded down, is 0: "+
				"none could be added and none taken away; allow at least 1 of either",
			g.Replicas, quote(g.Name), given(r.MaxSurge), given(r.MaxUnavailable))
	case why != "":
		c.fault(join(at, "max_unavailable"),
			"with %d replicas of %s the max_unavailable of %s, rounded down, is 0, and the group %s: "+
				"the %d that max_surge adds may need a place of the %d that are to stay; allow at least 1",
			g.Replicas, quote(g.Name), given(r.MaxUnavailable), why, surge, g.Replicas)
	}
}

// given writes an amount, or the one by default.
func given(a *Amount) string {
	if a == nil {
		a = &Amount{Number: DefaultShare, Percent: true}
	}
	return a.String()
}

// boundRollout checks what a stored rollout must hold to.
func (c *checker) boundRollout(at string, r *Rollout) {
	if r == nil {
		return
	}
	c.duration(join(at, "min_healthy"), r.MinHealthy, c.lim.Duration)
	c.duration(join(at, "progress_deadline"), r.ProgressDeadline, c.lim.Duration)
	c.atMost(join(at, "order"), len(r.Order), c.lim.Groups)
}
