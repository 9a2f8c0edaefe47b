package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
)

// slaves is the directory of all sandboxes.
func (a *Server) slaves() string { return filepath.Join(a.opts.WorkDir, "slaves") }

// makeSandbox makes the directory of a run where Mesos has it, points the link
// named latest to it, and returns it; "" if nothing of the agent is on disk.
func (a *Server) makeSandbox(run executor.Run) (string, error) {
	if a.opts.WorkDir == "" {
		return "", nil
	}
	runs := filepath.Join(a.slaves(), a.identity.AgentID, "frameworks", run.FrameworkID, "executors", run.ExecutorID, "runs")
	sandbox := filepath.Join(runs, run.ContainerID)
	if a.opts.Ephemeral {
		return sandbox, nil
	}
	a.sandboxes.Lock()
	defer a.sandboxes.Unlock()
	if err := os.MkdirAll(sandbox, dirMode); err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	for _, name := range []string{"stdout", "stderr"} {
		f, err := os.OpenFile(filepath.Join(sandbox, name), os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return "", fmt.Errorf("sandbox: %w", err)
		}
		if err := f.Close(); err != nil {
			return "", fmt.Errorf("sandbox: %w", err)
		}
	}
	tmp := filepath.Join(runs, run.ContainerID+".latest")
	if err := os.Symlink(run.ContainerID, tmp); err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(runs, latest)); err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	return sandbox, nil
}

// latest is the link to the last run of an executor.
const latest = "latest"

// relative turns a path of the files API into one relative to slaves. There are
// those of the directories of runs, and of what is in them: real ones, and the
// virtual /frameworks/<id>/executors/<id>/runs/latest (7.2).
func (a *Server) relative(path string) (string, bool) {
	clean := filepath.Clean("/" + path)
	rel, isReal := strings.CutPrefix(clean, a.slaves()+"/")
	if !isReal {
		a.mu.Lock()
		rel = a.identity.AgentID + clean
		a.mu.Unlock()
	}
	parts := strings.Split(rel, "/")
	const run = 6 // of <agent>/frameworks/<id>/executors/<id>/runs/<run>
	isRun := len(parts) > run && parts[1] == "frameworks" && parts[3] == "executors" && parts[5] == "runs"
	return rel, isRun && (isReal || parts[run] == latest)
}

// stat describes a file or directory of a sandbox; links that lead out of all
// sandboxes are refused.
func (a *Server) stat(path string) (rel string, info os.FileInfo, fault *refusal) {
	missing := &refusal{status: http.StatusNotFound}
	rel, ok := a.relative(path)
	if !ok {
		return "", nil, missing
	}
	root, err := os.OpenRoot(a.slaves())
	if err != nil {
		return "", nil, missing
	}
	defer func() { _ = root.Close() }()
	info, err = root.Stat(rel)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return "", nil, missing
	}
	if err != nil {
		return "", nil, &refusal{http.StatusBadRequest, "'" + filepath.Join(a.slaves(), rel) + "' is inaccessible.\n"}
	}
	return rel, info, nil
}

// open opens what stat describes. To open a pipe would be to wait for its writer.
func (a *Server) open(path string) (*os.File, os.FileInfo, *refusal) {
	rel, info, fault := a.stat(path)
	if fault != nil {
		return nil, nil, fault
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, nil, &refusal{status: http.StatusNotFound}
	}
	f, err := os.OpenInRoot(a.slaves(), rel)
	if err != nil {
		return nil, nil, &refusal{http.StatusInternalServerError, "Failed to open file at '" + filepath.Join(a.slaves(), rel) + "': " + err.Error() + ".\n"}
	}
	return f, info, nil
}

// introduce writes what a docker executor says about itself to stderr (7.2).
func (a *Server) introduce(task, sandbox string) {
	now := time.Now().Format("I20060102 15:04:05.000000")
	lines := fmt.Sprintf("%s %5d executor.cpp:130] Registered docker executor on %s\n%s %5d executor.cpp:186] Starting task %s\n",
		now, os.Getpid(), a.opts.Hostname, now, os.Getpid(), task)
	path := filepath.Join(sandbox, "stderr")
	if err := os.WriteFile(path, []byte(lines), 0o644); err != nil {
		a.opts.Log.Warn().Err(err).Str("task", task).Msg("sandbox stderr cannot be written")
	}
}
