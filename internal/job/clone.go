package job

import (
	"maps"
	"slices"
)

// Clone copies s with all that it points to.
func (s *Spec) Clone() *Spec {
	c := *s
	c.Labels = maps.Clone(s.Labels)
	c.After = slices.Clone(s.After)
	c.Rollout = s.Rollout.clone()
	c.Schedule, c.Dispatch = s.Schedule.clone(), s.Dispatch.clone()
	c.Tasks = slices.Clone(s.Tasks)
	for i := range c.Tasks {
		c.Tasks[i] = c.Tasks[i].clone()
	}
	return &c
}

// clone copies g with all that it points to.
func (g Group) clone() Group {
	g.Container = g.Container.clone()
	g.Resources = copied(g.Resources)
	g.Ports = slices.Clone(g.Ports)
	g.Env = maps.Clone(g.Env)
	g.Secrets = slices.Clone(g.Secrets)
	g.Labels = maps.Clone(g.Labels)
	g.HealthCheck = copied(g.HealthCheck)
	g.Constraints = slices.Clone(g.Constraints)
	g.Affinities, g.Spread = slices.Clone(g.Affinities), cloneSpread(g.Spread)
	g.After = slices.Clone(g.After)
	g.Restart = copied(g.Restart)
	g.Unreachable = copied(g.Unreachable)
	g.BeforeKill = copied(g.BeforeKill)
	g.URIs = slices.Clone(g.URIs)
	for i := range g.URIs {
		g.URIs[i].Extract = copied(g.URIs[i].Extract)
	}
	return g
}

// clone copies c with all that it points to; nil stays nil.
func (c *Container) clone() *Container {
	if c == nil {
		return nil
	}
	container := *c
	container.Command.Args = slices.Clone(c.Command.Args)
	container.Volumes = slices.Clone(c.Volumes)
	container.Parameters = slices.Clone(c.Parameters)
	container.RegistryCredentials = copied(c.RegistryCredentials)
	return &container
}

// clone copies r with all that it points to; nil stays nil.
func (r *Rollout) clone() *Rollout {
	if r == nil {
		return nil
	}
	rollout := *r
	rollout.MaxSurge = copied(r.MaxSurge)
	rollout.MaxUnavailable = copied(r.MaxUnavailable)
	rollout.Order = slices.Clone(r.Order)
	return &rollout
}

// copied is a pointer to a copy; nil stays nil.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
