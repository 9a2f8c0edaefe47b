package launching

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// named are the jobs that constraints of what waits name; nil for none.
func named(demands []placement.Demand) map[string]bool {
	var found map[string]bool
	for _, d := range demands {
		for _, c := range d.Group.Constraints {
			if c.Operator != job.OpWithJob && c.Operator != job.OpWithoutJob {
				continue
			}
			if found == nil {
				found = map[string]bool{}
			}
			found[c.Value] = true
		}
	}
	return found
}

// moved follows tasks of a job that others wait for, or wait to be away from: what was
// declined as unfit may fit now, and is asked for again.
func (m *Machine) moved(c cluster.Change) {
	s := m.session
	if c.Job == nil || !s.named[c.Job.ID] {
		return
	}
	for _, t := range c.Tasks {
		if t.State == cluster.Staged || !t.Live() {
			s.offers.wanted, m.pending.changed = 0, true
		}
	}
}
