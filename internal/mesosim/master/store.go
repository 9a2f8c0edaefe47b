package master

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
)

// Files are small files that outlive the process, at whatever instruction it is
// killed (disk.Dir, or disk.Memory in one process).
type Files interface {
	Replace(name string, content []byte) error
	Read(name string) ([]byte, error)
}

const registryFile = "registry.json"

// store keeps the registry in one file, replaced as a whole.
type store struct {
	files     Files
	ephemeral bool // nothing is kept
}

func openStore(opts *Options) (*store, core.Registry, error) {
	s := &store{files: opts.Files, ephemeral: opts.Ephemeral}
	var r core.Registry
	if s.ephemeral {
		return s, r, nil
	}
	if s.files == nil {
		dir, err := disk.Open(opts.WorkDir)
		if err != nil {
			return nil, r, fmt.Errorf("registry: %w", err)
		}
		s.files = dir
	}
	text, err := s.files.Read(registryFile)
	if errors.Is(err, fs.ErrNotExist) {
		return s, r, nil
	}
	if err != nil {
		return nil, r, fmt.Errorf("registry: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, r, fmt.Errorf("registry in %s: %w", registryFile, err)
	}
	return s, r, nil
}

func (s *store) save(r core.Registry) error {
	if s.ephemeral {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return s.files.Replace(registryFile, text)
}
