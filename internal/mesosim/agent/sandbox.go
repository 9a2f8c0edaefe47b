package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// slaves is the directory of all sandboxes.
func (a *Server) slaves() string { return filepath.Join(a.opts.WorkDir, "slaves") }

// makeSandbox makes the directory of a run where Mesos has it, and points the
// link named latest to it.
func (a *Server) makeSandbox(run *executor.Run) error {
	if a.opts.WorkDir == "" {
		return nil // Nothing of this agent is on disk.
	}
	runs := filepath.Join(a.slaves(), a.identity.AgentID, "frameworks", run.FrameworkID, "executors", run.ExecutorID, "runs")
	run.Sandbox = filepath.Join(runs, run.ContainerID)
	if a.opts.Ephemeral {
		return nil
	}
	a.sandboxes.Lock()
	defer a.sandboxes.Unlock()
	if err := os.MkdirAll(run.Sandbox, dirMode); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	for _, name := range []string{"stdout", "stderr"} {
		f, err := os.OpenFile(filepath.Join(run.Sandbox, name), os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
		if err := f.Close(); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	tmp := filepath.Join(runs, run.ContainerID+".latest")
	if err := os.Symlink(run.ContainerID, tmp); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(runs, "latest")); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

// resolve turns a path of the files API into one relative to slaves: the real
// path of a sandbox, or the virtual /frameworks/... (7.2).
func (a *Server) resolve(path string) (string, error) {
	clean := filepath.Clean("/" + path)
	if rest, ok := strings.CutPrefix(clean, a.slaves()+"/"); ok {
		return rest, nil
	}
	if strings.HasPrefix(clean, "/frameworks/") {
		a.mu.Lock()
		id := a.identity.AgentID
		a.mu.Unlock()
		return id + clean, nil
	}
	return "", errNoPath
}

// open opens a file below slaves; links that lead out of it are refused.
func (a *Server) open(path string) (*os.File, error) {
	rel, err := a.resolve(path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(a.slaves())
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return root.Open(rel)
}

// introduce writes what a docker executor says about itself to stderr (7.2).
func (a *Server) introduce(r *record) {
	now := time.Now().Format("I20060102 15:04:05.000000")
	lines := fmt.Sprintf("%s %5d executor.cpp:130] Registered docker executor on %s\n%s %5d executor.cpp:186] Starting task %s\n",
		now, os.Getpid(), a.opts.Hostname, now, os.Getpid(), r.Info.Value.TaskID.Value)
	path := filepath.Join(r.Run.Sandbox, "stderr")
	if err := os.WriteFile(path, []byte(lines), 0o644); err != nil {
		a.opts.Log.Warn().Err(err).Str("task", r.key().task).Msg("sandbox stderr cannot be written")
	}
}
