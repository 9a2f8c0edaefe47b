package policy

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/job"
)

// optionUser is the option that says whom a container runs as.
const optionUser = "user"

// Harmless are the options of docker run that change nothing outside of the container, and
// give it nothing that it has not: docs/policy.md says of each option why it is here or not.
func Harmless() []Parameter {
	return []Parameter{
		{Name: "cap-drop"},
		{Name: "domainname"},
		{Name: "entrypoint"},
		{Name: "hostname"},
		{Name: "init"},
		{Name: "label"},
		{Name: "no-healthcheck"},
		{Name: "pids-limit"},
		{Name: "read-only"},
		{Name: "shm-size"},
		{Name: "stop-signal"},
		{Name: "stop-timeout"},
		{Name: "ulimit", Values: []string{"nofile=*", "core=0", "core=0:0"}},
		{Name: optionUser},
		{Name: "workdir"},
	}
}

// allowed are the options that a rule lets through.
func (r *Rule) allowed() (list []Parameter) {
	if r.Parameters == nil {
		return Harmless()
	}
	for _, p := range r.Parameters {
		if p.Name == DefaultName {
			list = append(list, Harmless()...)
			continue
		}
		list = append(list, p)
	}
	return list
}

func (c *checker) parameters(at string, of *job.Container) {
	allowed := c.rule.allowed()
	for i, p := range of.Parameters {
		here := index(at, i)
		if p.Key == optionUser && c.rule.Users != nil {
			continue // That is for users to say.
		}
		var values []string
		known, fits := false, false
		for _, may := range allowed {
			if may.Name == p.Key || may.Name == everything {
				known, fits = true, fits || may.Values == nil || anyFits(may.Values, p.Value)
				values = append(values, may.Values...)
			}
		}
		switch {
		case !known:
			c.forbid(under(here, "key"), "%s must not be given to Docker; leave it out. What may be is %s", quote(p.Key), oneOf(namesOf(allowed)))
		case !fits:
			c.forbid(under(here, "value"), "%s must not be the %s; use %s", quote(p.Value), p.Key, oneOf(values))
		}
	}
	c.user(at, of)
}

// user holds whom a container runs as against who may be. The image says so where the job
// does not, which is not known here.
func (c *checker) user(at string, of *job.Container) {
	if c.rule.Users == nil {
		return
	}
	users := oneOf(c.rule.Users)
	if of.ByMesos() {
		c.forbid(under(at, "user"), `must be one of %s, and with the containerizer "mesos" it is the user of the framework; leave the containerizer out`, users)
		return
	}
	given := false
	for i, p := range of.Parameters {
		if p.Key != optionUser {
			continue
		}
		given = true
		if !anyFits(c.rule.Users, p.Value) {
			c.forbid(under(index(at, i), "value"), "%s must not be the user; use %s", quote(p.Value), users)
		}
	}
	if !given {
		c.forbid(at, `must say whom it runs as: add {"key": "user", "value": ...} with %s`, users)
	}
}

func namesOf(list []Parameter) []string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
	}
	slices.Sort(names)
	return slices.Compact(names)
}
