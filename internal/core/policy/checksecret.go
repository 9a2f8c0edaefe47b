package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/job"
)

// secrets says which secrets of a job the rule does not allow. A job is refused for them when it is submitted; later, the launcher holds back
// those of its groups that would get them (HeldSecret).
func (r *Rule) secrets(spec *job.Spec) []Violation {
	c := &checker{rule: r, spec: spec}
	for i := range spec.Tasks {
		at, g := index("tasks", i), &spec.Tasks[i]
		for _, name := range slices.Sorted(maps.Keys(g.Env)) {
			if secret := g.Env[name].Secret; secret != "" {
				c.secret(under(under(under(at, "env"), name), "secret"), secret)
			}
		}
		if name := g.Container.Credentials(); name != "" {
			c.secret(under(under(under(at, "container"), "registry_credentials"), "secret"), name)
		}
		for n, f := range g.Secrets {
			c.secret(under(index(under(at, "secrets"), n), "name"), f.Name)
		}
	}
	return c.all
}

func (c *checker) secret(at, name string) {
	if c.rule.secret(c.spec.ID, name) {
		return
	}
	switch allowed := c.rule.Secrets; {
	case allowed == nil:
		first, _, _ := strings.Cut(Base(c.spec.ID), "/")
		c.forbid(at, "%s is not the job's own; use a secret below %s/", quote(name), first)
	case len(allowed) == 0:
		c.forbid(at, "%s is a secret, and the job may use none; remove it", quote(name))
	default:
		c.forbid(at, "%s is not among the secrets that the job may use: %s", quote(name), strings.Join(allowed, ", "))
	}
}
