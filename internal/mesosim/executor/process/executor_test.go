package process_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/executortest"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/process"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(doomedEnv); dir != "" {
		doomedAgent(dir)
		return
	}
	testwait.Main(m)
}

func script(text string) mesos.TaskInfo {
	return mesos.TaskInfo{Command: &mesos.CommandInfo{Value: &text}}
}

func newExecutor(t *testing.T, a executortest.Agent) *process.Executor {
	t.Helper()
	e, err := process.New(process.Options{
		Sink: a.Sink, Log: zerolog.New(zerolog.NewTestWriter(t)), AgentID: a.ID, AgentIP: "127.0.0.1", StateDir: a.StateDir,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestConformance(t *testing.T) {
	t.Parallel()
	executortest.Run(t, executortest.Harness{
		New:   func(t *testing.T, a executortest.Agent) executor.Executor { t.Helper(); return newExecutor(t, a) },
		Exits: func(code int) mesos.TaskInfo { return script(fmt.Sprintf("echo begun; exit %d", code)) },
		Lingers: func(code int) mesos.TaskInfo {
			return script(fmt.Sprintf("echo begun; until [ -e end ]; do sleep 0.1; done; exit %d", code))
		},
		End: func(t *testing.T, a executortest.Agent, task *executor.Task) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(task.Run.Sandbox, "end"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			awaitEnd(t, a, task.Run)
		},
		Obeys:    func() mesos.TaskInfo { return script("echo begun; exec sleep 300") },
		Ignores:  func() mesos.TaskInfo { return script("trap '' TERM; echo begun; sleep 300; sleep 300") },
		Exited:   func(code int) string { return fmt.Sprintf("Command exited with status %d", code) },
		Forced:   "Command terminated with signal Killed",
		Writes:   true,
		AwaitEnd: awaitEnd,
	})
}

func awaitEnd(t *testing.T, a executortest.Agent, run executor.Run) {
	t.Helper()
	folder := filepath.Join(a.StateDir, run.ContainerID)
	testwait.Until(t, "the run ends", func() bool {
		if _, err := os.Stat(folder); os.IsNotExist(err) {
			return true
		}
		_, err := fs.Stat(os.DirFS(folder), "exit")
		return err == nil
	})
}
