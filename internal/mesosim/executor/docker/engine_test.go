package docker_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor/docker"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/executortest"
)

func bridged(info mesos.TaskInfo) mesos.TaskInfo {
	bridge := mesos.ContainerInfo_DockerInfo_BRIDGE
	info.Container.Docker.Network = &bridge
	return info
}

func TestContainerSeesItsTask(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	a, s := executortest.NewAgent(t)
	x := e.executor(t, a)
	info := e.run(`echo "$MESOS_SANDBOX $MESOS_CONTAINER_NAME $MESOS_ALLOCATION_ROLE $GREETING"; id -u >&2; echo here >$MESOS_SANDBOX/file`)
	greeting := "hello"
	info.Command.Environment = &mesos.Environment{Variables: []mesos.Environment_Variable{{Name: "GREETING", Value: &greeting}}}
	info.Container.Docker.Parameters = []mesos.Parameter{{Key: "user", Value: "0"}, {Key: "label", Value: "team=web"}}
	task := executortest.NewTask(t, bridged(info))
	x.Launch(t.Context(), task)
	s.Next(t, mesos.TASK_STARTING)
	running := s.Next(t, mesos.TASK_RUNNING)
	var inspected []container.InspectResponse
	if err := json.Unmarshal(running.Data, &inspected); err != nil || len(inspected) != 1 {
		t.Fatalf("data is no array of one container: %v: %s", err, running.Data)
	}
	name := "mesos-" + task.Run.ContainerID
	if c := inspected[0]; c.Name != "/"+name || c.Config.Labels["team"] != "web" || c.Config.Labels[docker.LabelAgent] != a.ID {
		t.Errorf("data is of %s with labels %v", c.Name, c.Config.Labels)
	}
	s.Next(t, mesos.TASK_FINISHED)
	if got, want := executortest.ReadSandbox(t, task, "stdout"), "/mnt/mesos/sandbox "+name+" ops hello\n"; got != want {
		t.Errorf("stdout is %q, want %q", got, want)
	}
	if got := executortest.ReadSandbox(t, task, "stderr"); got != "0\n" {
		t.Errorf("stderr is %q", got)
	}
	if got := executortest.ReadSandbox(t, task, "file"); got != "here\n" {
		t.Errorf("the sandbox' file is %q", got)
	}
	if err := x.Close(); err != nil { // Waits for the container's removal.
		t.Fatal(err)
	}
	e.gone(t, name)
}

func (e *engine) gone(t *testing.T, name string) {
	t.Helper()
	list, err := e.cli.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("name", name)})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 0 {
		t.Errorf("%s is still there", name)
	}
}

// The agent dies again and again while the container writes.
func TestOutputIsWholeWhateverAgentCopiedIt(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	a, s := executortest.NewAgent(t)
	const lines = 3000
	task := executortest.NewTask(t, e.run(fmt.Sprintf(`for i in $(seq 1 %d); do echo out $i; echo err $i >&2; done; sleep 1; echo -n last`, lines)))
	x := e.executor(t, a)
	x.Launch(t.Context(), task)
	s.Next(t, mesos.TASK_STARTING)
	s.Next(t, mesos.TASK_RUNNING)
	for range 5 {
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		x = e.executor(t, a)
		x.Recover(t.Context(), task, mesos.TASK_RUNNING)
	}
	s.Next(t, mesos.TASK_FINISHED)
	var stdout, stderr strings.Builder
	for i := range lines {
		_, _ = fmt.Fprintf(&stdout, "out %d\n", i+1)
		_, _ = fmt.Fprintf(&stderr, "err %d\n", i+1)
	}
	stdout.WriteString("last")
	if got := executortest.ReadSandbox(t, task, "stdout"); got != stdout.String() {
		t.Errorf("stdout has %d bytes, want %d", len(got), stdout.Len())
	}
	if got := executortest.ReadSandbox(t, task, "stderr"); got != stderr.String() {
		t.Errorf("stderr has %d bytes, want %d", len(got), stderr.Len())
	}
}

