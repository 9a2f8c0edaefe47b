package planning

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// DecideHeld is Decide while the log has no space for another task.
func DecideHeld(j *cluster.Job, now time.Time) Decision { return decide(nil, j, now, true, nil) }

// DecideHeldAmong is DecideHeld among other jobs.
func DecideHeldAmong(around Around, j *cluster.Job, now time.Time) Decision {
	return decide(around, j, now, true, nil)
}
