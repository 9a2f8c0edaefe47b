package simulated

import (
	"context"
	"sync"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// Options configure an Executor. Labels of a task override the delays.
type Options struct {
	// Sink takes the states of all runs. Required.
	Sink executor.Sink
	// Log is where what goes wrong is told.
	Log zerolog.Logger
	// AgentID and AgentIP are as for the other executors; nothing here needs them.
	AgentID string
	AgentIP string
	// StartDelay is the time from TASK_STARTING to TASK_RUNNING.
	StartDelay time.Duration
	// RunFor is the time from TASK_RUNNING to the end of a task whose command does
	// not say. Zero means until killed.
	RunFor time.Duration
	// KillDelay is the time from Kill to the end, at most the grace.
	KillDelay time.Duration
	// ExitCode is the status of tasks whose command does not say.
	ExitCode int
}

// Executor plays tasks by timers.
type Executor struct {
	opts Options

	mu     sync.Mutex
	runs   map[string]*run // by container id
	closed bool
	steps  sync.WaitGroup // steps under way
}

// New returns an executor.
func New(opts Options) *Executor {
	return &Executor{opts: opts, runs: make(map[string]*run)}
}

// Launch implements executor.Executor. Nothing reaches the sink before it returns.
func (e *Executor) Launch(ctx context.Context, t executor.Task) {
	e.Recover(ctx, t, mesos.TASK_STAGING)
}

// Recover implements executor.Executor.
func (e *Executor) Recover(_ context.Context, t executor.Task, last mesos.TaskState) {
	r := &run{task: t, plan: planOf(t.Info, e.opts), last: last}
	e.mu.Lock()
	_, known := e.runs[t.Run.ContainerID]
	if !known && !e.closed && !executor.Terminal(last) {
		e.runs[t.Run.ContainerID] = r
	}
	e.mu.Unlock()
	if known || executor.Terminal(last) {
		return
	}
	e.after(r, 0, event{kind: begin})
}

// Kill implements executor.Executor.
func (e *Executor) Kill(run executor.Run, grace time.Duration) {
	e.mu.Lock()
	r := e.runs[run.ContainerID]
	e.mu.Unlock()
	if r != nil {
		e.after(r, 0, event{kind: kill, grace: grace})
	}
}

// Close implements executor.Executor. Nothing reaches the sink once it returned.
func (e *Executor) Close() error {
	e.mu.Lock()
	e.closed = true
	for _, r := range e.runs {
		r.stopTimers()
	}
	e.mu.Unlock()
	e.steps.Wait()
	return nil
}

// after posts an event to a run once d is over.
func (e *Executor) after(r *run, d time.Duration, ev event) {
	r.keep(time.AfterFunc(max(0, d), func() {
		e.mu.Lock()
		if e.closed {
			e.mu.Unlock()
			return
		}
		e.steps.Add(1)
		e.mu.Unlock()
		defer e.steps.Done()
		r.post(e, ev)
	}))
}

// emit hands a state to the sink.
func (e *Executor) emit(r *run, s executor.Status) {
	s.Source = mesos.SOURCE_EXECUTOR
	r.last = s.State
	e.opts.Sink(r.task.Run, s)
	if !executor.Terminal(s.State) {
		return
	}
	r.stopTimers()
	e.mu.Lock()
	delete(e.runs, r.task.Run.ContainerID)
	e.mu.Unlock()
}
