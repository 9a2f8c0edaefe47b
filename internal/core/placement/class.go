package placement

import (
	"fmt"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

// class is what groups have in common that ask the same of an agent, whatever runs
// where. It remembers when nothing fitted, so that groups which are alike are not
// tried one after the other, nor again on what has not changed.
type class struct {
	use   offer.Resources
	ports []job.Port
	// limited reports whether tasks are limited above what they ask for, byMesos whether
	// Mesos itself runs them.
	limited, byMesos bool
	conditions       []condition
	// reasons are those of shortfalls by kind, of conditions behind the fixed ones, and
	// kinds the kind of each condition.
	reasons []string
	kinds   []int
	// moving reports whether a condition depends on what runs where.
	moving bool
	// barren reports whether no vacancy fitted at a version of the field.
	barren   bool
	barrenAt uint64
	// looks counts how often a vacancy was looked at: what the work grows with.
	looks uint64
	// used is the last question about the class.
	used uint64
}

// The kinds of shortfalls that do not come of constraints.
const (
	lacksCPUs = iota
	lacksMem
	lacksDisk
	lacksGPUs
	lacksPorts
	lacksTime
	lacksLimits
)

// reading is a group that has been read: its class, its affinities, and the attributes
// that it speaks of but the host name.
type reading struct {
	*class
	affinities []affinity
	speaks     []string
	used       uint64
}

// read reads a group, once for as long as it is asked about.
func (m *Matcher) read(g *job.Group) *reading {
	r := m.byGroup[g]
	if r == nil {
		key := classKey(g)
		c := m.classes[key]
		if c == nil {
			c = m.newClass(g)
			m.classes[key] = c
		}
		r = &reading{class: c, affinities: m.affinities(g), speaks: spoken(g)}
		m.byGroup[g] = r
	}
	r.used, r.class.used = m.question, m.question
	return r
}

func (m *Matcher) affinities(g *job.Group) []affinity {
	var all []affinity
	for _, a := range g.Affinities {
		c := condition{Constraint: job.Constraint{Attribute: a.Attribute, Operator: a.Operator, Value: a.Value}}
		if c.Operator == job.OpLike || c.Operator == job.OpUnlike {
			c.expression = m.expression(c.Value)
		}
		all = append(all, affinity{condition: c, weight: int(a.Weight)})
	}
	return all
}

// spoken are the attributes whose values matter to the peers of a group's tasks.
func spoken(g *job.Group) []string {
	names := []string{}
	for _, c := range g.Constraints {
		names = append(names, c.Attribute)
	}
	for _, s := range g.Spread {
		names = append(names, s.Attribute)
	}
	return names
}

func (m *Matcher) newClass(g *job.Group) *class {
	c := &class{
		use: Needs(g), ports: g.Ports, conditions: m.conditions(g), limited: g.Resources.Limited(), byMesos: g.Container.ByMesos(),
		reasons: []string{"cpus", "mem", "disk", "gpus", "ports", "maintenance", "limits"},
	}
	kinds := map[string]int{}
	for i := range c.conditions {
		one := &c.conditions[i]
		c.moving = c.moving || one.moving()
		reason := "constraint " + one.Attribute + " " + one.Operator
		kind, ok := kinds[reason]
		if !ok {
			kind = len(c.reasons)
			kinds[reason] = kind
			c.reasons = append(c.reasons, reason)
		}
		c.kinds = append(c.kinds, kind)
	}
	return c
}

// forget drops the classes that nothing asks for any more.
func (m *Matcher) forget() {
	for key, c := range m.classes {
		if c.used != m.question {
			delete(m.classes, key)
		}
	}
	for g, r := range m.byGroup {
		if r.used != m.question {
			delete(m.byGroup, g)
		}
	}
}

// classKey is the same for groups that ask the same of an agent.
func classKey(g *job.Group) string {
	var b strings.Builder
	use := Needs(g)
	fmt.Fprintf(&b, "%d %d %d %d %t %t", use.CPUs, use.Mem, use.Disk, use.GPUs, g.Resources.Limited(), g.Container.ByMesos())
	for _, p := range g.Ports {
		fmt.Fprintf(&b, " %d/%s", p.Host, p.Protocol)
	}
	for _, c := range g.Constraints {
		fmt.Fprintf(&b, " %q %q %q", c.Attribute, c.Operator, c.Value)
	}
	return b.String()
}

// possible reports whether a vacancy fits as far as that does not depend on what runs
// where.
func (c *class) possible(v *vacancy) bool {
	c.looks++
	use, free := &c.use, &v.free
	if use.CPUs > free.CPUs || use.Mem > free.Mem || use.Disk > free.Disk || use.GPUs > free.GPUs || v.closing || !c.capable(v) {
		return false
	}
	for i := range c.conditions {
		if one := &c.conditions[i]; !one.moving() && !one.met(v.attributes, nil, 0) {
			return false
		}
	}
	_, ok := v.pick(c.ports)
	return ok
}

// capable reports whether the agent keeps the limits of the tasks, as far as is known.
func (c *class) capable(v *vacancy) bool {
	incapable := v.incapable.Any || c.byMesos && v.incapable.ByMesos
	return !c.limited || !incapable
}

// hopeless reports whether it is known that no vacancy fits: none did, and of those
// that are news since none does.
func (c *class) hopeless(f *field) bool {
	if !c.barren {
		return false
	}
	news, known := f.since(c.barrenAt)
	c.barren = known
	for _, v := range news {
		if !v.gone && c.possible(v) {
			c.barren = false
			break
		}
	}
	c.barrenAt = f.version()
	return c.barren
}

// fruitless remembers that no vacancy fits at present.
func (c *class) fruitless(f *field) { c.barren, c.barrenAt = true, f.version() }
