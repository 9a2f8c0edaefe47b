package planning

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// overtime fails a job that takes longer than it may. What its tasks have come to is
// looked at first: a job that is done is not failed for having been looked at late.
func overtime(j *cluster.Job, s slots, now time.Time) Decision {
	due := j.Deadline()
	switch {
	case due.IsZero():
		return Decision{}
	case now.Before(due):
		return Decision{Wake: due}
	}
	if ev, ends := conclude(j, s).(events.JobCompleted); ends {
		return Decision{Event: ev, Cause: newest(j)}
	}
	return Decision{Event: events.JobFailed{Run: j.Run, Reason: overrun(j.Spec.TimeLimit)}, Cause: newest(j)}
}

// overrun is what users read of it.
func overrun(limit job.Duration) string {
	return fmt.Sprintf("ran longer than its time limit of %s", limit)
}
