package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/after"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
)

// Around is what a decision about a job looks at of the others.
type Around interface {
	after.Jobs
	// AgentPlans are what is planned with agents.
	AgentPlans() *cluster.Agents
	// Unlisted is the accepted loss after which it is not known yet what Mesos runs.
	Unlisted() (cluster.Loss, bool)
	// Hears says when somebody listened to Mesos.
	Hears() *cluster.Hearing
	// Forbidden says why no task of a version of a job is started anew, Admitted how many of
	// each group quotas leave room for.
	Forbidden(j *cluster.Job, version uint64) []policy.Violation
	Admitted(j *cluster.Job) []policy.Admitted
}

// waits reports whether a group is not to be started yet, since what it comes after is not
// up. One that has tasks was started, and is kept up.
func (s *slots) waits(g *job.Group, around Around) bool {
	if len(s.held[g.Name]) > 0 {
		return false
	}
	if _, unmet := after.Group(s.job, g); unmet {
		return true
	}
	_, unmet := after.Job(s.job, around)
	return unmet
}

// holds reports whether a task of a job that is over is not to be ended yet, as what comes
// after its group lives. When time alone will change that is noted as a wake.
func (s *slots) holds(held map[string]time.Time, t *cluster.Task) bool {
	until, waits := held[t.Group]
	if !waits || t.Run != s.job.Run {
		return false
	}
	s.wake = earlier(s.wake, until)
	return true
}