// The agent died between creating the container and starting it.
func TestCreatedContainerIsStartedOnce(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	a, s := executortest.NewAgent(t)
	task := executortest.NewTask(t, e.run("exit 9"))
	_, err := e.cli.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Name: "mesos-" + task.Run.ContainerID,
		Config: &container.Config{
			Image: e.image, Entrypoint: []string{"/bin/sh"}, Cmd: []string{"-c", "echo begun; exit 4"},
			Labels: map[string]string{docker.LabelAgent: a.ID},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	x := e.executor(t, a)
	x.Recover(t.Context(), task, mesos.TASK_STARTING)
	s.Next(t, mesos.TASK_RUNNING)
	if end := s.Next(t, mesos.TASK_FAILED); end.Message != "Container exited with status 4" {
		t.Errorf("ended with %q: not the container that was there", end.Message)
	}
	if got := executortest.ReadSandbox(t, task, "stdout"); got != "begun\n" {
		t.Errorf("stdout is %q", got)
	}
}

func TestContainersThatCannotStart(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	no, missing := false, "/bin/missing"
	unknown := e.run("true")
	unknown.Container.Docker.Parameters = []mesos.Parameter{{Key: "rm", Value: "true"}}
	absent := e.run("")
	absent.Command = &mesos.CommandInfo{Shell: &no, Value: &missing}
	absent.Container.Docker.Parameters = []mesos.Parameter{{Key: "entrypoint", Value: missing}}
	nowhere := e.run("true")
	nowhere.Container.Docker.Parameters = []mesos.Parameter{{Key: "network", Value: "no-such-network"}}
	for want, info := range map[string]mesos.TaskInfo{
		"Failed to create docker run options: Unknown or unsupported docker parameter 'rm'": unknown,
		"Container exited with status 127":                                                  absent,
		"Container exited with status 125":                                                  nowhere,
	} {
		t.Run(want, func(t *testing.T) { // One after the other: the image is removed at the end.
			a, s := executortest.NewAgent(t)
			task := executortest.NewTask(t, info)
			x := e.executor(t, a)
			x.Launch(t.Context(), task)
			s.Next(t, mesos.TASK_STARTING)
			if end := s.Next(t, mesos.TASK_FAILED); end.Message != want || end.Source != mesos.SOURCE_EXECUTOR || end.Reason != nil {
				t.Errorf("ended with %+v, want %q", end, want)
			}
			if strings.HasPrefix(want, "Container") && !strings.HasPrefix(executortest.ReadSandbox(t, task, "stderr"), "docker: Error response from daemon: ") {
				t.Errorf("stderr does not say why: %q", executortest.ReadSandbox(t, task, "stderr"))
			}
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			e.gone(t, "mesos-"+task.Run.ContainerID)
		})
	}
}

func TestHealthChecksOfContainers(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	quickly := func(hc mesos.HealthCheck) *mesos.HealthCheck {
		zero, soon, failures := 0.0, 0.05, uint32(1000)
		hc.DelaySeconds, hc.IntervalSeconds, hc.GracePeriodSeconds, hc.ConsecutiveFailures = &zero, &soon, &zero, &failures
		return &hc
	}
	const port = 8080
	good, bad, path := "test -n 1", "exit 1", "/index.html"
	tests := map[string]struct {
		check   *mesos.HealthCheck
		healthy bool
	}{
		"command that succeeds": {quickly(mesos.HealthCheck{Type: mesos.HealthCheck_COMMAND, Command: &mesos.CommandInfo{Value: &good}}), true},
		"command that fails":    {quickly(mesos.HealthCheck{Type: mesos.HealthCheck_COMMAND, Command: &mesos.CommandInfo{Value: &bad}}), false},
		"http":                  {quickly(mesos.HealthCheck{Type: mesos.HealthCheck_HTTP, HTTP: &mesos.HealthCheck_HTTPCheckInfo{Port: port, Path: &path}}), true},
		"tcp":                   {quickly(mesos.HealthCheck{Type: mesos.HealthCheck_TCP, TCP: &mesos.HealthCheck_TCPCheckInfo{Port: port}}), true},
		"tcp that is closed":    {quickly(mesos.HealthCheck{Type: mesos.HealthCheck_TCP, TCP: &mesos.HealthCheck_TCPCheckInfo{Port: port + 1}}), false},
	}
	t.Run("checks", func(t *testing.T) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a, s := executortest.NewAgent(t)
				info := bridged(e.run(fmt.Sprintf("cd $MESOS_SANDBOX; echo ok >index.html; exec httpd -f -p %d", port)))
				info.HealthCheck = tt.check
				x := e.executor(t, a)
				x.Launch(t.Context(), executortest.NewTask(t, info))
				s.Next(t, mesos.TASK_STARTING)
				running := s.Next(t, mesos.TASK_RUNNING)
				if len(running.IPs) == 0 || !netip.MustParseAddr(running.IPs[0]).IsPrivate() {
					t.Errorf("addresses are %v", running.IPs)
				}
				for update := s.Next(t, mesos.TASK_RUNNING); *update.Healthy != tt.healthy; {
					update = s.Next(t, mesos.TASK_RUNNING) // The server may not be up yet.
				}
			})
		}
	})
}

