package executortest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// Harness makes what the suite needs of one kind of executor.
type Harness struct {
	// New makes an executor. The suite calls it again with the same Agent for one
	// that was started anew.
	New func(t *testing.T, a Agent) executor.Executor

	// Exits is a program that writes the line "begun" and exits at once.
	Exits func(code int) mesos.TaskInfo
	// Lingers runs until End has it exit with a code.
	Lingers func(code int) mesos.TaskInfo
	// End has a run of Lingers end, which nobody watches, and returns when it has.
	End func(t *testing.T, a Agent, task *executor.Task)
	// Obeys runs until it is asked to end.
	Obeys func() mesos.TaskInfo
	// Ignores runs until it is forced to end.
	Ignores func() mesos.TaskInfo

	// Exited and Forced are messages: of an exit by itself, and of a forced end.
	Exited func(code int) string
	Forced string
	// AwaitEnd returns when the run has ended, whoever watches it.
	AwaitEnd func(t *testing.T, a Agent, run executor.Run)
	// Writes says that "begun" is found in the sandbox' stdout.
	Writes bool
}

// Agent is what an agent gives its executors, and keeps over its own restarts.
type Agent struct {
	Sink     executor.Sink
	ID       string
	StateDir string
}

// cell is one agent with a recording sink.
type cell struct {
	t       *testing.T
	harness Harness
	agent   Agent
	states  *recorder
}

func newCell(t *testing.T, h Harness) *cell {
	t.Helper()
	states := newRecorder()
	return &cell{t: t, harness: h, states: states, agent: Agent{
		Sink: states.take, ID: "agent-" + uuid.NewString(), StateDir: filepath.Join(t.TempDir(), "state"),
	}}
}

// start makes the agent's executor; it is closed with the test, if not before.
func (c *cell) start() executor.Executor {
	c.t.Helper()
	e := c.harness.New(c.t, c.agent)
	c.t.Cleanup(func() { c.close(e) })
	return e
}

func (c *cell) close(e executor.Executor) {
	c.t.Helper()
	if err := e.Close(); err != nil {
		c.t.Errorf("close: %v", err)
	}
}

// task gives a program its ids and a sandbox.
func (c *cell) task(info mesos.TaskInfo) executor.Task {
	c.t.Helper()
	id := "task-" + uuid.NewString()
	sandbox := filepath.Join(c.t.TempDir(), "sandbox")
	if err := os.MkdirAll(sandbox, 0o750); err != nil {
		c.t.Fatal(err)
	}
	info.TaskID.Value, info.Name = id, id
	return executor.Task{
		Run:          executor.Run{FrameworkID: "framework", ExecutorID: id, ContainerID: uuid.NewString(), Sandbox: sandbox},
		Info:         info,
		KillingState: true,
		Role:         "*",
	}
}

// grace is ample for a program that obeys.
const grace = time.Minute
