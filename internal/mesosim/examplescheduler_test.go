package mesosim_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/simulated"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// buildExampleScheduler builds mesos-go's own example from its module. What it
// needs besides is pinned in a module of its own, whose sums are checked.
func buildExampleScheduler(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "example-scheduler")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-mod=readonly", "-o", bin,
		"github.com/mesos/mesos-go/api/v1/cmd/example-scheduler")
	cmd.Dir = filepath.Join("testdata", "examplescheduler")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the example scheduler: %v\n%s", err, out)
	}
	return bin
}

// A scheduler that knows nothing of mesosim, on mesos-go's own controller,
// launches its tasks on several offers, acknowledges what it is told of them, and
// ends once they all finished. They are tasks of a custom executor, which the
// simulated one plays.
//
// In JSON it gets no further than SUBSCRIBED: mesos-go's codec fails on QUOTA_V2,
// which every master of its time and later has. So it does on a real one.
func TestExampleScheduler(t *testing.T) {
	const tasks = 6
	bin := buildExampleScheduler(t)
	tests := []struct {
		codec, until string
		want         []string
	}{
		{codec: "protobuf", until: "mission accomplished, terminating"},
		{codec: "json", until: `unrecognized enum MasterInfo_Capability_Type value "QUOTA_V2"`},
	}
	for _, state := range []string{"TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"} {
		for i := 1; i <= tasks; i++ {
			tests[0].want = append(tests[0].want, fmt.Sprintf("Task %d is in state %s", i, state))
		}
	}
	for _, tt := range tests {
		t.Run(tt.codec, func(t *testing.T) {
			m := startMaster(t, t.TempDir(), 0)
			startShortLived(t, m.addr)
			ctx, cancel := context.WithTimeout(t.Context(), testwait.Patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, bin, "-url", "http://"+m.addr+"/api/v1/scheduler", "-codec", tt.codec,
				"-tasks", fmt.Sprint(tasks), "-cpu", "0.5", "-exec.image", "example-executor", "-maxRefuseSeconds", "10ms",
				"-server.address", "127.0.0.1", "-metrics.port", "0", "-verbose")
			out := &until{text: tt.until, reached: cancel}
			cmd.Stdout, cmd.Stderr = out, out
			_ = cmd.Run() // It ends by itself or is ended; either way its output tells.
			log := out.said.String()
			for _, want := range append(tt.want, tt.until) {
				if !strings.Contains(log, want) {
					t.Errorf("it never said %q", want)
				}
			}
			if t.Failed() {
				t.Log(log)
			}
		})
	}
}

// startShortLived starts an agent with room for some of the example's tasks at a
// time, which end by themselves.
func startShortLived(t *testing.T, masterAddr string) {
	t.Helper()
	rs, err := resource.Parse("cpus:2;mem:1024")
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Options{
		Master: masterAddr, WorkDir: t.TempDir(), Resources: rs, Executor: agent.Simulated,
		Simulate: simulated.Options{RunFor: 10 * time.Millisecond}, Backoff: 20 * time.Millisecond, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, a.Addr(), a.Run)
}

// until collects what a program says and ends it when that holds a text. A
// program writes its two outputs to it one after the other.
type until struct {
	said    bytes.Buffer
	text    string
	reached context.CancelFunc
}

// Write implements io.Writer.
func (u *until) Write(p []byte) (int, error) {
	n, err := u.said.Write(p)
	if strings.Contains(u.said.String(), u.text) {
		u.reached()
	}
	return n, err
}
