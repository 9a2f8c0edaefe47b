package validate_test

import (
	"strings"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

// custom is a task with an executor of its own.
func custom() *mesos.TaskInfo {
	t := valid()
	t.Command = nil
	t.Executor = &mesos.ExecutorInfo{
		Type: mesos.ExecutorInfo_CUSTOM, ExecutorID: mesos.ExecutorID{Value: "x"}, FrameworkID: &mesos.FrameworkID{Value: "f"},
		Command: &mesos.CommandInfo{Value: new("true")},
	}
	return t
}

// The executor of a task: each fault, and that the first in Mesos' order wins.
func TestExecutor(t *testing.T) {
	type info = mesos.ExecutorInfo
	mesosType, docker := mesos.ContainerInfo_MESOS.Enum(), mesos.ContainerInfo_DOCKER.Enum()
	ports := mesos.Resource{Name: "ports", Type: mesos.RANGES.Enum(), Ranges: &mesos.Value_Ranges{Range: []mesos.Value_Range{{Begin: 1, End: 2}}}}
	shared := disk("r", persistent("v"))
	shared.Shared = &mesos.Resource_SharedInfo{}
	both := []mesos.Resource{amount("cpus", 1), ports}
	for _, row := range []struct {
		want string
		spec func(*mesos.TaskInfo, *info)
	}{
		{"", func(*mesos.TaskInfo, *info) {}},
		{"", func(_ *mesos.TaskInfo, x *info) { x.Type = mesos.ExecutorInfo_UNKNOWN }},
		{"'ExecutorInfo.command' must be set for 'CUSTOM' executor", func(_ *mesos.TaskInfo, x *info) { x.Command, x.ExecutorID.Value = nil, "" }},
		{"'ExecutorInfo.command' must not be set for 'DEFAULT' executor", func(_ *mesos.TaskInfo, x *info) { x.Type = mesos.ExecutorInfo_DEFAULT }},
		{"'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor", func(_ *mesos.TaskInfo, x *info) {
			x.Type, x.Command, x.Container = mesos.ExecutorInfo_DEFAULT, nil, &mesos.ContainerInfo{Type: docker}
		}},
		{"'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor", func(_ *mesos.TaskInfo, x *info) {
			x.Type, x.Command = mesos.ExecutorInfo_DEFAULT, nil
			x.Container = &mesos.ContainerInfo{Type: mesosType, Mesos: &mesos.ContainerInfo_MesosInfo{Image: &mesos.Image{}}}
		}},
		{"ID must not be empty", func(_ *mesos.TaskInfo, x *info) {
			x.ExecutorID.Value, x.ShutdownGracePeriod = "", &mesos.DurationInfo{Nanoseconds: -1}
		}},
		{"ExecutorInfo's 'shutdown_grace_period' must be non-negative", func(_ *mesos.TaskInfo, x *info) {
			x.ShutdownGracePeriod, x.FrameworkID = &mesos.DurationInfo{Nanoseconds: -1}, nil
		}},
		{
			"Executor's `CommandInfo` is invalid: Environment variable 'V' of type 'VALUE' must have a value set",
			func(_ *mesos.TaskInfo, x *info) {
				x.Command.Environment = &mesos.Environment{Variables: []mesos.Environment_Variable{{Name: "V"}}}
				x.FrameworkID = nil
			},
		},
		{"Executor's `ContainerInfo` is invalid: DockerInfo 'docker' is not set for DOCKER typed ContainerInfo", func(_ *mesos.TaskInfo, x *info) {
			x.Container, x.FrameworkID = &mesos.ContainerInfo{Type: docker}, nil
		}},
		{"'ExecutorInfo.framework_id' must be set", func(_ *mesos.TaskInfo, x *info) { x.FrameworkID = nil }},
		{"ExecutorInfo has an invalid FrameworkID (Actual: g vs Expected: f)", func(_ *mesos.TaskInfo, x *info) { x.FrameworkID.Value = "g" }},
		{"Executor uses invalid resources: Invalid resources: Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0", func(_ *mesos.TaskInfo, x *info) {
			x.Resources = []mesos.Resource{amount("cpus", -1)}
		}},
		{
			"Invalid executor resources: The resources have multiple allocation roles ('b' and '*') but only one allocation role is allowed",
			func(_ *mesos.TaskInfo, x *info) {
				x.Resources = []mesos.Resource{amount("cpus", 1), to(amount("mem", 1), "b")}
			},
		},
		{
			"Executor mixes revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
			func(_ *mesos.TaskInfo, x *info) {
				x.Resources = []mesos.Resource{amount("cpus", 1), revocable(amount("cpus", 1))}
			},
		},
		{"'ExecutorInfo.type' must be 'CUSTOM'", func(_ *mesos.TaskInfo, x *info) { x.Type, x.Command = mesos.ExecutorInfo_DEFAULT, nil }},
		{"'ExecutorInfo.command' must be set", func(_ *mesos.TaskInfo, x *info) { x.Type, x.Command = mesos.ExecutorInfo_UNKNOWN, nil }},
		{
			"Executor resources disk(allocated: *)(reservations: [(STATIC,r)])[v:c]<SHARED>:1 should not contain any shared resources",
			func(_ *mesos.TaskInfo, x *info) { x.Resources = []mesos.Resource{shared} },
		},
		{"The 'share_cgroups' field cannot be set to 'true' on executor containers", func(_ *mesos.TaskInfo, x *info) {
			x.Container = &mesos.ContainerInfo{Type: mesosType, LinuxInfo: &mesos.LinuxInfo{ShareCgroups: new(true)}}
		}},
		{"", func(_ *mesos.TaskInfo, x *info) {
			x.Container = &mesos.ContainerInfo{Type: mesosType, LinuxInfo: &mesos.LinuxInfo{}}
		}},
		{
			"There are overlapping resources in the task resources cpus(allocated: *):1; ports(allocated: *):[1-2]" +
				" and executor resources cpus(allocated: *):1; ports(allocated: *):[1-2]",
			func(t *mesos.TaskInfo, x *info) { t.Resources, x.Resources = both, both },
		},
		{"Task and its executor use duplicate persistence ID: Persistence ID 'v' is not unique", func(t *mesos.TaskInfo, x *info) {
			t.Resources, x.Resources = []mesos.Resource{disk("r", persistent("v"))}, []mesos.Resource{disk("r", persistent("v"))}
		}},
		{
			"Task and its executor mix revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
			func(_ *mesos.TaskInfo, x *info) { x.Resources = []mesos.Resource{revocable(amount("cpus", 1))} },
		},
		{
			"Total resources cpus(allocated: *):5 required by task and its executor is more than available cpus(allocated: *):4; mem(allocated: *):1024",
			func(_ *mesos.TaskInfo, x *info) { x.Resources = []mesos.Resource{amount("cpus", 4)} },
		},
	} {
		task := custom()
		row.spec(task, task.Executor)
		if got := validate.Task(task, against()); got != row.want {
			t.Errorf("got  %q\nwant %q", got, row.want)
		}
	}
}

// An executor that runs already has to be the same, and costs nothing again.
func TestRunningExecutor(t *testing.T) {
	l, task := against(), custom()
	task.Executor.Resources = []mesos.Resource{amount("cpus", 4)}
	same := *task.Executor
	l.Executor = func(mesos.ExecutorID) *mesos.ExecutorInfo { return &same }
	if got := validate.Task(task, l); got != "" {
		t.Errorf("the same: %q", got)
	}
	task.Executor.Name = new("n")
	const want = "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.\n" +
		"------------------------------------------------------------\nExisting ExecutorInfo:\n"
	if got := validate.Task(task, l); !strings.HasPrefix(got, want) {
		t.Errorf("another: %q", got)
	}
}
