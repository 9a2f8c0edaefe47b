package agent

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// 7.2: sandboxes remain for --gc_delay after the end, those of running tasks as
// long as these.
func TestSandboxesAreCollected(t *testing.T) {
	t.Parallel()
	a := &Server{opts: Options{WorkDir: filepath.Join(t.TempDir(), "a*[b")}, records: map[string]*record{}}
	a.identity.AgentID = "agent"
	long := time.Now().Add(-time.Hour)
	sandbox := func(task, container string) string {
		run := executor.Run{FrameworkID: "f", ExecutorID: task, ContainerID: container}
		if err := a.makeSandbox(&run); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(run.Sandbox, long, long); err != nil {
			t.Fatal(err)
		}
		return run.Sandbox
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
