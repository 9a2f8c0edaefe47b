package mesos

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/job"
)

var update = flag.Bool("update", false, "write the golden files anew")

// launchCases are one launch for each way in which a task can be described.
func launchCases() map[string]Launch {
	no := false
	base := Launch{
		TaskID: "web.1.7.2.ab", Name: "web.front", AgentID: "a", Role: "r", Hostname: "host-a",
		Resources: offer.Resources{CPUs: 1500, Mem: 64_000},
		Job:       "web", Run: 3, Slot: 7, Attempt: 2, Version: 12, Index: 5,
	}
	with := func(ports []uint32, g job.Group) Launch {
		l := base
		l.HostPorts, l.Group = ports, &g
		return l
	}
	return map[string]Launch{
		"docker_image_command": with(nil, job.Group{Name: "front", Container: &job.Container{Image: "busybox", Network: "bridge"}}),
		"docker_args": with(nil, job.Group{Name: "front", Container: &job.Container{
			Image: "busybox", Network: "bridge", Command: job.Command{Args: []string{"sleep", "60", "x y"}},
		}}),
		"docker_shell_full": with([]uint32{31000, 31005}, job.Group{
			Name: "front", Environment: "prod",
			Container: &job.Container{
				Image: "nginx:1", Command: job.Command{Shell: "exec nginx"}, Network: "bridge",
				ForcePull: true, Privileged: true,
				Volumes: []job.Volume{
					{ContainerPath: "/data", HostPath: "/srv/data"},
					{ContainerPath: "/etc/conf", HostPath: "/srv/conf", Mode: "ro"},
				},
				Parameters: []job.Parameter{{Key: "ulimit", Value: "nofile=1024"}},
			},
			Ports: []job.Port{
				{Name: "http", Container: 8080, Protocol: "tcp"},
				{Name: "admin-ui", Protocol: "udp"},
			},
			Env:    map[string]job.Variable{"B": job.Plain("2"), "A": job.Plain(""), "MESOS_TASK_ID": job.Plain("forged")},
			Labels: map[string]string{"team": "core", "taurus.job": "forged"},
			HealthCheck: &job.HealthCheck{
				Type: "http", Port: 8080, Path: "/health", Interval: job.Duration(5 * time.Second),
				Timeout: job.Duration(1500 * time.Millisecond), Grace: job.Duration(time.Minute), Failures: 4,
			},
			KillGrace: job.Duration(30 * time.Second),
			URIs: []job.URI{
				{Value: "http://h/a.tgz"},
				{Value: "http://h/b", Executable: true, Extract: &no, Cache: true, OutputFile: "tool"},
			},
		}),
		"docker_kill": with(nil, job.Group{
			Name:      "front",
			Container: &job.Container{Image: "nginx", Network: "bridge", Command: job.Command{Shell: "exec nginx -g 'daemon off;'"}},
			KillGrace: job.Duration(30 * time.Second), KillSignal: "SIGUSR1",
			BeforeKill: &job.BeforeKill{Command: "leave 'the balancer'", Timeout: job.Duration(2500 * time.Millisecond)},
		}),
		"docker_host_network": with([]uint32{31000}, job.Group{
			Name: "front", Container: &job.Container{Image: "nginx", Network: "host"},
			Ports: []job.Port{{Protocol: "tcp"}}, HealthCheck: &job.HealthCheck{Type: "tcp"},
		}),
		"docker_user_network": with([]uint32{31000}, job.Group{
			Name: "front", Container: &job.Container{Image: "nginx", Network: "overlay"},
			Ports:       []job.Port{{Container: 80, Protocol: "tcp"}},
			HealthCheck: &job.HealthCheck{Type: "tcp", Port: 9999, Delay: job.Duration(time.Second)},
		}),
		"docker_tcp_and_udp": with([]uint32{31500, 31500, 31501}, job.Group{
			Name: "front", Container: &job.Container{Image: "dns", Network: "bridge"},
			Ports: []job.Port{
				{Name: "dns", Container: 53, Host: 31500, Protocol: "udp"},
				{Name: "dnst", Container: 53, Host: 31500, Protocol: "tcp"},
				{Name: "sip", Container: 5060, Protocol: "tcp,udp"},
			},
			HealthCheck: &job.HealthCheck{Type: "tcp"},
			Env: map[string]job.Variable{
				"HOST": job.Plain("0.0.0.0"), "PORT": job.Plain("53"), "PORT1": job.Plain("5353"), "PORT_DNST": job.Plain("5300"), "PORTS": job.Plain(""), "PORT_53": job.Plain("mine"),
				"TAURUS_SLOT": job.Plain("9"), "TAURUS_MINE": job.Plain("mine"), "MESOS_SANDBOX": job.Plain("/tmp"),
			},
		}),
		"docker_limits": with(nil, job.Group{
			Name: "front", Container: &job.Container{Image: "nginx", Network: "none"},
			Resources: &job.Resources{CPU: 1.5, Memory: 64, CPULimit: 4, MemoryLimit: 256.5},
		}),
		"docker_no_network": with(nil, job.Group{
			Name: "front", Container: &job.Container{Image: "nginx", Network: "none"},
			HealthCheck: &job.HealthCheck{Type: "command", Command: "test -e /tmp/up"},
		}),
		"process_shell": with([]uint32{31000}, job.Group{
			Name: "front", Container: &job.Container{Command: job.Command{Shell: "sleep $PORT"}},
			Ports: []job.Port{{Container: 80, Protocol: "tcp"}}, HealthCheck: &job.HealthCheck{Type: "http", Path: "/"},
		}),
		"mesos_image": with([]uint32{31000}, job.Group{Name: "front", Container: &job.Container{
			Containerizer: "mesos", Image: "busybox:1", Network: "host", ForcePull: true, Command: job.Command{Args: []string{"httpd", "-f"}},
			Volumes: []job.Volume{{ContainerPath: "/data", HostPath: "/srv", Mode: "ro"}},
		}, Ports: []job.Port{{Protocol: "tcp"}}, HealthCheck: &job.HealthCheck{Type: "tcp"}}),
		"mesos_image_command": with(nil, job.Group{Name: "front", Container: &job.Container{Containerizer: "mesos", Image: "busybox:1", Network: "host"}}),
		"process_args": with(nil, job.Group{Name: "front", Container: &job.Container{
			Command: job.Command{Args: []string{"/bin/sleep", "60"}},
			Volumes: []job.Volume{{ContainerPath: "/data", HostPath: "/srv", Mode: "rw"}},
		}}),
	}
}

