package lifecycle

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/milosgajdos/taurus/internal/atomicfile"
)

// cause is why a run is killed.
type cause string

const (
	causeKill      cause = "kill"                // asked by the framework or the agent
	causeUnhealthy cause = "unhealthy"           // failed its health checks
	causeExpired   cause = "max_completion_time" // ran for too long
)

// mark says that a run is to be killed.
type mark struct {
	Cause cause         `json:"cause"`
	Grace time.Duration `json:"grace_ns"`
	Since time.Time     `json:"since,omitzero"` // when Grace began
}

// marks keeps marks on disk, each in the folder of its run.
type marks struct{ dir string }

const markFile = "kill.json"

func (m marks) folder(containerID string) string {
	return filepath.Join(m.dir, containerID)
}

// load reads the mark of a run, if it has one. A mark is written whole or not at
// all, so one that cannot be read is an error of the disk.
func (m marks) load(containerID string) (k mark, found bool, err error) {
	b, err := os.ReadFile(filepath.Join(m.folder(containerID), markFile))
	if errors.Is(err, fs.ErrNotExist) {
		return mark{}, false, nil
	}
	if err != nil {
		return mark{}, false, err
	}
	if err := json.Unmarshal(b, &k); err != nil {
		return mark{}, false, err
	}
	return k, true, nil
}

// store puts a mark on disk; the folder of a run is made with its first.
func (m marks) store(containerID string, k mark) error {
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	folder := m.folder(containerID)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := atomicfile.Replace(filepath.Join(folder, markFile), b); err != nil {
		return err
	}
	return atomicfile.SyncDir(m.dir)
}

// remove forgets a run.
func (m marks) remove(containerID string) error {
	return os.RemoveAll(m.folder(containerID))
}

// all lists the runs that have a folder.
func (m marks) all() ([]string, error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}
