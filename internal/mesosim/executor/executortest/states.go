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

// States are those that an executor reports of one run, for an executor's own
// tests to read one by one.
type States chan executor.Status

// NewAgent is an agent of its own whose sink the states go to.
func NewAgent(t *testing.T) (Agent, States) {
	t.Helper()
	s := make(States, 64)
	sink := func(_ executor.Run, st executor.Status) { s <- st }
	return Agent{Sink: sink, ID: uuid.NewString(), StateDir: filepath.Join(t.TempDir(), "state")}, s
}

// Next is the next status, which must have the state.
func (s States) Next(t *testing.T, want mesos.TaskState) executor.Status {
	t.Helper()
	select {
	case st := <-s:
		if st.State != want {
			t.Fatalf("got %v %q, want %v", st.State, st.Message, want)
		}
		return st
	case <-time.After(patience):
		t.Fatalf("no %v in %v", want, patience)
	}
	return executor.Status{}
}

// NewTask is a task with a sandbox, and with a new id unless it has one.
func NewTask(t *testing.T, info mesos.TaskInfo) executor.Task {
	t.Helper()
	if info.TaskID.Value == "" {
		info.TaskID.Value = uuid.NewString()
	}
	return executor.Task{Info: info, Role: "ops", Run: executor.Run{
		FrameworkID: "framework", ExecutorID: info.TaskID.Value, ContainerID: uuid.NewString(), Sandbox: t.TempDir(),
	}}
}

// ReadSandbox is the text of a file in a task's sandbox.
func ReadSandbox(t *testing.T, task executor.Task, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(task.Run.Sandbox, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
