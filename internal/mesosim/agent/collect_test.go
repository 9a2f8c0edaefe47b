package agent

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// 7.2: sandboxes remain for --gc_delay after the end, those of running tasks as
// long as these.
func TestSandboxesAreCollected(t *testing.T) {
	t.Parallel()
	a := &Server{opts: Options{WorkDir: filepath.Join(t.TempDir(), "a*[b")}, records: map[string]*record{}}
	a.identity.AgentID = "agent"
	long := time.Now().Add(-time.Hour)
	sandbox := func(task, container string) string {
		path, err := a.makeSandbox(executor.Run{FrameworkID: "f", ExecutorID: task, ContainerID: container})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
		return path
	}
	gone, again, running, recent := sandbox("gone", "1"), sandbox("again", "2"), sandbox("again", "3"), sandbox("recent", "4")
	a.records["3"] = &record{}
	ended := &record{}
	ended.Run.Sandbox = recent
	a.age(ended)
	if err := a.collectOnce(time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		gone: false, filepath.Dir(filepath.Dir(gone)): false, again: false, running: true, recent: true,
		filepath.Join(filepath.Dir(running), "latest", "stdout"): true,
	} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: there %v, want %v", path, err == nil, want)
		}
	}
}

// An agent that runs removes what is old without being asked.
func TestAgentCollectsWhileItRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	executor := filepath.Join(dir, "slaves", "a", "frameworks", "f", "executors", "e")
	run := filepath.Join(executor, "runs", "c")
	if err := os.MkdirAll(run, 0o700); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(run, long, long); err != nil {
		t.Fatal(err)
	}
	rs, err := resource.Parse("cpus:1;mem:64")
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(Options{
		Master: "127.0.0.1:1", WorkDir: dir, Resources: rs, Executor: Simulated, GCDelay: time.Minute, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	testwait.Until(t, "the sandbox is gone", func() bool {
		_, err := os.Stat(executor)
		return os.IsNotExist(err)
	})
}
