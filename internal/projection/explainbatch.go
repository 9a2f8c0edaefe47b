package projection

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
)

// failures tells of the tasks that failed for good of a job which can do without them.
func (e *Explanation) failures(j *cluster.Job, v Job) {
	if j.Over() || j.Spec == nil || j.Spec.Success == job.SuccessAll {
		return
	}
	for _, g := range v.Groups {
		if g.Tasks.Failed == 0 {
			continue
		}
		needed := j.Spec.Success.Of(uint64(v.Tasks.Wanted))
		e.Reasons = append(e.Reasons, Reason{
			Code: CodeFailed, Group: g.Name, Tasks: g.Tasks.Failed,
			Message: fmt.Sprintf("%s of group %s failed for good; %d of %d have to end well, %d did so far",
				tasks(g.Tasks.Failed), g.Name, needed, v.Tasks.Wanted, v.Tasks.Finished),
		})
	}
}

// kept says until when a job that is over stays in the lists, where it leaves them by itself.
func kept(j *cluster.Job) string {
	until := j.ExpiresAt()
	if until.IsZero() {
		return ""
	}
	return "; it stays in the lists until " + until.UTC().Format(time.RFC3339)
}
