package allinone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Remove removes what supervisors and their processes made in a data directory,
// and the directory too unless something else is in it. Nothing may run there; the
// caller holds it by an open Supervisor. The lock goes last: until then IsData
// knows the directory, and Remove may be tried again.
func Remove(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	for _, e := range entries {
		if !ours(e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("data directory: %w", err)
		}
	}
	if err := removeFile(filepath.Join(dir, lockFile)); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, syscall.ENOTEMPTY) {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

// ours reports whether something in a data directory was made there by us, the
// lock aside.
func ours(name string) bool {
	for _, file := range []string{endpointsFile, rosterFile, madeFile, tokenFile} {
		if name == file || strings.HasPrefix(name, "."+file+".") { // The latter is one that was being replaced.
			return true
		}
	}
	return slices.Contains([]string{logsDir, announceDir, keysDir, stateDir, RoleNATS, RoleMaster}, name) ||
		strings.HasPrefix(name, RoleAgent+"-")
}
