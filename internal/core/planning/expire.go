package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// expire ends the time for which a job that is over stays in the lists.
func expire(j *cluster.Job, now time.Time) Decision {
	due := j.ExpiresAt()
	switch {
	case due.IsZero():
		return Decision{}
	case now.Before(due):
		return Decision{Wake: due}
	}
	kept := time.Duration(j.Spec.KeepFor).Milliseconds()
	return Decision{Event: events.JobExpired{Run: j.Run, KeptMillis: kept}, Cause: newest(j)}
}
