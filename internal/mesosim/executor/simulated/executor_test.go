package simulated_test

import (
	"strconv"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"go.uber.org/goleak"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/executortest"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
		AwaitEnd: func(t *testing.T, _ executortest.Agent, _ executor.Run) {
			t.Helper()
			<-time.After(lingers)
		},
	})
}

const lingers = 200 * time.Millisecond
