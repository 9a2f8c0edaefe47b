package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Temporary files are hidden and end alike, so that Sweep knows them.
const prefix, suffix = ".", ".tmp"

// Replace writes content to a file and returns once it is there to stay: written
// aside, synced, renamed, and the directory synced. Only the user of the process
// can read it. After an error the file is as it was, unless it was the sync of
// the directory that failed: then it is either.
func Replace(file string, content []byte) error {
	if err := replace(file, content); err != nil {
		return fmt.Errorf("replace %s: %w", file, err)
	}
	return nil
}

func replace(file string, content []byte) error {
	dir := filepath.Dir(file)
	tmp, err := os.CreateTemp(dir, prefix+filepath.Base(file)+".*"+suffix)
	if err != nil {
		return err
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return SyncDir(dir)
}

// SyncDir makes what was created, renamed and removed in a directory outlive a
// power failure.
func SyncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // The directory of a file that was just written.
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Sweep removes the temporary files of processes that died while they replaced a
// file of a directory. No other process may be replacing one there.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}
