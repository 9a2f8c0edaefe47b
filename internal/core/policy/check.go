package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/job"
)

// Violation is one thing that a job asks for and may not have.
type Violation struct {
	// Rule is the rule, or the quota, that forbids it.
	Rule string
	// Path is the field, Message says what is wrong with it, and the mend.
	Path, Message string
}

// String writes it in one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s (rule %q of the policy)", v.Path, v.Message, v.Rule)
}

// Check says what of a job somebody may not ask for: all of it. The spec is normalised.
func (p *Policy) Check(who access.Principal, spec *job.Spec) []Violation {
	if p.unread != "" {
		return p.closed()
	}
	r := p.ruleFor(who, spec.ID)
	return append(r.check(spec), r.secrets(spec)...)
}

// Held says why no task of a job is started anew: what the rule asks otherwise that all would
// submit it by who are of no rule of their own, if no rule lets anybody submit it as it is.
func (p *Policy) Held(spec *job.Spec) []Violation {
	if p.unread != "" {
		return p.closed()
	}
	var held []Violation
	for _, r := range p.rulesFor(spec.ID) {
		if held = r.check(spec); len(held) == 0 {
			return nil
		}
	}
	return held
}

// RuleFor names the rule that decides about a job of somebody's.
func (p *Policy) RuleFor(who access.Principal, id string) string { return p.ruleFor(who, id).Name }

// checker gathers what a rule forbids.
type checker struct {
	rule *Rule
	spec *job.Spec
	all  []Violation
	full bool
}

func (c *checker) forbid(path, format string, args ...any) {
	switch n := len(c.all); {
	case n < faultsMax:
		c.all = append(c.all, Violation{c.rule.Name, path, fmt.Sprintf(format, args...)})
	case !c.full:
		c.full = true
		c.all = append(c.all, Violation{c.rule.Name, "tasks", "has more that is forbidden; mend these first"})
	}
}

func (r *Rule) check(spec *job.Spec) []Violation {
	c := &checker{rule: r, spec: spec}
	for i := range spec.Tasks {
		c.group(index("tasks", i), &spec.Tasks[i])
	}
	c.amounts()
	return c.all
}

func (c *checker) group(at string, g *job.Group) {
	if g.Container != nil {
		c.container(under(at, "container"), g.Container)
	}
	c.uris(under(at, "uris"), g.URIs)
	c.constraints(under(at, "constraints"), g.Constraints)
	if most := c.rule.Task; most != nil && g.Resources != nil {
		here, r := under(at, "resources"), g.Resources
		c.atMost(under(here, "cpu"), r.CPU, most.CPU)
		c.atMost(under(here, "cpu_limit"), r.CPULimit, most.CPU)
		c.atMost(under(here, "memory"), r.Memory, most.Memory)
		c.atMost(under(here, "memory_limit"), r.MemoryLimit, most.Memory)
		c.atMost(under(here, "disk"), r.Disk, most.Disk)
		if most.GPUs != nil && r.GPUs > *most.GPUs {
			c.forbid(under(here, "gpus"), "is %d, and a task may have %d at most", r.GPUs, *most.GPUs)
		}
	}
}

func (c *checker) container(at string, of *job.Container) {
	if of.Image == "" && !c.rule.HostCommands {
		c.forbid(under(at, "image"), "is missing, so the command would run on the host itself, as the user of the framework, and see all that is there; name an image")
	}
	if of.Privileged && !c.rule.Privileged {
		c.forbid(under(at, "privileged"), "is forbidden: a privileged container is root on its host; leave it out")
	}
	switch of.Network {
	case job.NetworkHost:
		if !c.rule.HostNetwork {
			c.forbid(under(at, "network"), "must not be that of the host; %s", insteadOfHost(of))
		}
	case job.NetworkBridge, job.NetworkNone, "":
	default:
		if c.rule.Networks != nil && !anyFits(c.rule.Networks, of.Network) {
			c.forbid(under(at, "network"), "must not be %s; use %s", quote(of.Network), oneOf(append([]string{job.NetworkBridge, job.NetworkNone}, c.rule.Networks...)))
		}
	}
	for i, v := range of.Volumes {
		c.volume(index(under(at, "volumes"), i), v)
	}
	c.parameters(under(at, "parameters"), of)
	c.image(under(at, "image"), of.Image)
}

func insteadOfHost(of *job.Container) string {
	if of.ByMesos() {
		return `the containerizer "mesos" knows no other: leave the containerizer out`
	}
	return "leave it out, and give ports"
}

func (c *checker) constraints(at string, has []job.Constraint) {
	for _, want := range c.rule.Constraints {
		must := job.Constraint{Attribute: want.Attribute, Operator: strings.ToLower(want.Operator), Value: want.Value}
		if !slices.Contains(has, must) {
			c.forbid(at, `must have {"attribute": %q, "operator": %q, "value": %q}; add it`, must.Attribute, must.Operator, must.Value)
		}
	}
}

func (c *checker) atMost(at string, n float64, most *float64) {
	if most != nil && n > *most {
		c.forbid(at, "is %v, and a task may have %v at most", n, *most)
	}
}

// amounts holds all of a job against what it may have.
func (c *checker) amounts() {
	most := c.rule.Job
	if most == nil {
		return
	}
	for _, over := range most.exceeded(Total{}, TotalOf(c.spec)) {
		c.forbid("tasks", "asks for %s in all, and a job may have %s at most", over.has, over.most)
	}
}

func anyFits(patterns []string, word string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return access.Fits(pattern, word) })
}

// oneOf names what there is to choose from, and not too many.
func oneOf(words []string) string {
	const most = 10
	if len(words) == 0 {
		return "none"
	}
	text := strings.Join(words[:min(len(words), most)], " or ")
	if len(words) > most {
		text += fmt.Sprintf(" or one of %d more", len(words)-most)
	}
	return text
}
