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
	tmp, err := aside(file, content)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, file); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return SyncDir(filepath.Dir(file))
}

// Create is Replace for a file that must not be there yet: the error is fs.ErrExist if
// it is, and of several who create it one does. It needs a file system with hard links.
func Create(file string, content []byte) error {
	tmp, err := aside(file, content)
	if err == nil {
		err = errors.Join(os.Link(tmp, file), os.Remove(tmp))
	}
	if err == nil {
		err = SyncDir(filepath.Dir(file))
	}
	if err != nil {
		return fmt.Errorf("create %s: %w", file, err)
	}
	return nil
}

// aside writes content, to stay, into a temporary file next to another.
func aside(file string, content []byte) (name string, err error) {
	tmp, err := os.CreateTemp(filepath.Dir(file), prefix+filepath.Base(file)+".*"+suffix)
	if err != nil {
		return "", err
	}
	_, err = tmp.Write(content)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return "", errors.Join(err, os.Remove(tmp.Name()))
	}
	return tmp.Name(), nil
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