// As in transcript 93 of the conformance runs against Mesos 1.12.
func TestCheckMakesTheExecutorAbort(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	a, s := executortest.NewAgent(t)
	info := e.run("sleep 300")
	info.Check = &mesos.CheckInfo{}
	task := executortest.NewTask(t, info)
	x := e.executor(t, a)
	x.Launch(t.Context(), task)
	s.Next(t, mesos.TASK_STARTING)
	s.Next(t, mesos.TASK_RUNNING)
	end := s.Next(t, mesos.TASK_FAILED)
	if end.Message != "Container terminated" || *end.Reason != mesos.REASON_EXECUTOR_TERMINATED || end.Source != mesos.SOURCE_AGENT {
		t.Errorf("ended with %+v", end)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	e.gone(t, "mesos-"+task.Run.ContainerID)
}

func TestURIsAreFetched(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	a, s := executortest.NewAgent(t)
	x := e.executor(t, a)
	file := filepath.Join(t.TempDir(), "greeting")
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	info := e.run("cat $MESOS_SANDBOX/greeting")
	info.Command.URIs = []mesos.CommandInfo_URI{{Value: "file://" + file}}
	task := executortest.NewTask(t, info)
	x.Launch(t.Context(), task)
	s.Next(t, mesos.TASK_STARTING)
	s.Next(t, mesos.TASK_RUNNING)
	s.Next(t, mesos.TASK_FINISHED)
	if got := executortest.ReadSandbox(t, task, "stdout"); got != "hello" {
		t.Errorf("stdout is %q", got)
	}

	info.Command.URIs = []mesos.CommandInfo_URI{{Value: file + ".missing"}}
	task = executortest.NewTask(t, info)
	x.Launch(t.Context(), task)
	end := s.Next(t, mesos.TASK_FAILED)
	want := "Failed to launch container: Failed to fetch all URIs for container '" + task.Run.ContainerID + "': exited with status 1"
	if end.Message != want || *end.Reason != mesos.REASON_CONTAINER_LAUNCH_FAILED || end.Source != mesos.SOURCE_AGENT {
		t.Errorf("ended with %+v, want %q", end, want)
	}
}

// registryless is an engine that has no image, and whose pulls end as told.
func registryless(t *testing.T, pull http.HandlerFunc) *client.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") })
	mux.HandleFunc("/v1.41/images/create", pull)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"no such thing"}`))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	cli, err := client.New(client.WithHost("tcp://" + server.Listener.Addr().(*net.TCPAddr).String()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cli.Close() })
	return cli
}

func TestPullThatFails(t *testing.T) {
	t.Parallel()
	e := &engine{image: "nobody/nothing", cli: registryless(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"message":"no route to registry"}`))
	})}
	x, s := unswept(t, e)
	x.Launch(t.Context(), executortest.NewTask(t, e.run("true")))
	end := s.Next(t, mesos.TASK_FAILED)
	want := "Failed to launch container: Failed to run 'docker -H " + e.cli.DaemonHost() +
		" pull nobody/nothing': exited with status 1; stderr='Error response from daemon: no route to registry\n'"
	if end.Message != want || *end.Reason != mesos.REASON_CONTAINER_LAUNCH_FAILED || end.Source != mesos.SOURCE_AGENT {
		t.Errorf("ended with %+v, want %q", end, want)
	}
}

func TestKillWhilePulling(t *testing.T) {
	t.Parallel()
	pulling := make(chan struct{})
	e := &engine{image: "nobody/slow", cli: registryless(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		close(pulling)
		<-r.Context().Done()
	})}
	x, s := unswept(t, e)
	task := executortest.NewTask(t, e.run("true"))
	x.Launch(t.Context(), task)
	<-pulling
	x.Kill(task.Run, time.Hour)
	end := s.Next(t, mesos.TASK_KILLED)
	if *end.Reason != mesos.REASON_TASK_KILLED_DURING_LAUNCH || end.Message != "Killed before delivery to the executor" {
		t.Errorf("ended with %+v", end)
	}
}

// unswept makes an executor of an engine that has nothing to sweep.
func unswept(t *testing.T, e *engine) (*docker.Executor, executortest.States) {
	t.Helper()
	a, s := executortest.NewAgent(t)
	x, err := docker.New(docker.Options{Sink: a.Sink, Log: zerolog.Nop(), AgentID: a.ID, StateDir: a.StateDir, Client: e.cli})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x, s
}
