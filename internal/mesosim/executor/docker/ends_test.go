package docker_test

import (
	"fmt"
	"strings"
	"testing"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor/docker"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/executortest"
)

// telling is an executor that says of ends what Docker knows of them.
func (e *engine) telling(t *testing.T, tells bool) (*docker.Executor, executortest.States) {
	t.Helper()
	a, s := executortest.NewAgent(t)
	x, err := docker.New(docker.Options{
		Sink: a.Sink, Log: zerolog.New(zerolog.NewTestWriter(t)), AgentID: a.ID, AgentIP: "127.0.0.1", StateDir: a.StateDir,
		Client: e.cli, TellEnds: tells,
	})
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

// hog is a command that takes all the memory there is.
const hog = `exec /bin/busybox awk 'BEGIN{s="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";while(1){s=s s}}'`

func memory(info mesos.TaskInfo, mb float64) mesos.TaskInfo {
	kind := mesos.SCALAR
	info.Resources = append(info.Resources, mesos.Resource{Name: "mem", Type: &kind, Scalar: &mesos.Value_Scalar{Value: mb}})
	return info
}

// TestEndsAreTold: of a lack of memory where Docker knows of it, with the limit that holds,
// and of a child's, whatever its parent makes of it; and never of a kill that was asked for.
func TestEndsAreTold(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	oom := mesos.REASON_CONTAINER_LIMITATION_MEMORY
	for name, c := range map[string]struct {
		line    string
		tells   bool
		message string
		reason  *mesos.TaskStatus_Reason
	}{
		"the program":       {hog, true, "Container exited with status 137: killed by the kernel: out of memory, limit 32 MB", &oom},
		"as Mesos tells it": {hog, false, "Container exited with status 137", nil},
		"a child": {
			"(" + hog + "); exit 7", true,
			"Container exited with status 7: a process of it was killed by the kernel: out of memory, limit 32 MB", nil,
		},
		"killed by itself": {"kill -9 $$; sleep 1; exit 137", true, "Container exited with status 137", nil},
		"another status":   {"exit 139", true, "Container exited with status 139", nil},
	} {
		t.Run(name, func(t *testing.T) {
			x, s := e.telling(t, c.tells)
			x.Launch(t.Context(), executortest.NewTask(t, memory(e.run(c.line), 16)))
			s.Next(t, mesos.TASK_STARTING)
			s.Next(t, mesos.TASK_RUNNING)
			end := s.Next(t, mesos.TASK_FAILED)
			if end.Message != c.message || (end.Reason == nil) != (c.reason == nil) || c.reason != nil && *end.Reason != *c.reason {
				t.Errorf("ended with %q %v, want %q %v", end.Message, end.Reason, c.message, c.reason)
			}
		})
	}
}

// TestWhyItDidNotStart: docker's text is in the status, in the sandbox, and fits the exit
// status of docker run.
func TestWhyItDidNotStart(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	parameter := func(info mesos.TaskInfo, key, value string) mesos.TaskInfo {
		info.Container.Docker.Parameters = append(info.Container.Docker.Parameters, mesos.Parameter{Key: key, Value: value})
		return info
	}
	for name, c := range map[string]struct {
		info mesos.TaskInfo
		code int
		text string
	}{
		"no such program":    {parameter(e.run("true"), "entrypoint", "/no/such/program"), 127, "no such file or directory"},
		"a directory":        {parameter(e.run("true"), "entrypoint", "/bin"), 126, "permission denied"},
		"no such capability": {parameter(e.run("true"), "cap-add", "NONE_SUCH"), 125, "NONE_SUCH"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, tells := range []bool{true, false} {
				x, s := e.telling(t, tells)
				task := executortest.NewTask(t, c.info)
				x.Launch(t.Context(), task)
				s.Next(t, mesos.TASK_STARTING)
				end := s.Next(t, mesos.TASK_FAILED)
				short := fmt.Sprintf("Container exited with status %d", c.code)
				written := strings.TrimSuffix(executortest.ReadSandbox(t, task, "stderr"), "\n")
				want := short
				if tells {
					want += ": " + written
				}
				if end.Message != want || !strings.Contains(written, c.text) || !strings.HasPrefix(written, "docker: ") {
					t.Errorf("ended with %q, stderr has %q; want %q and %q", end.Message, written, want, c.text)
				}
			}
		})
	}
}
