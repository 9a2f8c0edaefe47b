package allinone

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// rosterFile holds who was started.
const rosterFile = "processes.json"

// entry is a process that was started.
type entry struct {
	Role string `json:"role"`
	Name string `json:"name"`
	// PID and Birth prove a process to be this one; PID is 0 once it is known to
	// have ended.
	PID   int    `json:"pid,omitzero"`
	Birth string `json:"birth,omitzero"`
	// Address and Admin are what it got, to be given to it again.
	Address string `json:"address,omitzero"`
	Admin   string `json:"admin_address,omitzero"`
}

// roster is the record of processes in a data directory. It is written after a
// process started: one that a crash leaves out of it is killed by the kernel.
type roster struct {
	path string

	mu      sync.Mutex
	entries map[string]entry
}

// openRoster reads the record a former supervisor left. A broken one counts as
// none: it only saves work.
func openRoster(dir string) *roster {
	l := &roster{path: filepath.Join(dir, rosterFile), entries: map[string]entry{}}
	var was map[string]entry
	if err := readJSON(l.path, &was); err == nil && was != nil {
		l.entries = was
	}
	return l
}

// get returns the entry of a name; a zero one if there is none.
func (l *roster) get(name string) entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries[name]
}

// put records an entry.
func (l *roster) put(e entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[e.Name] = e
	return writeJSON(l.path, l.entries)
}

// survivors are the processes of the record that still live.
func (l *roster) survivors() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var alive []entry
	for _, e := range l.entries {
		if e.alive() {
			alive = append(alive, e)
		}
	}
	return alive
}

// alive reports whether this very process still runs.
func (e entry) alive() bool {
	if e.PID <= 0 || e.Birth == "" {
		return false
	}
	born, err := birth(e.PID)
	return err == nil && born == e.Birth
}

// end stops a process of a former supervisor: gently, and after a grace by
// force. It looks who it is before each signal, as it is no child of ours.
func (e entry) end(ctx context.Context, grace time.Duration) error {
	const poll = 20 * time.Millisecond
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if !e.alive() {
			return nil
		}
		if err := syscall.Kill(e.PID, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("end %s (pid %d): %w", e.Name, e.PID, err)
		}
		for until := time.After(grace); e.alive(); {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-until:
			case <-time.After(poll):
				continue
			}
			break
		}
	}
	return nil
}
