package docker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/docker"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/executortest"
	"github.com/milosgajdos/taurus/internal/scratchimage"
	"github.com/milosgajdos/taurus/internal/testwait"
)

const busybox = "/bin/busybox"

func TestMain(m *testing.M) { testwait.Main(m) }

// engine is a Docker Engine with an image of a static busybox.
type engine struct {
	cli   *client.Client
	image string
}

// newEngine skips the test where there is no engine, but never in CI.
func newEngine(t *testing.T) *engine {
	t.Helper()
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
	e := &engine{cli: cli, image: "taurus-executor-test:" + uuid.NewString()}
	var links []string
	for _, applet := range []string{"sh", "sleep", "httpd", "seq", "true", "false", "cat", "id", "nc"} {
		links = append(links, "/bin/"+applet)
	}
	image := scratchimage.Image{
		Tag: e.image, Executable: busybox, Path: busybox, Links: links, Labels: map[string]string{"test": e.image},
	}
	if err := image.Build(t.Context(), cli); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := cli.ImageRemove(ctx, e.image, client.ImageRemoveOptions{Force: true}); err != nil {
			t.Errorf("remove image: %v", err)
		}
	})
	return e
}

// run is a task that gives a line to the image's shell.
func (e *engine) run(text string) mesos.TaskInfo {
	kind := mesos.ContainerInfo_DOCKER
	return mesos.TaskInfo{
		Command:   &mesos.CommandInfo{Value: &text},
		Container: &mesos.ContainerInfo{Type: &kind, Docker: &mesos.ContainerInfo_DockerInfo{Image: e.image}},
	}
}

func (e *engine) executor(t *testing.T, a executortest.Agent) *docker.Executor {
	t.Helper()
	x, err := docker.New(docker.Options{
		Sink: a.Sink, Log: zerolog.New(zerolog.NewTestWriter(t)), AgentID: a.ID, AgentIP: "127.0.0.1", StateDir: a.StateDir,
		Client: e.cli,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		if err := x.Sweep(context.WithoutCancel(t.Context()), nil); err != nil {
			t.Error(err)
		}
	})
	return x
}

func TestConformance(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	t.Run("executor", func(t *testing.T) { // Ends before the image is removed.
		executortest.Run(t, executortest.Harness{
			New:   func(t *testing.T, a executortest.Agent) executor.Executor { t.Helper(); return e.executor(t, a) },
			Exits: func(code int) mesos.TaskInfo { return e.run(fmt.Sprintf("echo begun; exit %d", code)) },
			Lingers: func(code int) mesos.TaskInfo {
				return e.run(fmt.Sprintf("echo begun; until [ -e $MESOS_SANDBOX/end ]; do sleep 0.1; done; exit %d", code))
			},
			End: func(t *testing.T, _ executortest.Agent, task *executor.Task) {
				t.Helper()
				if err := os.WriteFile(filepath.Join(task.Run.Sandbox, "end"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
				e.awaitEnd(t, task.Run)
			},
			Obeys:    func() mesos.TaskInfo { return e.run("trap 'exit 0' TERM; echo begun; sleep 300 & wait") },
			Ignores:  func() mesos.TaskInfo { return e.run("trap '' TERM; echo begun; sleep 300") },
			Exited:   func(code int) string { return fmt.Sprintf("Container exited with status %d", code) },
			Forced:   "Container exited with status 137",
			Writes:   true,
			AwaitEnd: func(t *testing.T, _ executortest.Agent, run executor.Run) { t.Helper(); e.awaitEnd(t, run) },
		})
	})
}

func (e *engine) awaitEnd(t *testing.T, run executor.Run) {
	t.Helper()
	wait := e.cli.ContainerWait(t.Context(), "mesos-"+run.ContainerID,
		client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case <-wait.Result:
	case err := <-wait.Error:
		t.Logf("the container is gone: %v", err)
	}
}
