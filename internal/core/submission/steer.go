package submission

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Steer asks something of a job's rollout.
type Steer struct {
	// Action is one of events: pause, resume, promote, cancel, rollback.
	Action string
	// To is the version that a rollback goes to; 0 is the one that stood before.
	To     uint64
	Reason string
	// Seen is as that of Scale.
	Seen []Version
}

func (c Steer) decide(j *cluster.Job) (events.Event, error) {
	if err := changeable(j, c.Seen); err != nil {
		return nil, err
	}
	if j.Spec.Kind != job.KindService {
		return nil, ErrNotRolled
	}
	ev := events.RolloutSteered{Run: j.Run, Version: j.Target, Action: c.Action, Reason: c.Reason}
	if j.Rollout.Began != 0 {
		ev.Version = j.Rollout.Version
	}
	so, err := c.is(j)
	switch {
	case err != nil:
		return nil, err
	case so:
		return nil, nil
	}
	if c.Action == events.RolloutRollback {
		ev.To = c.to(j)
	}
	return ev, nil
}

// is reports whether what is asked for is so already, or why it cannot be.
func (c Steer) is(j *cluster.Job) (bool, error) {
	o := &j.Rollout
	switch c.Action {
	case events.RolloutPause:
		return o.Status == cluster.RolloutPaused, active(o)
	case events.RolloutResume:
		if !o.Unfinished() {
			return false, ErrNoRollout
		}
		return o.Status == cluster.RolloutRolling, nil
	case events.RolloutPromote:
		if err := active(o); err != nil {
			return false, err
		}
		if j.Spec.Rollout == nil || j.Spec.Rollout.Canary == 0 {
			return false, ErrNoCanary
		}
		return o.Promoted, nil
	case events.RolloutCancel:
		if o.Status == cluster.RolloutCancelled {
			return true, nil
		}
		return false, active(o)
	case events.RolloutRollback:
		to := c.to(j)
		if to == 0 || j.SpecOf(to) == nil {
			return false, ErrNoVersion
		}
		return to == j.Target && !o.Unfinished(), nil
	}
	return false, ErrNoAction
}

// to is the version that a rollback goes to.
func (c Steer) to(j *cluster.Job) uint64 {
	if c.To == 0 {
		return j.Rollout.From
	}
	return c.To
}

func active(o *cluster.Rollout) error {
	if !o.Active() {
		return ErrNoRollout
	}
	return nil
}