// launchPool holds enough for any of launchCases.
func launchPool() *pool {
	p := &pool{agentID: "a", role: "r"}
	p.add([]mesos.Resource{
		scalar("cpus", 1), scalar("cpus", 1, "r"), scalar("mem", 128),
		portsResource(mesos.Value_Range{Begin: 31000, End: 31010}, mesos.Value_Range{Begin: 31500, End: 31501}),
	})
	return p
}

func TestTaskInfo(t *testing.T) {
	for name, l := range launchCases() {
		t.Run(name, func(t *testing.T) {
			task, err := taskInfo(&placedTask{&l, TaskSecrets{}}, launchPool())
			if err != nil {
				t.Fatal(err)
			}
			if task.Check != nil {
				t.Error("a check makes Mesos' Docker executor abort")
			}
			raw, err := json.Marshal(task)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, raw, "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			golden(t, name+".json", got.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "taskinfo", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and look at the difference. Got:\n%s", path, got)
	}
}

// What is launched can be told apart when it comes back by GET_TASKS.
func TestLabelsComeBack(t *testing.T) {
	l := launchCases()["docker_shell_full"]
	task, err := taskInfo(&placedTask{&l, TaskSecrets{}}, launchPool())
	if err != nil {
		t.Fatal(err)
	}
	var ref TaskRef
	readLabels(&ref, task.Labels.Labels)
	want := TaskRef{Ours: true, Job: "web", Run: 3, Group: "front", Slot: 7, Attempt: 2, Version: 12, Index: 5, Indexed: true}
	if ref != want {
		t.Errorf("got %+v", ref)
	}
}

func TestHealthCheckRefused(t *testing.T) {
	for name, hc := range map[string]job.HealthCheck{
		"no port":      {Type: job.HealthTCP},
		"no http port": {Type: job.HealthHTTP, Path: "/"},
		"unknown type": {Type: "grpc", Port: 1},
		"no type":      {Port: 1},
	} {
		l := testLaunch("t")
		l.Group.HealthCheck = &hc
		if _, err := taskInfo(&placedTask{&l, TaskSecrets{}}, launchPool()); !errors.Is(err, ErrLaunchInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Modes of logs from before there were only two are read as they were meant.
func TestVolumesAreReadOnlyWhereTheySaySo(t *testing.T) {
	for mode, want := range map[string]mesos.Volume_Mode{
		"": mesos.RW, "rw": mesos.RW, "ro": mesos.RO, "RO": mesos.RO, "Read-Only": mesos.RO, "ro,z": mesos.RO, "z": mesos.RW, "shared": mesos.RW,
	} {
		got := volumes([]job.Volume{{ContainerPath: "/v", HostPath: "/srv", Mode: mode}})
		if len(got) != 1 || got[0].GetMode() != want {
			t.Errorf("%q: %+v", mode, got)
		}
	}
}
