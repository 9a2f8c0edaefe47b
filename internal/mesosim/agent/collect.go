package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/milosgajdos/taurus/internal/pause"
)

const (
	// defaultGCDelay is Mesos' --gc_delay.
	defaultGCDelay = 7 * 24 * time.Hour
	// looksPerDelay is how often sandboxes are looked through in that time, within
	// the bounds below: so much later may one go.
	looksPerDelay = 10
	minLook       = time.Second
	maxLook       = time.Hour
)

// collect removes the sandboxes of tasks that ended longer ago than the delay,
// until ctx is done (7.2). When a task ended is the time of its sandbox, so that
// an agent that starts again goes on where the last one was.
func (a *Server) collect(ctx context.Context) {
	if a.opts.WorkDir == "" || a.opts.Ephemeral {
		return
	}
	look := min(max(a.opts.GCDelay/looksPerDelay, minLook), maxLook)
	for {
		if err := a.collectOnce(time.Now().Add(-a.opts.GCDelay)); err != nil {
			a.opts.Log.Warn().Err(err).Msg("sandboxes of ended tasks remain")
		}
		if pause.For(ctx, look) != nil {
			return
		}
	}
}

// collectOnce removes what ended before a time.
func (a *Server) collectOnce(before time.Time) error {
	executors, err := filepath.Glob(filepath.Join(escape(a.slaves()), "*", "frameworks", "*", "executors", "*"))
	for _, dir := range executors {
		err = errors.Join(err, a.collectExecutor(dir, before))
	}
	return err
}

// escape takes a path for no pattern.
func escape(path string) string {
	var out []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}

// collectExecutor removes the old runs of an executor, and with the last of them
// its directory. No sandbox is made meanwhile.
func (a *Server) collectExecutor(dir string, before time.Time) error {
	a.sandboxes.Lock()
	defer a.sandboxes.Unlock()
	runs := filepath.Join(dir, "runs")
	entries, err := os.ReadDir(runs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	left := 0
	for _, e := range entries {
		if !e.IsDir() {
			continue // The link to the latest.
		}
		info, statErr := e.Info()
		if statErr != nil || a.isKnown(e.Name()) || info.ModTime().After(before) {
			left++
			continue
		}
		if removeErr := os.RemoveAll(filepath.Join(runs, e.Name())); removeErr != nil {
			left++
			err = errors.Join(err, removeErr)
		}
	}
	if left > 0 {
		return err
	}
	return errors.Join(err, os.RemoveAll(dir))
}

func (a *Server) isKnown(containerID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.records[containerID] != nil
}

// age begins the delay after which the sandbox of a task that ended is removed.
func (a *Server) age(r *record) {
	if r.Run.Sandbox == "" || a.opts.Ephemeral {
		return
	}
	now := time.Now()
	if err := os.Chtimes(r.Run.Sandbox, now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		a.opts.Log.Warn().Err(err).Str("task", r.key().task).Msg("the sandbox keeps an older time, and will be removed sooner")
	}
}
