package mark

import (
	"fmt"
	"os"
	"path/filepath"
)

// Read reads the mark in a directory, which another process may be using, and reports
// whether there is one. It fails with ErrDamaged, and with the error of the file system.
func Read(dir string) (Mark, bool, error) {
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path) //nolint:gosec // The operator names the directory.
	if err != nil {
		return Mark{}, false, fmt.Errorf("state directory: %w", err)
	}
	s, found, isDamaged := newest(b)
	if isDamaged {
		return Mark{}, false, damaged(path)
	}
	return s.mark, found, nil
}
