package master

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/milosgajdos/taurus/internal/mesosim/disk"
	"github.com/milosgajdos/taurus/internal/mesosim/master/core"
)

// store keeps the registry in one file, replaced as a whole.
type store struct{ path string }

func openStore(workDir string) (*store, core.Registry, error) {
	s := &store{path: filepath.Join(workDir, "registry.json")}
	var r core.Registry
	if err := os.MkdirAll(workDir, 0o750); err != nil {
		return nil, r, fmt.Errorf("registry: %w", err)
	}
	if err := disk.Sweep(workDir); err != nil {
		return nil, r, fmt.Errorf("registry: %w", err)
	}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, r, nil
	}
	if err != nil {
		return nil, r, fmt.Errorf("registry: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, r, fmt.Errorf("registry %s: %w", s.path, err)
	}
	return s, r, nil
}

func (s *store) save(r core.Registry) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return disk.Replace(s.path, text)
}
