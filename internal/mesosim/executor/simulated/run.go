package simulated

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/health"
)

type kind int

const (
	begin   kind = iota // launched or recovered
	start               // the start delay is over
	end                 // the task ends by itself
	expire              // max_completion_time is over
	healthy             // the first health check
	kill                // asked from outside
	die                 // the kill takes effect
)

type event struct {
	kind  kind
	grace time.Duration // of a kill
}

// run is one task. Its events are played one after the other, by whoever posts
// while nobody else does, so the sink is never called twice at once for a run
// and never by a caller of the executor, who may hold the lock that it needs.
type run struct {
	task executor.Task
	plan plan

	mu     sync.Mutex
	queue  []event
	busy   bool
	timers []*time.Timer

	// These belong to whoever plays.
	last    mesos.TaskState
	killed  bool
	diesAt  time.Time
	signal  string
	expired bool
}

func (r *run) post(e *Executor, ev event) {
	r.mu.Lock()
	r.queue = append(r.queue, ev)
	if r.busy {
		r.mu.Unlock()
		return
	}
	r.busy = true
	for len(r.queue) > 0 {
		next := r.queue[0]
		r.queue = r.queue[1:]
		r.mu.Unlock()
		if !executor.Terminal(r.last) {
			r.play(e, next)
		}
		r.mu.Lock()
	}
	r.busy, r.queue = false, nil
	r.mu.Unlock()
}

func (r *run) keep(t *time.Timer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timers = append(r.timers, t)
}

func (r *run) stopTimers() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.timers {
		t.Stop()
	}
	r.timers = nil
}

func (r *run) play(e *Executor, ev event) {
	switch ev.kind {
	case begin:
		r.begin(e)
	case start:
		r.start(e)
	case end:
		e.emit(r, r.exited())
	case expire:
		r.expired = true
		e.emit(r, executor.Status{
			State:   mesos.TASK_FAILED,
			Reason:  mesos.REASON_MAX_COMPLETION_TIME_REACHED.Enum(),
			Message: r.died("Terminated"),
		})
	case healthy:
		yes := true
		e.emit(r, executor.Status{
			State:   mesos.TASK_RUNNING,
			Reason:  mesos.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED.Enum(),
			Healthy: &yes,
		})
	case kill:
		r.kill(e, ev.grace)
	case die:
		if !time.Now().Before(r.diesAt) {
			e.emit(r, executor.Status{State: mesos.TASK_KILLED, Message: r.died(r.signal)})
		}
	}
}

// begin goes on from the last state that is known.
func (r *run) begin(e *Executor) {
	if r.last == mesos.TASK_RUNNING {
		r.schedule(e, r.task.Started)
		return
	}
	if r.last == mesos.TASK_KILLING {
		e.emit(r, executor.Status{State: mesos.TASK_KILLED, Message: r.died("Killed")})
		return
	}
	if r.last != mesos.TASK_STARTING { // Launched, or nothing of it is known to anybody.
		e.emit(r, executor.Status{State: mesos.TASK_STARTING})
	}
	if r.plan.startDelay > 0 {
		e.after(r, r.plan.startDelay, event{kind: start})
		return
	}
	r.start(e)
}

func (r *run) start(e *Executor) {
	if r.killed {
		return
	}
	if r.plan.fail != "" {
		e.emit(r, executor.Status{State: mesos.TASK_FAILED, Message: r.plan.fail})
		return
	}
	r.greet(e)
	e.emit(r, executor.Status{State: mesos.TASK_RUNNING})
	r.schedule(e, time.Now())
	if hc := r.task.Info.HealthCheck; hc != nil {
		e.after(r, health.SettingsOf(hc).Delay, event{kind: healthy})
	}
}

// schedule sets the end of a task that has been running since then.
func (r *run) schedule(e *Executor, since time.Time) {
	if since.IsZero() {
		since = time.Now()
	}
	if r.plan.runFor != forever {
		e.after(r, time.Until(since.Add(r.plan.runFor)), event{kind: end})
	}
	if limit := r.task.Info.MaxCompletionTime; limit != nil {
		e.after(r, time.Until(since.Add(time.Duration(limit.Nanoseconds))), event{kind: expire})
	}
}

func (r *run) kill(e *Executor, grace time.Duration) {
	delay, signal := min(r.plan.killDelay, grace), "Terminated"
	if r.plan.ignoreTerm || r.plan.killDelay > grace {
		delay, signal = grace, "Killed"
	}
	at := time.Now().Add(delay)
	if r.killed && !at.Before(r.diesAt) {
		return // A repeated kill can only hasten the end.
	}
	first := !r.killed
	r.killed, r.diesAt, r.signal = true, at, signal
	if first && r.task.KillingState {
		e.emit(r, executor.Status{State: mesos.TASK_KILLING})
	}
	e.after(r, delay, event{kind: die})
}

// exited is the end of a task by itself; one that is being killed was killed.
func (r *run) exited() executor.Status {
	s := executor.Status{State: mesos.TASK_FINISHED, Message: fmt.Sprintf("%s exited with status %d", r.noun(), r.plan.exitCode)}
	switch {
	case r.killed:
		s.State = mesos.TASK_KILLED
	case r.plan.exitCode != 0:
		s.State = mesos.TASK_FAILED
	}
	return s
}

// died is the message of a task that a signal ended. Docker gives 128 and the signal as its status.
func (r *run) died(signal string) string {
	if r.noun() == "Command" {
		return "Command terminated with signal " + signal
	}
	if signal == "Terminated" && !r.expired {
		return "Container exited with status 143"
	}
	return "Container exited with status 137"
}

func (r *run) noun() string {
	if r.task.Info.GetContainer().GetDocker() != nil {
		return "Container"
	}
	return "Command"
}

// greet leaves a line in the sandbox, so that there is something to read.
func (r *run) greet(e *Executor) {
	if r.task.Run.Sandbox == "" {
		return
	}
	name := filepath.Join(r.task.Run.Sandbox, "stdout")
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		e.opts.Log.Debug().Err(err).Str("task", r.task.Info.TaskID.Value).Msg("no sandbox to write to")
		return
	}
	line := fmt.Sprintf("simulated task %s: %s\n", r.task.Info.TaskID.Value, r.task.Info.GetCommand().GetValue())
	_, writeErr := f.WriteString(line)
	if err := slices.DeleteFunc([]error{writeErr, f.Close()}, func(err error) bool { return err == nil }); len(err) > 0 {
		e.opts.Log.Warn().Errs("errors", err).Str("task", r.task.Info.TaskID.Value).Msg("cannot write to the sandbox")
	}
}
