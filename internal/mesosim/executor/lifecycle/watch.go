package lifecycle

import (
	"context"
	"errors"
	"sync"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/health"
	"github.com/milosgajdos/taurus/internal/pause"
)

// ending is what became of a workload.
type ending struct {
	exit     Exit
	vanished bool
}

// watcher stays with a workload that has been started.
type watcher struct {
	manager  *Manager
	run      *run
	workload Workload
	running  executor.Status // what TASK_RUNNING said, for health updates to repeat
	healthy  *bool           // what the last health update said
	killing  bool            // TASK_KILLING is out, or not wanted any more

	helpers  sync.WaitGroup
	unwatch  context.CancelFunc // ends the health checks
	unstop   context.CancelFunc // ends the stop under way
	findings chan health.Finding
	checks   chan *mesos.CheckStatusInfo
}

// watch returns the terminal state of a started run; false means that ctx is done.
func (m *Manager) watch(ctx context.Context, r *run, w Workload, d Description, killing bool) (executor.Status, bool) {
	ctx, cancel := context.WithCancel(ctx)
	v := &watcher{
		manager: m, run: r, workload: w, running: running(d), killing: killing, healthy: r.task.Healthy,
		unstop: func() {}, findings: make(chan health.Finding), checks: make(chan *mesos.CheckStatusInfo),
	}
	v.running.Data = nil
	defer v.helpers.Wait()
	defer cancel()

	ended := make(chan ending, 1)
	v.helpers.Go(func() { ended <- v.wait(ctx) })
	v.check(ctx)
	expired, stop := deadline(r.task.Info.MaxCompletionTime, d.Since)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return executor.Status{}, false
		case e := <-ended:
			return v.end(e), ctx.Err() == nil
		case <-r.asked:
			v.kill(ctx)
		case <-expired:
			if r.condemned() == nil { // A kill under way keeps its grace.
				m.condemn(r, mark{Cause: causeExpired})
			}
		case h := <-v.findings:
			v.health(ctx, h)
		case c := <-v.checks:
			v.checked(ctx, c)
		}
	}
}

// deadline is a timer for max_completion_time; without one, or with one of zero,
// it never fires.
func deadline(limit *mesos.DurationInfo, since time.Time) (<-chan time.Time, func() bool) {
	if limit.GetNanoseconds() <= 0 {
		return nil, func() bool { return false }
	}
	if since.IsZero() {
		since = time.Now()
	}
	t := time.NewTimer(time.Until(since.Add(time.Duration(limit.Nanoseconds))))
	return t.C, t.Stop
}

// wait returns once the workload has ended or vanished, or ctx is done. Any other
// failure says nothing about the workload, so it waits again.
func (v *watcher) wait(ctx context.Context) ending {
	for {
		exit, err := v.workload.Wait(ctx)
		if err == nil || errors.Is(err, ErrVanished) || ctx.Err() != nil {
			return ending{exit: exit, vanished: err != nil}
		}
		v.manager.log(v.run.task.Run).Error().Err(err).Msg("lost sight of a run; looking again")
		if pause.For(ctx, retryInterval) != nil {
			return ending{vanished: true}
		}
	}
}

func (v *watcher) end(e ending) executor.Status {
	k := v.run.condemned()
	if e.vanished {
		return vanished(v.manager.opts.Vanished, k)
	}
	return endOf(v.manager.opts.Noun, e.exit, k)
}

// check starts the checks and health checks, if the task has any.
func (v *watcher) check(ctx context.Context) {
	ctx, v.unwatch = context.WithCancel(ctx)
	if c := v.run.task.Info.Check; c != nil && v.run.condemned() == nil {
		v.follow(ctx, c)
	}
	hc := v.run.task.Info.HealthCheck
	if hc == nil || v.run.condemned() != nil {
		return
	}
	probe := func(ctx context.Context) error {
		err := v.workload.Probe(ctx, hc)
		if err != nil {
			v.manager.log(v.run.task.Run).Debug().Err(err).Msg("health check failed")
		}
		return err
	}
	past := health.Past{Start: v.run.task.Started, Healthy: v.run.task.Healthy}
	v.helpers.Go(func() {
		health.Watch(ctx, health.SettingsOf(hc), past, probe, func(h health.Finding) {
			select {
			case v.findings <- h:
			case <-ctx.Done():
			}
		})
	})
}

func (v *watcher) follow(ctx context.Context, c *mesos.CheckInfo) {
	w, ok := v.workload.(Checker)
	if !ok {
		return
	}
	check := func(ctx context.Context) *mesos.CheckStatusInfo { return w.Check(ctx, c) }
	v.helpers.Go(func() {
		health.Follow(ctx, c, v.run.task.Check, check, func(s *mesos.CheckStatusInfo) {
			select {
			case v.checks <- s:
			case <-ctx.Done():
			}
		})
	})
}

// checked tells what a check has found.
func (v *watcher) checked(ctx context.Context, c *mesos.CheckStatusInfo) {
	if v.run.condemned() != nil {
		return
	}
	s := v.running
	s.Reason, s.Check, s.Healthy = mesos.REASON_TASK_CHECK_STATUS_UPDATED.Enum(), c, v.healthy
	v.manager.emit(ctx, v.run, s)
}

func (v *watcher) health(ctx context.Context, h health.Finding) {
	if v.run.condemned() != nil {
		return
	}
	s := v.running
	s.Reason = mesos.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED.Enum()
	s.Healthy = &h.Healthy
	v.healthy = s.Healthy
	if v.manager.emit(ctx, v.run, s) && h.Kill {
		v.manager.condemn(v.run, mark{Cause: causeUnhealthy, Grace: v.grace()})
	}
}

// grace is for kills that nobody asked for.
func (v *watcher) grace() time.Duration {
	if p := v.run.task.Info.KillPolicy; p != nil && p.GracePeriod != nil {
		return time.Duration(p.GracePeriod.Nanoseconds)
	}
	return v.manager.opts.Grace
}

// kill begins to stop the workload, or begins again with another grace.
func (v *watcher) kill(ctx context.Context) {
	k := v.run.condemned()
	v.unwatch()
	if !v.killing && k.Cause != causeExpired && v.run.task.KillingState {
		s := executor.Status{State: mesos.TASK_KILLING, Source: mesos.SOURCE_EXECUTOR, PID: v.running.PID}
		if !v.manager.emit(ctx, v.run, s) {
			return
		}
	}
	v.killing = true
	v.unstop()
	stopCtx, cancel := context.WithCancel(ctx)
	v.unstop = cancel
	grace := k.Grace
	if v.manager.opts.GraceShrinks {
		grace = max(0, time.Until(k.Since.Add(grace)))
	}
	v.helpers.Go(func() {
		defer cancel()
		if err := v.workload.Stop(stopCtx, grace); err != nil && stopCtx.Err() == nil {
			v.manager.log(v.run.task.Run).Error().Err(err).Msg("cannot stop a run")
		}
	})
}
