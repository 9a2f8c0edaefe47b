package agent

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// 4.3: every update of a command task with a check has its status; those of health
// checks repeat what it found last, those made from scratch only name its type.
func TestCheckStatusIsRepeated(t *testing.T) {
	t.Parallel()
	r := &record{Kind: Process}
	if r.checkStatus(executor.Status{}) != nil {
		t.Error("a task without a check has its status")
	}
	r.Info.Value.Check = &mesos.CheckInfo{Type: mesos.CheckInfo_COMMAND}
	if s := r.checkStatus(executor.Status{}); s.GetType() != mesos.CheckInfo_COMMAND || s.Command == nil || s.Command.ExitCode != nil {
		t.Errorf("before the first check: %+v", s)
	}
	code := int32(3)
	found := &mesos.CheckStatusInfo{Type: mesos.CheckInfo_COMMAND.Enum(), Command: &mesos.CheckStatusInfo_Command{ExitCode: &code}}
	s := withUUID(mesos.TASK_RUNNING, 1)
	s.CheckStatus = r.checkStatus(executor.Status{Check: found})
	r.push(s)
	for _, where := range []string{"pending", "acknowledged"} {
		health := executor.Status{State: mesos.TASK_RUNNING, Reason: mesos.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED.Enum()}
		if s := r.checkStatus(health); s.GetCommand().GetExitCode() != code {
			t.Errorf("%s: %+v", where, s)
		}
		for _, state := range []mesos.TaskState{mesos.TASK_KILLING, mesos.TASK_KILLED} {
			if s := r.checkStatus(executor.Status{State: state}); s.GetType() != mesos.CheckInfo_COMMAND || s.GetCommand() == nil || s.Command.ExitCode != nil {
				t.Errorf("%s: %s has %+v, want the type alone", where, state, s)
			}
		}
		r.acknowledge(s.UUID)
	}
	r.Kind = Docker
	if r.checkStatus(executor.Status{}) != nil {
		t.Error("docker executors know no checks")
	}
}
