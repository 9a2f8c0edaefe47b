package api

import (
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// The states of a job in the original's numbers.
const (
	legacyPending = 1
	legacyRunning = 2
	legacyStopped = 3
	legacyUnknown = 4
)

// legacyView shows a job as the original did.
func legacyView(v projection.Job) job.LegacyJob {
	state := legacyState(v.State)
	if v.Spec == nil {
		return job.LegacyJob{ID: v.ID, State: state}
	}
	return v.Spec.Legacy(state)
}

func legacyState(s projection.JobState) int {
	switch s {
	case projection.StatePending:
		return legacyPending
	case projection.StateRunning:
		return legacyRunning
	case projection.StateStopping, projection.StateStopped, projection.StateCompleted, projection.StateFailed:
		return legacyStopped
	}
	return legacyUnknown
}
