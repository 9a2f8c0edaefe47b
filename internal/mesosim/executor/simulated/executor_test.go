package simulated_test

import (
	"strconv"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/executortest"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestMain(m *testing.M) { testwait.Main(m) }

func labelled(pairs ...string) mesos.TaskInfo {
	labels := &mesos.Labels{}
	for i := 0; i < len(pairs); i += 2 {
		labels.Labels = append(labels.Labels, mesos.Label{Key: pairs[i], Value: &pairs[i+1]})
	}
	return mesos.TaskInfo{Labels: labels}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	executortest.Run(t, executortest.Harness{
		New: func(t *testing.T, a executortest.Agent) executor.Executor {
			t.Helper()
			return simulated.New(simulated.Options{Sink: a.Sink, AgentID: a.ID})
		},
		Exits: func(code int) mesos.TaskInfo {
			return labelled(simulated.LabelRunFor, "0s", simulated.LabelExitCode, strconv.Itoa(code))
		},
		Lingers: func(code int) mesos.TaskInfo {
			return labelled(simulated.LabelRunFor, lingers.String(), simulated.LabelExitCode, strconv.Itoa(code))
		},
		Obeys:   func() mesos.TaskInfo { return labelled() },
		Ignores: func() mesos.TaskInfo { return labelled(simulated.LabelIgnoreTerm, "true") },
		Exited:  func(code int) string { return "Command exited with status " + strconv.Itoa(code) },
		Forced:  "Command terminated with signal Killed",
		End: func(_ *testing.T, _ executortest.Agent, task *executor.Task) {
			task.Started = task.Started.Add(-lingers)
		},
		AwaitEnd: func(*testing.T, executortest.Agent, executor.Run) {}, // Nothing of it outlives its agent.
	})
}

// lingers is longer than any test; a run ends when it began that long ago.
const lingers = time.Hour
