package simulated

import (
	"context"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// Options configure an Executor. The delays may be overridden by labels of a task.
type Options struct {
	// Sink takes the states of all runs. Required.
	Sink executor.Sink
	// Log is where what goes wrong is told.
	Log zerolog.Logger
	// AgentID and AgentIP are as for the other executors; nothing here needs them.
	AgentID string
	AgentIP string
	// StartDelay is the time from Launch to TASK_RUNNING (label sim.start_delay).
	StartDelay time.Duration
	// RunFor is the time from TASK_RUNNING to the end of a task whose command does
	// not say (label sim.run_for). Zero means until killed.
	RunFor time.Duration
	// KillDelay is the time from Kill to the end, at most the grace (label sim.kill_delay).
	KillDelay time.Duration
	// ExitCode is the status of tasks whose command does not say (label sim.exit_code).
	ExitCode int
}

// Executor plays tasks by timers.
type Executor struct {
}

// New returns an executor.
func New(opts Options) *Executor {
	return &Executor{}
}

// Launch implements executor.Executor.
func (e *Executor) Launch(ctx context.Context, t executor.Task) {}

// Kill implements executor.Executor.
func (e *Executor) Kill(run executor.Run, grace time.Duration) {}

// Recover implements executor.Executor.
func (e *Executor) Recover(ctx context.Context, t executor.Task, last mesos.TaskState) {}

// Close implements executor.Executor.
func (e *Executor) Close() error { return nil }
