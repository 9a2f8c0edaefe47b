package checks_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/moby/moby/client"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/scratchimage"
)

// dockerCell is a master with an agent that runs docker tasks. It skips the test
// where there is no engine, but never in CI.
func dockerCell(t *testing.T, capabilities ...string) (f *framework, image string) {
	t.Helper()
	return dockerCellWith(t, func(*agent.Options) {}, capabilities...)
}

// dockerCellWith is a dockerCell whose agent has further options.
func dockerCellWith(t *testing.T, edit func(*agent.Options), capabilities ...string) (f *framework, image string) {
	t.Helper()
	port := freePort(t)
	resources := offering(t, fmt.Sprintf("cpus:4;mem:2048;disk:4096;ports:[%d-%d]", port, port))
	cli, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cli.Close() })
	if _, err := cli.Ping(t.Context(), client.PingOptions{}); err != nil {
		if os.Getenv("CI") == "" {
			t.Skipf("no Docker Engine: %v", err)
		}
		t.Fatal(err)
	}
	image = "taurus-checks:" + uuid.NewString()
	built := scratchimage.Image{
		Tag: image, Executable: "/bin/busybox", Path: "/bin/busybox",
		Links: []string{"/bin/sh", "/bin/sleep", "/bin/env"}, Labels: map[string]string{"test": image},
	}
	if err := built.Build(t.Context(), cli); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := cli.ImageRemove(context.WithoutCancel(t.Context()), image, client.ImageRemoveOptions{Force: true})
		if err != nil {
			t.Errorf("remove image: %v", err)
		}
	})
	m := startMaster(t)
	a := startAgent(t, m, resources, edit, func(o *agent.Options) { o.Executor = agent.Auto })
	f = subscribe(t, m.addr, info(capabilities...))
	t.Cleanup(func() {
		f.cancel()
		a.stop()
		removeContainers(t, cli, image)
	})
	return f, image
}

// removeContainers removes those of an image, whose label they have.
func removeContainers(t *testing.T, cli *client.Client, image string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	found, err := cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", "test="+image)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found.Items {
		if _, err := cli.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true}); err != nil {
			t.Errorf("remove container: %v", err)
		}
	}
}

// freePort is one that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return portOf(t, l.Addr().String())
}

func boxOf(image string, docker ...any) object {
	return object{"type": "DOCKER", "docker": with(object{"image": image}, docker...)}
}

// inspected is the data of a docker task's TASK_RUNNING.
func inspected(t *testing.T, s object) object {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text(s, "data"))
	if err != nil {
		t.Fatal(err)
	}
	var out list
	if err := json.Unmarshal(data, &out); err != nil || len(out) != 1 {
		t.Fatalf("%q: %v", data, err)
	}
	return out[0].(object)
}

