package submission

import (
	"maps"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// RunsMax is how many runs of a job that were asked for go on at once.
const RunsMax = 1000

// RunNow asks for a run of a periodic job, whatever its schedule says.
type RunNow struct {
	Reason string
	// Key is the client's idempotency key, empty for none.
	Key string
	// Seen is as that of Scale.
	Seen []Version
}

// Dispatch asks for a run of a batch job that runs when it is asked to.
type Dispatch struct {
	Parameters map[string]string
	Reason     string
	// Key is the client's idempotency key, empty for none.
	Key string
	// Seen is as that of Scale.
	Seen []Version
	// Limits bound the parameters.
	Limits job.Limits
}

// SteerSchedule asks for the schedule of a periodic job to wait, or to go on.
type SteerSchedule struct {
	// Action is events.SchedulePause or events.ScheduleResume.
	Action string
	Reason string
	// Seen is as that of Scale.
	Seen []Version
}

func (c RunNow) decide(j *cluster.Job) (events.Event, error) {
	if err := changeable(j, c.Seen); err != nil {
		return nil, err
	}
	if j.Spec.Kind != job.KindPeriodic {
		return nil, ErrNotPeriodic
	}
	return request(j, nil, c.Key, c.Reason)
}

func (c Dispatch) decide(j *cluster.Job) (events.Event, error) {
	if err := changeable(j, c.Seen); err != nil {
		return nil, err
	}
	if j.Spec.Dispatch == nil {
		return nil, ErrNotDispatched
	}
	if err := j.Spec.Dispatch.Check(c.Parameters, c.Limits); err != nil {
		return nil, err
	}
	return request(j, c.Parameters, c.Key, c.Reason)
}

// request asks for a run. One that was asked for under the same key is there already.
func request(j *cluster.Job, parameters map[string]string, key, reason string) (events.Event, error) {
	if run := Requested(j, key); run != nil {
		if !maps.Equal(run.Parameters, parameters) {
			return nil, ErrKeyUsed
		}
		return nil, nil
	}
	if len(j.Series.Live()) >= RunsMax {
		return nil, ErrTooManyRuns
	}
	return events.RunRequested{
		Run: j.Run, Version: j.Version, Number: j.Series.Number + 1, Parameters: parameters, IdempotencyKey: key, Reason: reason,
	}, nil
}

// Requested finds the run of a job that was asked for under a key, nil if there is none
// that is kept.
func Requested(j *cluster.Job, key string) *cluster.Run {
	if key == "" || j == nil || j.Series == nil {
		return nil
	}
	for i := range j.Series.Runs {
		if run := &j.Series.Runs[i]; run.Key == key {
			return run
		}
	}
	return nil
}

func (c SteerSchedule) decide(j *cluster.Job) (events.Event, error) {
	if err := changeable(j, c.Seen); err != nil {
		return nil, err
	}
	phase := j.Series.Phase()
	if j.Spec.Kind != job.KindPeriodic || phase == nil {
		return nil, ErrNotPeriodic
	}
	if phase.Paused == (c.Action == events.SchedulePause) {
		return nil, nil
	}
	return events.ScheduleSteered{Run: j.Run, Action: c.Action, Reason: c.Reason}, nil
}
