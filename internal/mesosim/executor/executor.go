package executor

import (
	"context"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// Run identifies one execution of one task on one agent. Its fields are what
// Mesos puts into the sandbox path.
type Run struct {
	FrameworkID string `json:"framework_id"`
	ExecutorID  string `json:"executor_id"`  // equals the task id for command and docker tasks
	ContainerID string `json:"container_id"` // a version 4 UUID; docker names the container mesos-<id>
	Sandbox     string `json:"sandbox"`      // absolute directory; stdout and stderr live in it
}

// Task is what an executor is asked to run.
type Task struct {
	Run  Run
	Info mesos.TaskInfo
	// KillingState reports whether the framework wants TASK_KILLING.
	KillingState bool
	// Role is the allocation role, given to docker tasks as MESOS_ALLOCATION_ROLE.
	Role string
	// Started is when the run became TASK_RUNNING, where Recover's caller knows
	// it. Zero means unknown: then a simulated run, which leaves no trace, starts its
	// time anew, and so do health checks.
	Started time.Time
	// Healthy and Check are what the health checks and checks of a run told last,
	// for Recover to go on from there; nil if they told nothing.
	Healthy *bool
	Check   *mesos.CheckStatusInfo
}

// Status is one state of a task as an executor or the agent observes it. The
// agent adds ids, uuid, timestamp and source, stores it, and then sends it.
type Status struct {
	State   mesos.TaskState
	Reason  *mesos.TaskStatus_Reason
	Source  mesos.TaskStatus_Source
	Message string
	Data    []byte
	Healthy *bool
	// Check is what a check has found; nil means that it is as before.
	Check *mesos.CheckStatusInfo
	// IPs are the addresses of container_status.network_infos; empty means the agent's own.
	IPs []string
	// PID is the first process of the task, or zero. That of a command task
	// becomes container_status.executor_pid.
	PID uint32
}

// Terminal reports whether a state is the end of a task, after which no other comes.
func Terminal(s mesos.TaskState) bool {
	switch s {
	case mesos.TASK_FINISHED, mesos.TASK_FAILED, mesos.TASK_KILLED, mesos.TASK_ERROR, mesos.TASK_LOST, mesos.TASK_DROPPED,
		mesos.TASK_GONE, mesos.TASK_GONE_BY_OPERATOR:
		return true
	case mesos.TASK_STAGING, mesos.TASK_STARTING, mesos.TASK_RUNNING, mesos.TASK_KILLING, mesos.TASK_UNREACHABLE, mesos.TASK_UNKNOWN:
	}
	return false
}

// Sink takes the states of a run, in order. It returns once the state is on
// disk; an executor must not forget a state before that.
type Sink func(run Run, s Status)

// Executor runs tasks of one kind (docker, process, simulated). It survives the
// death of its agent: what it starts goes on, and Recover finds it again.
type Executor interface {
	// Launch starts a task and returns; all that happens to it, a failure to
	// start included, goes to the sink.
	Launch(ctx context.Context, t Task)
	// Kill ends a run: a gentle signal, and after grace a hard one. It may be
	// repeated. An unknown run is ignored.
	Kill(run Run, grace time.Duration)
	// Recover takes back a run that the agent had started before it died and
	// whose last state is known to be last. It watches it, and reports what
	// became of it meanwhile. It must never touch a run of another agent.
	Recover(ctx context.Context, t Task, last mesos.TaskState)
	// Close stops watching. Runs go on.
	Close() error
}

// Sweeper is an executor that can leave things behind when its agent dies
// between storing a terminal state and tidying up after it.
type Sweeper interface {
	// Sweep removes what this agent's executor left of runs that are not in keep
	// (container ids). An agent calls it once, after its last Recover.
	Sweep(ctx context.Context, keep map[string]bool) error
}
