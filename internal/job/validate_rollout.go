package job

import (
	"fmt"
	"slices"
)

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
	if g.Replicas == 0 || unavailable > 0 {
		return
	}
	at = join(at, "max_unavailable")
	down := rounded("max_unavailable", r.MaxUnavailable, g, unavailable, "down")
	switch why := g.needsItsPlace(); {
	case surge == 0 && why != "" && r.MaxSurge == nil:
		c.fault(at, "with %d replicas of %s %s, and the group %s, so that max_surge is 0 unless given: "+
			"none could be added and none taken away; let at least 1 be unavailable", g.Replicas, quote(g.Name), down, why)
	case surge == 0:
		c.fault(at, "with %d replicas of %s %s and %s: none could be added and none taken away; allow at least 1 of either",
			g.Replicas, quote(g.Name), rounded("max_surge", r.MaxSurge, g, surge, "up"), down)
	case why != "":
		c.fault(at, "with %d replicas of %s %s, and the group %s: "+
			"the %d that max_surge adds may need a place of the %d that are to stay; let at least 1 be unavailable",
			g.Replicas, quote(g.Name), down, why, surge, g.Replicas)
	}
}

// rounded says what an amount, or the one by default, comes to for a group, and of a share how.
func rounded(name string, a *Amount, g *Group, n uint32, way string) string {
	if a == nil {
		a = &Amount{Number: DefaultShare, Percent: true}
	}
	if !a.Percent {
		return fmt.Sprintf("%s is %d", name, n)
	}
	return fmt.Sprintf("%s is %d (%s of %d, rounded %s)", name, n, a, g.Replicas, way)
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
