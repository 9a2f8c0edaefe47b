package validate_test

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

func valid() *mesos.TaskInfo {
	value := "true"
	return &mesos.TaskInfo{
		TaskID: mesos.TaskID{Value: "t"}, AgentID: mesos.AgentID{Value: "a"}, Command: &mesos.CommandInfo{Value: &value},
		Resources: []mesos.Resource{{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 1}}},
	}
}

func against() validate.Launch {
	return validate.Launch{
		FrameworkID: "f", AgentID: "a", Role: "*",
		Available: resource.New([]mesos.Resource{
			{Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 4}},
			{Name: "mem", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: 1024}},
		}),
		Live:        func(id string) bool { return id == "live" },
		Unreachable: func(id string) bool { return id == "lost" },
		Limits:      true,
		Executor: func(id mesos.ExecutorID) *mesos.ExecutorInfo {
			if id.Value == "running" {
				return running()
			}
			return nil
		},
		Siblings: func(id mesos.ExecutorID) []mesos.TaskInfo {
			if id.Value == "running" {
				return []mesos.TaskInfo{{Container: apart()}}
			}
			return nil
		},
	}
}

// running is an executor that the agent has already. Its tasks have cgroups of
// their own.
func running() *mesos.ExecutorInfo {
	return &mesos.ExecutorInfo{
		ExecutorID: mesos.ExecutorID{Value: "running"}, FrameworkID: &mesos.FrameworkID{Value: "f"}, Type: mesos.ExecutorInfo_DEFAULT,
		Resources: []mesos.Resource{amount("cpus", 3), amount("mem", 32), amount("disk", 1)},
	}
}

func apart() *mesos.ContainerInfo {
	return &mesos.ContainerInfo{Type: mesos.ContainerInfo_MESOS.Enum(), LinuxInfo: &mesos.LinuxInfo{ShareCgroups: new(false)}}
}

func amount(name string, v float64) mesos.Resource {
	return mesos.Resource{Name: name, Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: v}}
}

