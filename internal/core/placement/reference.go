package placement

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// references are where the tasks of other jobs are that constraints name.
type references map[string]*reference

// reference is where the tasks of one job are.
type reference struct {
	// before are those that had a place before the question, during those that got one
	// while it is answered: a task may go beside the former only, as the others' places may come
	// to nothing, and away from all.
	before, during *peers
}

// refers reports whether a condition names another job.
func (c *condition) refers() bool {
	return c.Operator == job.OpWithJob || c.Operator == job.OpWithoutJob
}

// refer finds out where the jobs are that the wants name.
func (r *round) refer(jobs map[string]*cluster.Job) {
	speaks := map[string][]string{}
	for _, w := range r.wants {
		for i := range w.conditions {
			if c := &w.conditions[i]; c.refers() && !slices.Contains(speaks[c.Value], c.Attribute) {
				speaks[c.Value] = append(speaks[c.Value], c.Attribute)
			}
		}
	}
	if len(speaks) == 0 {
		return
	}
	agents := map[string]*vacancy{}
	for _, v := range r.field.all {
		agents[v.agentID] = v
	}
	r.references = references{}
	for id, names := range speaks {
		one := &reference{before: newPeers(names), during: newPeers(names)}
		r.references[id] = one
		if j := jobs[id]; j != nil {
			one.before.addAll(j, agents)
		}
	}
}

// addAll adds the tasks of a job. Where one was staged by a taurus that noted no
// attributes of its agent, those count that the agent offers with.
func (p *peers) addAll(j *cluster.Job, agents map[string]*vacancy) {
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if !placed(t) {
				continue
			}
			attributes := t.Attributes
			if v := agents[t.AgentID]; v != nil && len(attributes) == 0 {
				attributes = v.attributes
			}
			p.add(t.Hostname, attributes)
		}
	}
}

// beside reports whether a condition that names another job is met.
func (r references) beside(c *condition, attributes map[string]string) bool {
	value, has := attributes[c.Attribute]
	if !has {
		return c.Operator == job.OpWithoutJob
	}
	one := r[c.Value]
	before := one.before.counts[c.Attribute][value] > 0
	if c.Operator == job.OpWithJob {
		return before
	}
	return !before && one.during.counts[c.Attribute][value] == 0
}
