package legacy

import (
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// The states of a job in the original's numbers.
const (
	pending = 1
	running = 2
	stopped = 3
	unknown = 4
)

// viewOf shows a job as the original did.
func viewOf(v projection.Job) job.LegacyJob {
	state := stateOf(v.State)
	if v.Spec == nil {
		return job.LegacyJob{ID: v.ID, State: state}
	}
	return v.Spec.Legacy(state)
}

func stateOf(s projection.JobState) int {
	switch s {
	case projection.StatePending:
		return pending
	case projection.StateRunning, projection.StateAhead:
		return running
	case projection.StateStopping, projection.StateStopped, projection.StateCompleted, projection.StateFailed:
		return stopped
	}
	return unknown
}
