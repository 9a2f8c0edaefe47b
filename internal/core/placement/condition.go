package placement

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/milosgajdos/taurus/internal/job"
)

// expressionsMax bounds the expressions that a matcher remembers.
const expressionsMax = 1024

// condition is a constraint whose value has been read.
type condition struct {
	job.Constraint
	// expression is that of like and unlike, nil if the value is none.
	expression *regexp.Regexp
	// number is the value, 0 if it is no number.
	number int
}

func (m *Matcher) conditions(g *job.Group) []condition {
	all := make([]condition, 0, len(g.Constraints))
	for _, constraint := range g.Constraints {
		c := condition{Constraint: constraint}
		switch c.Operator {
		case job.OpLike, job.OpUnlike:
			c.expression = m.expression(c.Value)
		case job.OpMaxPer, job.OpGroupBy:
			if n, err := strconv.Atoi(c.Value); err == nil {
				c.number = n
			}
		}
		all = append(all, c)
	}
	return all
}

// expression compiles the value of a constraint when it is first seen.
func (m *Matcher) expression(value string) *regexp.Regexp {
	if re, ok := m.expressions[value]; ok {
		return re
	}
	if m.expressions == nil || len(m.expressions) == expressionsMax {
		m.expressions = map[string]*regexp.Regexp{} // Those still in use come back.
	}
	re, err := regexp.Compile("^(?:" + value + ")$")
	if err != nil {
		re = nil
	}
	m.expressions[value] = re
	return re
}

// moving reports whether it depends on what runs where, and not on the agent alone.
func (c *condition) moving() bool {
	switch c.Operator {
	case job.OpIs, job.OpIsNot, job.OpLike, job.OpUnlike:
		return false
	}
	return true
}

// returning reports whether a vacancy that does not meet it may do so again while tasks
// are placed: evened out over the values in use, one that is ahead waits for the others.
func (c *condition) returning() bool { return c.Operator == job.OpGroupBy && c.number == 0 }

// met reports whether an agent meets the condition. An agent without the attribute
// meets the negative ones only.
func (c *condition) met(attributes map[string]string, peers *peers, replicas int) bool {
	value, has := attributes[c.Attribute]
	if !has {
		return c.Operator == job.OpIsNot || c.Operator == job.OpUnlike
	}
	switch c.Operator {
	case job.OpIs:
		return value == c.Value
	case job.OpIsNot:
		return value != c.Value
	case job.OpLike, job.OpUnlike:
		return c.expression != nil && c.expression.MatchString(value) == (c.Operator == job.OpLike)
	}
	here := peers.counts[c.Attribute][value]
	switch c.Operator {
	case job.OpUnique:
		return here == 0
	case job.OpMaxPer:
		return here < c.number
	case job.OpCluster:
		return here == peers.total && (c.Value == "" || value == c.Value)
	case job.OpGroupBy:
		return c.balanced(here, peers.counts[c.Attribute], replicas)
	}
	return true
}

// balanced reports whether group_by is met: no value may get more than its share of
// the replicas over as many values as the constraint names, or as are in use.
func (c *condition) balanced(here int, counts map[string]int, replicas int) bool {
	if c.number > 0 {
		return here < c.share(replicas)
	}
	for _, n := range counts {
		if here > n {
			return false
		}
	}
	return true
}

func (c *condition) share(replicas int) int { return (replicas + c.number - 1) / c.number }

// complaint says how an agent misses a condition that is not met.
func (c *condition) complaint(attributes map[string]string, peers *peers, replicas int) string {
	value, has := attributes[c.Attribute]
	if !has {
		return c.Attribute + ": the agent has no such attribute"
	}
	text := ""
	switch c.Operator {
	case job.OpIs:
		return c.Attribute + ": " + value + ", " + c.Value + " wanted"
	case job.OpIsNot:
		text = "is excluded"
	case job.OpLike, job.OpUnlike:
		text = "does not fit " + c.Operator + " " + c.Value
	case job.OpUnique:
		text = "runs a task of the group already"
	case job.OpMaxPer:
		text = fmt.Sprintf("runs %d tasks of the group, %s allowed", peers.counts[c.Attribute][value], c.Value)
	case job.OpCluster:
		text = "is not where the group's other tasks are"
	case job.OpWithJob:
		text = "runs no task of the job " + c.Value
	case job.OpWithoutJob:
		text = "runs a task of the job " + c.Value
	case job.OpGroupBy:
		text = "runs more tasks of the group than others"
		if c.number > 0 {
			text = fmt.Sprintf("has its share of %d tasks", c.share(replicas))
		}
	}
	return c.Attribute + ": " + value + " " + text
}
