package validate_test

import (
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

// The extras of groups (section 3).
func TestGroup(t *testing.T) {
	type (
		info  = mesos.ExecutorInfo
		tasks = []mesos.TaskInfo
	)
	mesosType, docker := mesos.ContainerInfo_MESOS.Enum(), mesos.ContainerInfo_DOCKER.Enum()
	networks := &mesos.ContainerInfo{Type: mesosType, NetworkInfos: []mesos.NetworkInfo{{}}}
	ports := mesos.Resource{Name: "ports", Type: mesos.RANGES.Enum(), Ranges: &mesos.Value_Ranges{Range: []mesos.Value_Range{{Begin: 1, End: 2}}}}
	const limits = "Task 't' is invalid: Resource limits may only be set for tasks within a task group when the 'share_cgroups' field is set to 'false'."
	const cgroups = "If set, the value of 'share_cgroups' must be the same for all tasks in each task group and under a single executor"
	const have = "cpus(allocated: *):4; mem(allocated: *):1024; disk(allocated: *):9"
	for _, row := range []struct {
		want string
		spec func(*info, tasks)
	}{
		{"", func(*info, tasks) {}},
		{"Task 'a/b' is invalid: 'a/b' contains invalid characters", func(_ *info, ts tasks) { ts[1].TaskID.Value = "a/b" }},
		{"Task 't' is invalid: Task has duplicate ID: t", func(_ *info, ts tasks) { ts[1].TaskID.Value = "t" }},
		// The type of a health check is not inferred in groups.
		{"Task 't' is invalid: Task uses invalid health check: HealthCheck must specify 'type'", func(_ *info, ts tasks) {
			ts[0].HealthCheck = &mesos.HealthCheck{Command: &mesos.CommandInfo{Value: new("x")}}
		}},
		{"Task 't' is invalid: HTTP and TCP health checks are not supported for nested containers not joining parent's network", func(_ *info, ts tasks) {
			ts[0].Container, ts[0].HealthCheck = networks, &mesos.HealthCheck{Type: mesos.HealthCheck_TCP, TCP: &mesos.HealthCheck_TCPCheckInfo{}}
		}},
		{"Task 't' is invalid: HTTP and TCP health checks are not supported for nested containers not joining parent's network", func(_ *info, ts tasks) {
			ts[0].Container, ts[0].HealthCheck = networks, &mesos.HealthCheck{Type: mesos.HealthCheck_HTTP, HTTP: &mesos.HealthCheck_HTTPCheckInfo{}}
		}},
		{"", func(_ *info, ts tasks) { ts[0].Container = networks }},
		{"Task 't' is invalid: Docker ContainerInfo is not supported on the task", func(_ *info, ts tasks) {
			ts[0].Container = &mesos.ContainerInfo{Type: docker, Docker: &mesos.ContainerInfo_DockerInfo{}}
		}},
		{limits, func(_ *info, ts tasks) { ts[0].Limits = map[string]mesos.Value_Scalar{"cpus": {Value: 2}} }},
		{limits, func(_ *info, ts tasks) {
			ts[0].Limits = map[string]mesos.Value_Scalar{"cpus": {Value: 2}}
			ts[0].Container = &mesos.ContainerInfo{Type: mesosType, LinuxInfo: &mesos.LinuxInfo{}}
		}},
		{"", func(_ *info, ts tasks) {
			ts[0].Limits = map[string]mesos.Value_Scalar{"cpus": {Value: 2}}
			ts[0].Container, ts[1].Container = apart(), apart()
		}},
		{"", func(_ *info, ts tasks) { ts[0].Command = nil }}, // The agent will find out.
		{"'ExecutorInfo.framework_id' must be set", func(x *info, _ tasks) { x.FrameworkID = nil }},
		{"'ExecutorInfo.type' must be set", func(x *info, _ tasks) { x.Type = mesos.ExecutorInfo_UNKNOWN }},
		{"Docker ContainerInfo is not supported on the executor", func(x *info, _ tasks) {
			x.Type, x.Command = mesos.ExecutorInfo_CUSTOM, &mesos.CommandInfo{}
			x.Container = &mesos.ContainerInfo{Type: docker, Docker: &mesos.ContainerInfo_DockerInfo{}}
		}},
		{"The `ExecutorInfo` of task 'u' is different from executor 'x'", func(_ *info, ts tasks) { ts[1].Executor = &info{} }},
		{"", func(x *info, ts tasks) { same := *x; ts[1].Executor = &same }},
		{"Executor 'x' uses less CPUs (None) than the minimum required (0.01)", func(x *info, _ tasks) { x.Resources = x.Resources[1:] }},
		{"Executor 'x' uses less CPUs (0.009) than the minimum required (0.01)", func(x *info, _ tasks) { x.Resources[0] = amount("cpus", 0.009) }},
		{"Executor 'x' uses less memory (None) than the minimum required (32MB)", func(x *info, _ tasks) { x.Resources[1] = amount("mem", 0) }},
		{"Executor 'x' uses less memory (31MB) than the minimum required (32MB)", func(x *info, _ tasks) { x.Resources[1] = amount("mem", 31) }},
		{"Executor 'x' uses less memory (32256KB) than the minimum required (32MB)", func(x *info, _ tasks) { x.Resources[1] = amount("mem", 31.5) }},
		{"Executor 'x' uses less memory (33449574B) than the minimum required (32MB)", func(x *info, _ tasks) { x.Resources[1] = amount("mem", 31.9) }},
		{"Executor 'x' uses no disk", func(x *info, _ tasks) { x.Resources = x.Resources[:2] }},
		{"Task group and executor use duplicate persistence ID: Persistence ID 'v' is not unique", func(_ *info, ts tasks) {
			ts[0].Resources, ts[1].Resources = []mesos.Resource{disk("r", persistent("v"))}, []mesos.Resource{disk("r", persistent("v"))}
		}},
		{
			"Task group and executor mix revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
			func(_ *info, ts tasks) { ts[0].Resources = []mesos.Resource{revocable(amount("cpus", 1))} },
		},
		{
			"There are overlapping resources in the task group's task resources ports(allocated: *):[1-2]" +
				" and/or executor resources cpus(allocated: *):0.1; mem(allocated: *):32; disk(allocated: *):1",
			func(_ *info, ts tasks) {
				ts[0].Resources, ts[1].Resources = []mesos.Resource{ports}, []mesos.Resource{ports}
			},
		},
		{
			"Total resources cpus(allocated: *):4.05; mem(allocated: *):32; disk(allocated: *):1 required by task group and its executor" +
				" are more than available " + have,
			func(_ *info, ts tasks) {
				ts[0].Resources, ts[1].Resources = []mesos.Resource{amount("cpus", 2)}, []mesos.Resource{amount("cpus", 1.95)}
			},
		},
		{
			"Total resources cpus(allocated: *):5.1; mem(allocated: *):32; disk(allocated: *):1 required by task group and its executor" +
				" are more than available " + have,
			func(_ *info, ts tasks) { ts[0].Resources[0].Scalar.Value = 4 }, // each alone is checked with the others only
		},
		{"The 'share_cgroups' field cannot be set to 'true' on executor containers", func(x *info, _ tasks) {
			x.Container = &mesos.ContainerInfo{Type: mesosType, LinuxInfo: &mesos.LinuxInfo{ShareCgroups: new(true)}}
		}},
		{cgroups, func(_ *info, ts tasks) { ts[1].Container = apart() }},
		{cgroups, func(x *info, _ tasks) { *x = *running() }},
		// An executor that runs already costs nothing again.
		{"", func(x *info, ts tasks) { *x, ts[0].Container, ts[1].Container = *running(), apart(), apart() }},
	} {
		x := &info{
			Type: mesos.ExecutorInfo_DEFAULT, ExecutorID: mesos.ExecutorID{Value: "x"}, FrameworkID: &mesos.FrameworkID{Value: "f"},
			Resources: []mesos.Resource{amount("cpus", 0.1), amount("mem", 32), amount("disk", 1)},
		}
		ts := tasks{*valid(), *valid()}
		ts[1].TaskID.Value = "u"
		l := against()
		l.Available = l.Available.Plus(of(amount("disk", 9)))
		row.spec(x, ts)
		if got := validate.Group(x, ts, l); got != row.want {
			t.Errorf("got  %q\nwant %q", got, row.want)
		}
	}
}
