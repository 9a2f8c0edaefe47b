package executor_test

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

func TestTerminal(t *testing.T) {
	goesOn := map[string]bool{
		"TASK_STAGING": true, "TASK_STARTING": true, "TASK_RUNNING": true, "TASK_KILLING": true,
		"TASK_UNREACHABLE": true, "TASK_UNKNOWN": true,
	}
	for number, name := range mesos.TaskState_name {
		if got := executor.Terminal(mesos.TaskState(number)); got == goesOn[name] {
			t.Errorf("%s: terminal is %t", name, got)
		}
	}
}