func TestCheck65KillDuringPull(t *testing.T) {
	t.Parallel()
	f, _ := dockerCell(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts, and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	o := f.offer()
	f.launch(o, task("t", o, "sleep 1000", "container", boxOf(l.Addr().String()+"/never:1")))
	f.quiet("a pull that takes long")
	f.kill("t", agentOf(o), nil)
	match(t, "killed", f.expect("t", "TASK_KILLED"), object{
		"source": "SOURCE_AGENT", "reason": "REASON_TASK_KILLED_DURING_LAUNCH", "message": "Killed before delivery to the executor",
	})
}

func TestCheck68DockerRun(t *testing.T) {
	t.Parallel()
	f, image := dockerCell(t)
	o := f.offer()
	var port int
	for _, r := range items(o, "resources") {
		if text(r, "name") == "ports" {
			port = int(number(r, "ranges.range.0.begin"))
		}
	}
	rs := list{scalar("cpus", 0.5), scalar("mem", 64), ports(port, port)}
	env := object{"variables": list{object{"name": "MINE", "value": "yes"}}}
	docker := boxOf(image, "network", "BRIDGE", "port_mappings", list{object{"host_port": port, "container_port": 80, "protocol": "TCP"}},
		"parameters", list{object{"key": "label", "value": "k=v"}})
	f.launch(o, task("t", o, "", "command", object{"value": "echo $MINE; sleep 1000", "environment": env}, "container", docker, "resources", rs))
	f.expect("t", "TASK_STARTING")
	s := f.expect("t", "TASK_RUNNING")
	d := inspected(t, s)
	name := "mesos-" + text(s, "container_status.container_id.value")
	match(t, "inspect", d, object{
		"Name": "/" + name, "HostConfig.CpuShares": 512, "HostConfig.Memory": 64 << 20, "HostConfig.NetworkMode": "bridge",
		"Config.Labels.k": "v", "Config.Entrypoint": list{"/bin/sh"}, "Config.Cmd": list{"-c", "echo $MINE; sleep 1000"},
		"HostConfig.CpuQuota": 0, "HostConfig.Privileged": false,
	})
	if got := text(at(d, "HostConfig.PortBindings").(object)["80/tcp"].(list)[0], "HostPort"); got != strconv.Itoa(port) {
		t.Errorf("port %q", got)
	}
	binds := items(d, "HostConfig.Binds")
	if len(binds) != 1 || !strings.Contains(binds[0].(string), ":/mnt/mesos/sandbox") {
		t.Errorf("binds %v", binds)
	}
	vars := map[string]string{}
	for _, v := range items(d, "Config.Env") {
		k, val, _ := strings.Cut(v.(string), "=")
		vars[k] = val
	}
	for k, want := range map[string]string{
		"MESOS_SANDBOX": "/mnt/mesos/sandbox", "MESOS_CONTAINER_NAME": name, "MESOS_ALLOCATION_ROLE": "*", "MINE": "yes",
	} {
		if vars[k] != want {
			t.Errorf("%s=%q, want %q", k, vars[k], want)
		}
	}
	for _, k := range []string{"MESOS_TASK_ID", "MESOS_FRAMEWORK_ID", "HOST", "PORT", "PORT0"} {
		if v, set := vars[k]; set {
			t.Errorf("%s=%q is set", k, v)
		}
	}
	// Without a shell the value and its arguments are the container's.
	p := f.offer()
	args := object{"shell": false, "value": "/bin/sleep", "arguments": list{"1000"}}
	f.launch(p, task("u", p, "", "command", args, "container", boxOf(image, "network", "NONE")))
	f.expect("u", "TASK_STARTING")
	match(t, "inspect", inspected(t, f.expect("u", "TASK_RUNNING")), object{
		"Config.Cmd": list{"/bin/sleep", "1000"}, "HostConfig.NetworkMode": "none", "HostConfig.Memory": 32 << 20,
		"HostConfig.CpuShares": 102,
	})
}

// The grace of a KILL counts for docker tasks, the task's own without it (4.4).
func TestDockerKillPolicies(t *testing.T) {
	t.Parallel()
	f, image := dockerCell(t, "TASK_KILLING_STATE")
	o := f.offer()
	deaf := "trap '' TERM; sleep 1000"
	own := object{"grace_period": nanos(100e9)}
	f.launch(o, task("t", o, deaf, "container", boxOf(image), "kill_policy", own))
	f.expect("t", "TASK_STARTING", "TASK_RUNNING")
	f.kill("t", agentOf(o), object{"grace_period": nanos(1e9)})
	f.expect("t", "TASK_KILLING")
	match(t, "killed", f.expect("t", "TASK_KILLED"), object{"message": "Container exited with status 137", "reason": nil, "healthy": nil})
}

// A container that is over before it could be looked at was running (4.2).
func TestShortContainer(t *testing.T) {
	t.Parallel()
	f, image := dockerCell(t)
	o := f.offer()
	f.launch(o, task("t", o, "exit 0", "container", boxOf(image)))
	f.expect("t", "TASK_STARTING", "TASK_RUNNING")
	match(t, "end", f.expect("t", "TASK_FINISHED"), object{
		"message": "Container exited with status 0", "reason": nil, "container_status.network_infos.0.ip_addresses.0.ip_address": "127.0.0.1",
	})
}

// A pull that takes longer than the registration timeout is a launch that
// failed (4.2).
func TestRegistrationTimeout(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	f, _ := dockerCellWith(t, func(o *agent.Options) { o.RegistrationTimeout = 5 * time.Second })
	o := f.offer()
	f.launch(o, task("t", o, "sleep 1000", "container", boxOf(l.Addr().String()+"/never:1")))
	match(t, "failed", f.expect("t", "TASK_FAILED"), object{
		"source": "SOURCE_AGENT", "reason": "REASON_CONTAINER_LAUNCH_FAILED", "container_status": nil,
		"message": "Failed to launch container: discarded; Abnormal executor termination: unknown container",
	})
	f.quiet("nothing follows")
}
