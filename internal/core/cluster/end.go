package cluster

import (
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/core/taskstate"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// End is how the task ended, as far as what follows depends on it.
func (t *Task) End() restart.End {
	e := restart.End{
		State: t.State, Reason: t.Status.Reason, Message: t.Status.Message, Exit: t.Status.Exit, At: t.EndedAt,
		Began: !t.RunningAt.IsZero(), Unhealthy: t.Unhealthy(), Doomed: t.Doom != nil,
	}
	if t.Doom != nil {
		e.Doom = t.Doom.Class
	}
	if e.Began && !t.Live() {
		e.Ran = t.EndedAt.Sub(t.RunningAt)
	}
	return e
}

// Ending is what its end will be, of a task that is being killed.
func (t *Task) Ending() restart.End {
	e := t.End()
	if e.State == Killing {
		e.State = taskstate.Killed
	}
	return e
}

// Unhealthy reports whether its health check failed when it was last heard of.
func (t *Task) Unhealthy() bool { return t.Healthy != nil && !*t.Healthy }

// Setting is what is told of the task besides its end; g is its group, nil if that is
// not known.
func (t *Task) Setting(g *job.Group) restart.Setting {
	s := restart.Setting{Memory: t.Resources.Mem, ChecksFailed: t.ChecksFailed}
	if t.Doom != nil {
		s.Doom = t.Doom.Reason
	}
	if g != nil && g.HealthCheck != nil {
		s.Check = g.HealthCheck.Words()
	}
	return s
}

// checked notes what a status says of the task's health. A status that was there
// before, or that the master repeats, is not another check.
func (t *Task) checked(ev events.TaskStatusChanged) {
	if ev.Healthy == nil {
		return
	}
	switch again := len(ev.UUID) == 0 || string(ev.UUID) == t.Status.UUID; {
	case *ev.Healthy:
		t.ChecksFailed = 0
	case ev.Reason == "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED" && !again:
		t.ChecksFailed++
	}
	t.Healthy = ev.Healthy
}