// The rows of the table of section 3.
func TestTask(t *testing.T) {
	health := func(h mesos.HealthCheck) func(*mesos.TaskInfo) {
		return func(t *mesos.TaskInfo) { t.HealthCheck = &h }
	}
	container := func(c mesos.ContainerInfo) func(*mesos.TaskInfo) {
		return func(t *mesos.TaskInfo) { t.Container = &c }
	}
	env := func(v mesos.Environment_Variable) func(*mesos.TaskInfo) {
		return func(t *mesos.TaskInfo) {
			t.Command.Environment = &mesos.Environment{Variables: []mesos.Environment_Variable{v}}
		}
	}
	path, scheme := "x", "ftp"
	docker := mesos.ContainerInfo_DOCKER.Enum()
	for _, c := range []struct {
		want string
		spec func(*mesos.TaskInfo)
	}{
		{"", func(*mesos.TaskInfo) {}},
		{"ID must not be empty", func(t *mesos.TaskInfo) { t.TaskID.Value = "" }},
		{"ID must not be greater than 255 characters", func(t *mesos.TaskInfo) { t.TaskID.Value = strings.Repeat("x", 256) }},
		{"", func(t *mesos.TaskInfo) { t.TaskID.Value = strings.Repeat("x", 255) }},
		{"'..' is disallowed", func(t *mesos.TaskInfo) { t.TaskID.Value = ".." }},
		{"'a/b' contains invalid characters", func(t *mesos.TaskInfo) { t.TaskID.Value = "a/b" }},
		{"", func(t *mesos.TaskInfo) { t.TaskID.Value = "a b:ü" }},
		{"Task has duplicate ID: live", func(t *mesos.TaskInfo) { t.TaskID.Value = "live" }},
		{"Task reuses the ID of an unreachable task: lost", func(t *mesos.TaskInfo) { t.TaskID.Value = "lost" }},
		{"Task uses invalid agent b while agent a is expected", func(t *mesos.TaskInfo) { t.AgentID.Value = "b" }},
		{"Task's 'kill_policy.grace_period' must be non-negative", func(t *mesos.TaskInfo) {
			t.KillPolicy = &mesos.KillPolicy{GracePeriod: &mesos.DurationInfo{Nanoseconds: -1}}
		}},
		{"Task's `max_completion_time` must be non-negative", func(t *mesos.TaskInfo) {
			t.MaxCompletionTime = &mesos.DurationInfo{Nanoseconds: -1}
		}},
		{"Task uses invalid check: CheckInfo must specify 'type'", func(t *mesos.TaskInfo) { t.Check = &mesos.CheckInfo{} }},
		{"Task uses invalid check: Expecting 'command' to be set for COMMAND check", func(t *mesos.TaskInfo) {
			t.Check = &mesos.CheckInfo{Type: mesos.CheckInfo_COMMAND}
		}},
		{"Task uses invalid health check: HealthCheck must specify 'type'", health(mesos.HealthCheck{})},
		{"Task uses invalid health check: Expecting 'command' to be set for COMMAND health check", health(mesos.HealthCheck{Type: mesos.HealthCheck_COMMAND})},
		{"Task uses invalid health check: Command health check must contain 'shell command'", health(mesos.HealthCheck{Command: &mesos.CommandInfo{}})},
		{"Task uses invalid health check: Command health check must contain 'executable path'", health(mesos.HealthCheck{Command: &mesos.CommandInfo{Shell: new(false)}})},
		{"Task uses invalid health check: Expecting 'http' to be set for HTTP health check", health(mesos.HealthCheck{Type: mesos.HealthCheck_HTTP})},
		{"Task uses invalid health check: Unsupported HTTP health check scheme: 'ftp'", health(mesos.HealthCheck{HTTP: &mesos.HealthCheck_HTTPCheckInfo{Scheme: &scheme}})},
		{"Task uses invalid health check: The path 'x' of HTTP health check must start with '/'", health(mesos.HealthCheck{HTTP: &mesos.HealthCheck_HTTPCheckInfo{Path: &path}})},
		{"Task uses invalid health check: Expecting 'tcp' to be set for TCP health check", health(mesos.HealthCheck{Type: mesos.HealthCheck_TCP})},
		{"Task uses invalid health check: Expecting 'delay_seconds' to be non-negative", health(mesos.HealthCheck{
			Type: mesos.HealthCheck_TCP, TCP: &mesos.HealthCheck_TCPCheckInfo{}, DelaySeconds: new(-1.0),
		})},
		{"Task uses no resources", func(t *mesos.TaskInfo) { t.Resources = nil }},
		{"Task uses invalid resources: Invalid resources: Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0", func(t *mesos.TaskInfo) {
			t.Resources[0].Scalar.Value = -1
		}},
		{"Task's `CommandInfo` is invalid: Environment variable 'X' of type 'VALUE' must have a value set", env(mesos.Environment_Variable{Name: "X"})},
		{"", env(mesos.Environment_Variable{Name: "X", Value: new("")})},
		{"Task's `CommandInfo` is invalid: Environment variable 'X' of type 'SECRET' must have a secret set", env(mesos.Environment_Variable{Name: "X", Type: mesos.Environment_Variable_SECRET.Enum()})},
		{"Task's `CommandInfo` is invalid: Environment variable of type 'UNKNOWN' is not allowed", env(mesos.Environment_Variable{Name: "X", Type: mesos.Environment_Variable_UNKNOWN.Enum()})},
		{"Task's `ContainerInfo` is invalid: DockerInfo 'docker' is not set for DOCKER typed ContainerInfo", container(mesos.ContainerInfo{Type: docker})},
		{"Task's `ContainerInfo` is invalid: Parameter in DockerInfo must not be 'name'", container(mesos.ContainerInfo{
			Type: docker, Docker: &mesos.ContainerInfo_DockerInfo{Parameters: []mesos.Parameter{{Key: "name"}}},
		})},
		{"Task's `ContainerInfo` is invalid: Invalid volume: Only one of them should be set: 'host_path', 'image' and 'source'", container(mesos.ContainerInfo{
			Type: docker, Docker: &mesos.ContainerInfo_DockerInfo{}, Volumes: []mesos.Volume{{ContainerPath: "/x"}},
		})},
		{"Only cpus and mem may be included in a task's resource limits", func(t *mesos.TaskInfo) { t.Limits = map[string]mesos.Value_Scalar{"disk": {}} }},
		{"The cpu limit must be greater than or equal to the cpu request", func(t *mesos.TaskInfo) { t.Limits = map[string]mesos.Value_Scalar{"cpus": {Value: 0.5}} }},
		{"When a memory limit is specified, a memory request must also be specified", func(t *mesos.TaskInfo) { t.Limits = map[string]mesos.Value_Scalar{"mem": {Value: 5}} }},
		{"Task should have at least one (but not both) of CommandInfo or ExecutorInfo present", func(t *mesos.TaskInfo) { t.Command = nil }},
		{"Task should have at least one (but not both) of CommandInfo or ExecutorInfo present", func(t *mesos.TaskInfo) { t.Executor = &mesos.ExecutorInfo{} }},
		{"Total resources cpus(allocated: *):1000 required by task and its executor is more than available cpus(allocated: *):4; mem(allocated: *):1024", func(t *mesos.TaskInfo) {
			t.Resources[0].Scalar.Value = 1000
		}},
	} {
		task := valid()
		c.spec(task)
		if got := validate.Task(task, against()); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

func TestFramework(t *testing.T) {
	multi := []mesos.FrameworkInfo_Capability{{Type: mesos.FrameworkInfo_Capability_MULTI_ROLE}}
	for _, c := range []struct {
		want       string
		info       mesos.FrameworkInfo
		suppressed []string
	}{
		{"", mesos.FrameworkInfo{}, nil},
		{"'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable", mesos.FrameworkInfo{Capabilities: multi, Role: new("a")}, nil},
		{"'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable", mesos.FrameworkInfo{Roles: []string{"a"}}, nil},
		{"'FrameworkInfo.roles' contains duplicate items: { a }", mesos.FrameworkInfo{Capabilities: multi, Roles: []string{"a", "b", "a"}}, nil},
		{"'FrameworkInfo.roles' contains invalid role: Role '/a' cannot start with a slash", mesos.FrameworkInfo{Capabilities: multi, Roles: []string{"/a"}}, nil},
		{"'FrameworkInfo.role' is not a valid role: Role names cannot be the empty string", mesos.FrameworkInfo{Role: new("")}, nil},
		{"'a/b' contains invalid characters", mesos.FrameworkInfo{ID: &mesos.FrameworkID{Value: "a/b"}}, nil},
		{"", mesos.FrameworkInfo{FailoverTimeout: new(-1.0)}, nil},
		{"The framework failover_timeout (1e+30) is invalid", mesos.FrameworkInfo{FailoverTimeout: new(1e30)}, nil},
		{"Suppressed roles { x, y } are not contained in the set of roles", mesos.FrameworkInfo{}, []string{"y", "*", "x"}},
	} {
		if got := cmp.Or(validate.Framework(&c.info), validate.Suppressed(&c.info, c.suppressed)); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// 1.3: the least amounts of offer_filters.
func TestOfferFilters(t *testing.T) {
	for want, d := range map[string]float64{
		"Infinite values not supported": math.Inf(1), "NaN not supported": math.NaN(), "Subnormal values not supported": 1e-320,
		"Negative values not supported": -1, "": 0,
	} {
		if want != "" {
			want = "Invalid resource quantity for 'cpus': " + want
		}
		info := filtered(mesos.OfferFilters_ResourceQuantities{Quantities: map[string]mesos.Value_Scalar{"cpus": {Value: d}, "mem": {Value: 1}}})
		if got := validate.Framework(info); got != want {
			t.Errorf("%g: got %q, want %q", d, got, want)
		}
	}
	if got := validate.Framework(filtered(mesos.OfferFilters_ResourceQuantities{})); got != "Resource quantities must contain at least one quantity" {
		t.Errorf("got %q", got)
	}
}

func filtered(q mesos.OfferFilters_ResourceQuantities) *mesos.FrameworkInfo {
	return &mesos.FrameworkInfo{OfferFilters: map[string]mesos.OfferFilters{"*": {
		MinAllocatableResources: &mesos.OfferFilters_MinAllocatableResources{Quantities: []mesos.OfferFilters_ResourceQuantities{q}},
	}}}
}

// The order of roles and capabilities does not matter, all else does.
func TestSameFramework(t *testing.T) {
	info := func() *mesos.FrameworkInfo {
		return &mesos.FrameworkInfo{Name: "n", Roles: []string{"a", "b"}, Capabilities: []mesos.FrameworkInfo_Capability{
			{Type: mesos.FrameworkInfo_Capability_MULTI_ROLE}, {Type: mesos.FrameworkInfo_Capability_PARTITION_AWARE},
		}}
	}
	a, b := info(), info()
	slices.Reverse(b.Roles)
	slices.Reverse(b.Capabilities)
	if !validate.SameFramework(a, b) || b.Roles[0] != "b" {
		t.Error("order matters, or was changed")
	}
	for _, change := range []func(*mesos.FrameworkInfo){
		func(i *mesos.FrameworkInfo) { i.Name = "m" }, func(i *mesos.FrameworkInfo) { i.Roles = i.Roles[:1] },
		func(i *mesos.FrameworkInfo) { i.Capabilities = nil }, func(i *mesos.FrameworkInfo) { i.WebUiURL = new("http://x") },
	} {
		c := info()
		change(c)
		if validate.SameFramework(a, c) {
			t.Errorf("%+v is the same", c)
		}
	}
}

// A principal that is empty is none that is unset.
func TestPrincipal(t *testing.T) {
	with := func(p *string) *mesos.FrameworkInfo { return &mesos.FrameworkInfo{Principal: p} }
	for _, c := range []struct {
		from, to *string
		ok       bool
	}{{nil, nil, true}, {new("a"), new("a"), true}, {new("a"), new("b"), false}, {nil, new(""), false}, {new("a"), nil, false}} {
		if got := validate.Principal(with(c.from), with(c.to)); (got == "") != c.ok {
			t.Errorf("%v %v: %q", c.from, c.to, got)
		}
	}
}

func TestUUID(t *testing.T) {
	v4 := []byte{1, 2, 3, 4, 5, 6, 0x40, 8, 0x80, 10, 11, 12, 13, 14, 15, 16}
	if !validate.UUID(v4) || validate.UUID(v4[:15]) || validate.UUID(append(v4, 0)) || validate.UUID(nil) {
		t.Error("sixteen bytes are a UUID")
	}
	for version := range byte(16) {
		b := bytes.Repeat([]byte{version<<4 | 1}, 16) // of any variant
		if got, want := validate.UUID(b), 1 <= version && version <= 5; got != want {
			t.Errorf("version %d: %v", version, got)
		}
	}
}
