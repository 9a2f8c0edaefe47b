package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

// Files are small files that outlive the process, at whatever instruction it is
// killed (disk.Dir, or disk.Memory in one process).
type Files interface {
	Replace(name string, content []byte) error
	Remove(name string) error
	Read(name string) ([]byte, error)
	List(below string) ([]string, error)
}

// store keeps records and the agent's own identity under <work_dir>/meta.
type store struct {
	files     Files
	ephemeral bool // only the identity is kept
}

// identity is what an agent remembers of itself.
type identity struct {
	AgentID   string          `json:"agent_id"`
	Resources []link.Resource `json:"resources,omitempty"` // after operations
	Feedback  []link.Feedback `json:"feedback,omitempty"`
}

const (
	dirMode      = 0o750
	runsDir      = "runs"
	identityFile = "agent.json"
)

func openStore(opts *Options) (*store, error) {
	s := &store{files: opts.Files, ephemeral: opts.Ephemeral}
	if s.files != nil {
		return s, nil
	}
	dir, err := disk.Open(filepath.Join(opts.WorkDir, "meta"), runsDir)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	s.files = dir
	return s, nil
}

func (r *record) file() string { return runsDir + "/" + r.Run.ContainerID + ".json" }

func (s *store) save(r *record) error {
	if s.ephemeral {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.files.Replace(r.file(), text)
}

func (s *store) remove(r *record) error {
	if s.ephemeral {
		return nil
	}
	return s.files.Remove(r.file())
}

func (s *store) load() ([]*record, error) {
	names, err := s.files.List(runsDir)
	if err != nil {
		return nil, err
	}
	var out []*record
	for _, name := range names {
		text, err := s.files.Read(name)
		if err != nil {
			return nil, err
		}
		r := &record{}
		if err := json.Unmarshal(text, r); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// Unfinished counts the tasks of an executor that the records under a work_dir
// know and that have not ended. No agent may be using it.
func Unfinished(workDir string, kind Kind) (int, error) {
	s, err := openStore(&Options{WorkDir: workDir})
	if err != nil {
		return 0, err
	}
	records, err := s.load()
	if err != nil {
		return 0, fmt.Errorf("agent: %w", err)
	}
	n := 0
	for _, r := range records {
		if r.Kind == kind && !executor.Terminal(r.State) {
			n++
		}
	}
	return n, nil
}

func (s *store) saveIdentity(id identity) error {
	text, err := json.Marshal(id)
	if err != nil {
		return err
	}
	return s.files.Replace(identityFile, text)
}

func (s *store) identity() (identity, error) {
	var id identity
	text, err := s.files.Read(identityFile)
	if errors.Is(err, fs.ErrNotExist) {
		return id, nil
	}
	if err != nil {
		return id, err
	}
	return id, json.Unmarshal(text, &id)
}

// forgetIdentity makes the next start that of a new agent.
func (s *store) forgetIdentity() error { return s.files.Remove(identityFile) }
