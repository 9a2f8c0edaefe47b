package docker

import (
	"encoding/json"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// host is the memory of the host, in bytes.
const host = 8 << 30

// shape changes a task of which a container can be made.
type shape func(t *mesos.TaskInfo, d *mesos.ContainerInfo_DockerInfo)

func dockerTask(dir string, shapes ...shape) executor.Task {
	kind, value := mesos.ContainerInfo_DOCKER, "true"
	d := &mesos.ContainerInfo_DockerInfo{Image: "image"}
	info := mesos.TaskInfo{
		TaskID:    mesos.TaskID{Value: "task"},
		Command:   &mesos.CommandInfo{Value: &value},
		Container: &mesos.ContainerInfo{Type: &kind, Docker: d},
		Resources: []mesos.Resource{scalar("cpus", 0.5), scalar("mem", 64)},
	}
	for _, s := range shapes {
		s(&info, d)
	}
	return executor.Task{
		Run:  executor.Run{FrameworkID: "framework", ExecutorID: "task", ContainerID: "uuid", Sandbox: dir},
		Info: info,
		Role: "ops",
	}
}

func scalar(name string, v float64) mesos.Resource {
	kind := mesos.SCALAR
	return mesos.Resource{Name: name, Type: &kind, Scalar: &mesos.Value_Scalar{Value: v}}
}

func ports(begin, end uint64) mesos.Resource {
	kind := mesos.RANGES
	return mesos.Resource{Name: "ports", Type: &kind, Ranges: &mesos.Value_Ranges{Range: []mesos.Value_Range{{Begin: begin, End: end}}}}
}

func on(n mesos.ContainerInfo_DockerInfo_Network) shape {
	return func(_ *mesos.TaskInfo, d *mesos.ContainerInfo_DockerInfo) { d.Network = &n }
}

func mapping(host, inside uint32, protocol string) shape {
	return func(_ *mesos.TaskInfo, d *mesos.ContainerInfo_DockerInfo) {
		d.PortMappings = append(d.PortMappings, mesos.ContainerInfo_DockerInfo_PortMapping{
			HostPort: host, ContainerPort: inside, Protocol: &protocol,
		})
	}
}

func parameter(key, value string) shape {
	return func(_ *mesos.TaskInfo, d *mesos.ContainerInfo_DockerInfo) {
		d.Parameters = append(d.Parameters, mesos.Parameter{Key: key, Value: value})
	}
}

func volume(host, inside string) shape {
	return func(t *mesos.TaskInfo, _ *mesos.ContainerInfo_DockerInfo) {
		mode := mesos.RO
		t.Container.Volumes = append(t.Container.Volumes, mesos.Volume{HostPath: &host, ContainerPath: inside, Mode: &mode})
	}
}

func dockerVolume(driver string) shape {
	return func(t *mesos.TaskInfo, _ *mesos.ContainerInfo_DockerInfo) {
		t.Container.Volumes = append(t.Container.Volumes, mesos.Volume{ContainerPath: "/v", Source: &mesos.Volume_Source{
			Type:         mesos.Volume_Source_DOCKER_VOLUME,
			DockerVolume: &mesos.Volume_Source_DockerVolume{Name: "v", Driver: &driver},
		}})
	}
}

func networks(names ...*string) shape {
	return func(t *mesos.TaskInfo, _ *mesos.ContainerInfo_DockerInfo) {
		for _, name := range names {
			t.Container.NetworkInfos = append(t.Container.NetworkInfos, mesos.NetworkInfo{Name: name})
		}
	}
}

func resource(r mesos.Resource) shape {
	return func(t *mesos.TaskInfo, _ *mesos.ContainerInfo_DockerInfo) { t.Resources = append(t.Resources, r) }
}

func hostname(t *mesos.TaskInfo, _ *mesos.ContainerInfo_DockerInfo) {
	name := "h"
	t.Container.Hostname = &name
}

// The first five are check 67 of the conformance runs against Mesos 1.12.
func TestTasksThatNoContainerCanBeMadeOf(t *testing.T) {
	t.Parallel()
	bridge := on(mesos.ContainerInfo_DockerInfo_BRIDGE)
	tests := map[string][]shape{
		"Port mappings require port resources": {bridge, mapping(8080, 80, "tcp")},
		"Port [8080] not included in resources": {
			bridge, mapping(8080, 80, "tcp"), resource(ports(31000, 31010)),
		},
		"Port mappings are only supported for bridge and user-defined networks": {
			mapping(31000, 80, "tcp"), resource(ports(31000, 31010)),
		},
		"No network info found in container info":                            {on(mesos.ContainerInfo_DockerInfo_USER)},
		"Unable to set hostname with host network mode":                      {hostname},
		"Both host_path 'a' and container_path 'b' of a volume are relative": {volume("a", "b")},
		"Shell specified but no command value provided": {
			func(t *mesos.TaskInfo, _ *mesos.ContainerInfo_DockerInfo) { t.Command.Value = nil },
		},
		"Only a single network can be defined in Docker run": {on(mesos.ContainerInfo_DockerInfo_USER), networks(new("a"), new("b"))},
		"No network name found in network info":              {on(mesos.ContainerInfo_DockerInfo_USER), networks(nil)},
		"Only one volume driver is supported":                {dockerVolume("one"), dockerVolume("two")},
		"Only one volume driver per task is supported": {dockerVolume("two"), func(_ *mesos.TaskInfo, d *mesos.ContainerInfo_DockerInfo) {
			d.VolumeDriver = new("one")
		}},
		"Unknown or unsupported docker parameter 'restart'":                       {parameter("restart", "always")},
		"host_path '../x' of a volume leads out of the sandbox: make it absolute": {volume("../x", "/v")},
	}
	for want, shapes := range tests {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if _, err := plan(dockerTask(t.TempDir(), shapes...), "agent", host); err == nil || err.Error() != want {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
	for key, value := range map[string]string{
		"ulimit": "nofile", "memory": "much", "cpu-shares": "x", "init": "perhaps", "dns": "name", "oom-score-adj": "x",
	} {
		if _, err := plan(dockerTask(t.TempDir(), parameter(key, value)), "agent", host); err == nil {
			t.Errorf("%s=%s was taken", key, value)
		}
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts, err := plan(dockerTask(dir,
		on(mesos.ContainerInfo_DockerInfo_BRIDGE), hostname,
		resource(ports(31000, 31010)), mapping(31000, 80, ""), mapping(31001, 53, "UDP"),
		volume("data", "/data"), volume("/etc", "conf"),
		parameter("label", "team=web"), parameter("label", LabelAgent+"=forged"), parameter("env", "A=b"),
		parameter("ulimit", "nofile=10:20"), parameter("user", "1:2"), parameter("workdir", "/tmp"),
		parameter("init", "true"), parameter("m", "128m"), parameter("security-opt", "no-new-privileges"),
		parameter("device", "/dev/null:/dev/nothing:r"), parameter("sysctl", "net.x=1"), parameter("pids-limit", "9"),
	), "agent", host)
	if err != nil {
		t.Fatal(err)
	}
	c, h := opts.Config, opts.HostConfig
	checks := map[string]bool{
		"name":       opts.Name == "mesos-uuid",
		"shell":      slices.Equal(c.Entrypoint, []string{"/bin/sh"}) && slices.Equal(c.Cmd, []string{"-c", "true"}),
		"hostname":   c.Hostname == "h",
		"user":       c.User == "1:2" && c.WorkingDir == "/tmp",
		"label":      c.Labels["team"] == "web",
		"own labels": c.Labels[LabelAgent] == "agent" && c.Labels[LabelTask] == "task" && c.Labels[LabelContainer] == "uuid",
		"env": slices.Equal(c.Env, []string{
			"MESOS_ALLOCATION_ROLE=ops", "MESOS_CONTAINER_NAME=mesos-uuid", "MESOS_SANDBOX=/mnt/mesos/sandbox", "A=b",
		}),
		"network":  h.NetworkMode == "bridge",
		"tcp port": h.PortBindings[network.MustParsePort("80/tcp")][0].HostPort == "31000",
		"udp port": h.PortBindings[network.MustParsePort("53/udp")][0].HostPort == "31001",
		"exposed":  len(c.ExposedPorts) == 2,
		"binds": slices.Equal(h.Binds, []string{
			dir + "/data:/data:ro", "/etc:/mnt/mesos/sandbox/conf:ro", dir + ":/mnt/mesos/sandbox",
		}) && len(h.Mounts) == 0,
		"shares":       h.CPUShares == 512,
		"memory":       h.Memory == 128<<20, // The parameter comes last.
		"ulimit":       len(h.Ulimits) == 1 && h.Ulimits[0].Hard == 20,
		"init":         h.Init != nil && *h.Init,
		"security-opt": slices.Equal(h.SecurityOpt, []string{"no-new-privileges"}),
		"device":       len(h.Devices) == 1 && h.Devices[0].CgroupPermissions == "r",
		"sysctl":       h.Sysctls["net.x"] == "1",
		"pids":         h.PidsLimit != nil && *h.PidsLimit == 9,
		"log":          h.LogConfig.Type == "json-file",
		"restart":      h.RestartPolicy.Name == "no",
		"attached":     c.AttachStdout && c.AttachStderr,
	}
	for name, ok := range checks {
		if !ok {
			t.Errorf("%s is wrong in %+v %+v", name, c, h)
		}
	}
}

// docker run binds by texts with colons, which sandboxes of some tasks hold too.
func TestSandboxWithAColon(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a:b")
	opts, err := plan(dockerTask(dir, volume("data", "/data")), "agent", host)
	if err != nil {
		t.Fatal(err)
	}
	want := []mount.Mount{
		{Type: mount.TypeBind, Source: dir + "/data", Target: "/data", ReadOnly: true},
		{Type: mount.TypeBind, Source: dir, Target: "/mnt/mesos/sandbox"},
	}
	if h := opts.HostConfig; !reflect.DeepEqual(h.Mounts, want) || len(h.Binds) != 0 {
		t.Errorf("mounts %+v, binds %q, want mounts %+v", h.Mounts, h.Binds, want)
	}
}

// docker inspect shows what docker run sends although nobody asked for it.
func TestPlanOfNothing(t *testing.T) {
	t.Parallel()
	opts, err := plan(dockerTask(t.TempDir()), "agent", host)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(opts.HostConfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"PortBindings":{}`, `"Dns":[]`, `"DnsOptions":[]`, `"DnsSearch":[]`, `"BlkioWeightDevice":[]`, `"Devices":[]`,
		`"RestartPolicy":{"Name":"no","MaximumRetryCount":0}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
}

func TestPlanOfResources(t *testing.T) {
	t.Parallel()
	limits := func(cpus, mem float64) shape {
		return func(t *mesos.TaskInfo, _ *mesos.ContainerInfo_DockerInfo) {
			t.Limits = map[string]mesos.Value_Scalar{"cpus": {Value: cpus}, "mem": {Value: mem}}
		}
	}
	only := func(rs ...mesos.Resource) shape {
		return func(t *mesos.TaskInfo, _ *mesos.ContainerInfo_DockerInfo) { t.Resources = rs }
	}
	type sizes struct {
		shares, quota, memory, reservation int64
		oom                                int
	}
	tests := map[string]struct {
		shapes []shape
		want   sizes
	}{
		"requests":           {nil, sizes{512, 0, 64 << 20, 0, 0}},
		"limits":             {[]shape{limits(2, 256)}, sizes{512, 200_000, 256 << 20, 64 << 20, 993}},
		"limits of requests": {[]shape{limits(0.5, 64)}, sizes{512, 50_000, 64 << 20, 64 << 20, 0}},
		"limits of infinity": {[]shape{limits(math.Inf(1), math.Inf(1))}, sizes{512, 0, 0, 64 << 20, 993}},
		"half of the host":   {[]shape{only(scalar("mem", 4096)), limits(1, 8192)}, sizes{0, 100_000, 8 << 30, 4 << 30, 500}},
		"limits alone":       {[]shape{only(ports(1, 1)), limits(1, 256)}, sizes{0, 100_000, 256 << 20, 0, 0}},
		"least":              {[]shape{only(scalar("cpus", 0.001), scalar("mem", 1))}, sizes{2, 0, 32 << 20, 0, 0}},
		"summed":             {[]shape{resource(scalar("cpus", 0.5))}, sizes{1024, 0, 64 << 20, 0, 0}},
		"cpus alone":         {[]shape{only(scalar("cpus", 1))}, sizes{1024, 0, 0, 0, 0}},
		"mem alone":          {[]shape{only(scalar("mem", 64.9))}, sizes{0, 0, 64 << 20, 0, 0}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts, err := plan(dockerTask(t.TempDir(), tt.shapes...), "agent", host)
			if err != nil {
				t.Fatal(err)
			}
			h := opts.HostConfig
			if got := (sizes{h.CPUShares, h.CPUQuota, h.Memory, h.MemoryReservation, h.OomScoreAdj}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// 8: one value for a name, in the order of names; what all tasks have wins, and
// parameters come last.
func TestPlanOfEnvironment(t *testing.T) {
	t.Parallel()
	task := dockerTask(t.TempDir(), parameter("env", "B=parameter"))
	variable := func(name, value string) mesos.Environment_Variable {
		return mesos.Environment_Variable{Name: name, Value: &value}
	}
	task.Info.Command.Environment = &mesos.Environment{Variables: []mesos.Environment_Variable{
		variable("Z", "1"), variable("B", "x=y"), variable("Z", "2"), variable("MESOS_SANDBOX", "mine"),
		{Name: "SECRET", Type: mesos.Environment_Variable_SECRET.Enum()},
	}}
	opts, err := plan(task, "agent", host)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"B=x=y", "MESOS_ALLOCATION_ROLE=ops", "MESOS_CONTAINER_NAME=mesos-uuid", "MESOS_SANDBOX=/mnt/mesos/sandbox", "Z=2", "B=parameter",
	}
	if !slices.Equal(opts.Config.Env, want) {
		t.Errorf("got %q, want %q", opts.Config.Env, want)
	}
}

func TestPlanOfCommands(t *testing.T) {
	t.Parallel()
	no, value := false, "v"
	tests := map[string]struct {
		command         *mesos.CommandInfo
		entrypoint, cmd []string
	}{
		"none":                {nil, nil, nil},
		"shell":               {&mesos.CommandInfo{Value: &value, Arguments: []string{"ignored"}}, []string{"/bin/sh"}, []string{"-c", "v"}},
		"value and arguments": {&mesos.CommandInfo{Shell: &no, Value: &value, Arguments: []string{"a", "b"}}, nil, []string{"v", "a", "b"}},
		"arguments alone":     {&mesos.CommandInfo{Shell: &no, Arguments: []string{"a"}}, nil, []string{"a"}},
		"the image's own":     {&mesos.CommandInfo{Shell: &no}, nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := dockerTask(t.TempDir())
			task.Info.Command = tt.command
			opts, err := plan(task, "agent", host)
			if err != nil {
				t.Fatal(err)
			}
			if c := opts.Config; !slices.Equal(c.Entrypoint, tt.entrypoint) || !slices.Equal(c.Cmd, tt.cmd) {
				t.Errorf("got %q %q, want %q %q", c.Entrypoint, c.Cmd, tt.entrypoint, tt.cmd)
			}
		})
	}
}
