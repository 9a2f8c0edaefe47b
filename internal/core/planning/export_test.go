package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// DecideLeft is Decide while so many tasks may be doomed that nobody asked for.
func DecideLeft(j *cluster.Job, now time.Time, left uint64) Decision {
	return decide(nil, j, now, false, &killBudget{bound: 1, left: left, next: now.Add(time.Second)})
}

// DecideHeld is Decide while the log has no space for another task.
func DecideHeld(j *cluster.Job, now time.Time) Decision { return decide(nil, j, now, true, nil) }

// DecideHeldAmong is DecideHeld among other jobs.
func DecideHeldAmong(around Around, j *cluster.Job, now time.Time) Decision {
	return decide(around, j, now, true, nil)
}
