package legacy

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

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

// jobs are all of them that somebody may read as the original showed them, each made as it
// is sent.
type jobs struct {
	list []projection.Listed
	sees func(id string) bool
}

// MarshalJSONTo implements json.MarshalerTo.
func (all jobs) MarshalJSONTo(out *jsontext.Encoder) error {
	if err := out.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for _, v := range all.list {
		if !all.sees(v.ID) {
			continue
		}
		if err := json.MarshalEncode(out, viewOf(v)); err != nil {
			return err
		}
	}
	return out.WriteToken(jsontext.EndArray)
}

// viewOf shows a job as the original did.
func viewOf(v projection.Listed) job.LegacyJob {
	state := stateOf(v.State)
	if v.Spec == nil {
		return job.LegacyJob{ID: v.ID, State: state}
	}
	return v.Spec.Legacy(state)
}

func stateOf(s projection.JobState) int {
	switch s {
	case projection.StatePending, projection.StateCrashLooping:
		return pending
	case projection.StateRunning, projection.StateAhead, projection.StateUnhealthy, projection.StateScheduled, projection.StatePaused, projection.StateDispatchable:
		return running
	case projection.StateStopping, projection.StateStopped, projection.StateCompleted, projection.StateFailed:
		return stopped
	}
	return unknown
}
