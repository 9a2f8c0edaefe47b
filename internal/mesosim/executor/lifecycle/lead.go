package lifecycle

import (
	"context"
	"errors"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/pause"
)

// lead takes a run from its last known state to its end, or until ctx is done.
// A run that may have been started before is looked for first.
func (m *Manager) lead(ctx context.Context, r *run, last mesos.TaskState, look bool) {
	if !executor.Terminal(last) {
		end, ok := m.play(ctx, r, last, look)
		if !ok || !m.emit(ctx, r, end) {
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetTimeout)
	defer cancel()
	if err := m.opts.Driver.Forget(ctx, r.task.Run); err != nil {
		m.log(r.task.Run).Warn().Err(err).Msg("cannot remove what is left of a run; the next sweep will")
		return
	}
	if err := m.marks.remove(r.task.Run.ContainerID); err != nil {
		m.log(r.task.Run).Warn().Err(err).Msg("cannot remove the folder of a run")
	}
}

// emit hands a state to the sink unless ctx is done, and reports whether it did.
func (m *Manager) emit(ctx context.Context, r *run, s executor.Status) bool {
	if ctx.Err() != nil {
		return false
	}
	m.opts.Sink(r.task.Run, s)
	return true
}

// play returns the terminal state of a run; false means that ctx is done.
func (m *Manager) play(ctx context.Context, r *run, last mesos.TaskState, look bool) (executor.Status, bool) {
	var w Workload
	if look {
		w = m.find(ctx, r)
		if ctx.Err() != nil {
			return executor.Status{}, false
		}
	}
	if last == mesos.TASK_STAGING {
		return m.launch(ctx, r, w)
	}
	if last == mesos.TASK_STARTING {
		return m.start(ctx, r, w)
	}
	return m.resume(ctx, r, w, last)
}

// find returns nil for a run that was never started. Any other failure says
// nothing about the run, so it looks again.
func (m *Manager) find(ctx context.Context, r *run) Workload {
	for {
		w, err := m.opts.Driver.Find(ctx, r.task)
		if err == nil {
			return w
		}
		if errors.Is(err, ErrNotFound) || ctx.Err() != nil {
			return nil
		}
		m.log(r.task.Run).Error().Err(err).Msg("cannot look for a run; trying again")
		if pause.For(ctx, retryInterval) != nil {
			return nil
		}
	}
}

// launch takes a run of which nobody knows anything yet.
func (m *Manager) launch(ctx context.Context, r *run, w Workload) (executor.Status, bool) {
	if w == nil {
		if end, failed := m.prepare(ctx, r); failed {
			return end, ctx.Err() == nil
		}
	}
	if !m.emit(ctx, r, executor.Status{State: mesos.TASK_STARTING, Source: mesos.SOURCE_EXECUTOR}) {
		return executor.Status{}, false
	}
	return m.start(ctx, r, w)
}

// resume stays with a run that is known to have been running.
func (m *Manager) resume(ctx context.Context, r *run, w Workload, last mesos.TaskState) (executor.Status, bool) {
	if w == nil {
		return vanished(m.opts.Vanished, r.condemned()), true
	}
	d, ok := m.describe(ctx, r, w)
	if !ok {
		return executor.Status{}, false
	}
	return m.watch(ctx, r, w, d, last == mesos.TASK_KILLING)
}

// prepare gets what the run needs. A kill meanwhile ends it at once.
func (m *Manager) prepare(ctx context.Context, r *run) (end executor.Status, failed bool) {
	prepareCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- m.opts.Driver.Prepare(prepareCtx, r.task) }()
	var err error
	select {
	case <-r.killed:
		cancel()
		<-done //nolint:errcheck // The kill ended it, whatever Prepare says.
		return killedEarly(), true
	case err = <-done:
	}
	if r.condemned() != nil {
		return killedEarly(), true
	}
	if err != nil {
		return launchFailed(err), true
	}
	return executor.Status{}, false
}

// start brings a run to TASK_RUNNING and stays with it.
func (m *Manager) start(ctx context.Context, r *run, w Workload) (executor.Status, bool) {
	if w == nil {
		if k := r.condemned(); k != nil {
			return startFailed(errKilledBeforeStart, k), true
		}
		var err error
		w, err = m.opts.Driver.Start(ctx, r.task)
		if ctx.Err() != nil {
			return executor.Status{}, false
		}
		if errors.Is(err, ErrVanished) {
			return vanished(m.opts.Vanished, r.condemned()), true
		}
		if err != nil {
			return startFailed(err, r.condemned()), true
		}
	}
	d, ok := m.describe(ctx, r, w)
	if !ok || !m.emit(ctx, r, running(d)) {
		return executor.Status{}, false
	}
	return m.watch(ctx, r, w, d, false)
}

var errKilledBeforeStart = &StartError{Message: "Killed before it was started"}

func running(d Description) executor.Status {
	return executor.Status{
		State: mesos.TASK_RUNNING, Source: mesos.SOURCE_EXECUTOR, Data: d.Data, IPs: d.IPs, PID: d.PID,
	}
}

func (m *Manager) describe(ctx context.Context, r *run, w Workload) (Description, bool) {
	d, err := w.Describe(ctx)
	if ctx.Err() != nil {
		return d, false
	}
	if err != nil {
		m.log(r.task.Run).Warn().Err(err).Msg("cannot describe a run; its state goes out without data")
	}
	return d, true
}
