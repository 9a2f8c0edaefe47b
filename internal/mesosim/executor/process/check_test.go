package process_test

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// 4.3: a check has no say in what becomes of the task.
func TestCheckOfACommand(t *testing.T) {
	t.Parallel()
	zero, soon := 0.0, 0.05
	command, check := "sleep 300", "test -e checked && exit 3; touch checked"
	x, task, s := play(t, mesos.TaskInfo{
		Command: &mesos.CommandInfo{Value: &command},
		Check: &mesos.CheckInfo{
			Type: mesos.CheckInfo_COMMAND, Command: &mesos.CheckInfo_Command{Command: mesos.CommandInfo{Value: &check}},
			DelaySeconds: &zero, IntervalSeconds: &soon,
		},
	})
	s.Next(t, mesos.TASK_STARTING)
	if first := s.Next(t, mesos.TASK_RUNNING); first.Check != nil {
		t.Errorf("found before it was made: %+v", first.Check)
	}
	for _, want := range []int32{0, 3} {
		st := s.Next(t, mesos.TASK_RUNNING)
		if st.Reason == nil || *st.Reason != mesos.REASON_TASK_CHECK_STATUS_UPDATED || st.Check.GetCommand().GetExitCode() != want {
			t.Errorf("got %+v, want exit code %d", st, want)
		}
	}
	x.Kill(task.Run, 0)
	s.Next(t, mesos.TASK_KILLED)
}
