package launching

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
)

// permits remembers which specs a policy forbids to be started anew: a line of tasks is looked
// at with every offer. Specs and rules are never changed in place.
type permits struct {
	rules     *policy.Policy
	forbidden map[*job.Spec]bool
}

// forbidden reports whether a task of a version of a job is not to be started, though it is
// planned: the policy has become stricter since.
func (m *Machine) forbidden(j *cluster.Job, version uint64) bool {
	p := &m.permits
	if m.state.Rules == nil {
		return false
	}
	if p.rules != m.state.Rules {
		*p = permits{m.state.Rules, map[*job.Spec]bool{}}
	}
	spec := j.SpecOf(version)
	forbids, known := p.forbidden[spec]
	if !known {
		forbids = len(m.state.Forbidden(j, version)) > 0
		if len(p.forbidden) >= permitsMax {
			clear(p.forbidden)
		}
		p.forbidden[spec] = forbids
	}
	return forbids
}

// permitsMax bounds what is remembered: specs that nobody has any more are not let go else.
const permitsMax = 10_000
