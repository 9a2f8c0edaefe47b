package lifecycle

import (
	"context"
	"errors"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// ErrNotFound is returned by Driver.Find for a run that was never started.
var ErrNotFound = errors.New("lifecycle: no such workload")

// ErrVanished is returned by Workload.Wait for a workload that is gone without
// having left a status.
var ErrVanished = errors.New("lifecycle: workload vanished")

// StartError is returned by Driver.Start for a task that cannot be started. Its
// message becomes the status' message as it is.
type StartError struct{ Message string }

// Error implements error.
func (e *StartError) Error() string { return e.Message }

// Driver starts workloads of one kind and finds them again. Its methods ride
// out failures that will pass (an engine that restarts) until ctx is done.
type Driver interface {
	// Prepare gets what the workload needs (files, images).
	Prepare(ctx context.Context, t executor.Task) error
	// Start starts the workload of a run, or finds it if it has been started
	// already. A started one is never started again, even if it has ended.
	Start(ctx context.Context, t executor.Task) (Workload, error)
	// Find finds the workload of a run, whether it is running or has ended.
	Find(ctx context.Context, t executor.Task) (Workload, error)
	// Forget removes what is left of a run, and ends what still runs of it. Only
	// the run's container id is sure to be set.
	Forget(ctx context.Context, run executor.Run) error
}

// Workload is something that runs, or ran.
type Workload interface {
	// Describe tells what TASK_RUNNING carries.
	Describe(ctx context.Context) (Description, error)
	// Stop ends the workload gently and, after grace, hard. It returns when the
	// workload has been told, or when ctx is done.
	Stop(ctx context.Context, grace time.Duration) error
	// Wait returns once the workload has ended and its output is in the sandbox.
	Wait(ctx context.Context) (Exit, error)
	// Probe makes one health check.
	Probe(ctx context.Context, hc *mesos.HealthCheck) error
}

// Checker is a workload that can be checked. Those of Mesos' docker executor
// cannot.
type Checker interface {
	// Check makes one check.
	Check(ctx context.Context, c *mesos.CheckInfo) *mesos.CheckStatusInfo
}

// Description is what is known of a workload that has been started.
type Description struct {
	Data  []byte
	IPs   []string
	PID   uint32
	Since time.Time // of its start; zero if unknown
}

// Exit is how a workload ended.
type Exit struct {
	Code   int
	Signal string // the name as strsignal(3) has it; empty if it exited by itself
	// Detail is what more is known of an end that was not asked for, which no executor of
	// Mesos says; OutOfMemory reports whether the kernel ended the workload for its memory.
	Detail      string
	OutOfMemory bool
}
