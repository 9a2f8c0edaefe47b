package cli

import (
	"fmt"
	"os"
	"syscall"
)

// checkOwned refuses a data directory that somebody else may have put something into: a token
// or a key that they know would be taken for one of this user's.
func checkOwned(data string) error {
	info, err := os.Stat(data)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	const othersWrite = 0o002
	switch owner, known := info.Sys().(*syscall.Stat_t); {
	case known && int(owner.Uid) != os.Geteuid():
		return fmt.Errorf("data directory: %s is another user's, who may know its keys; choose another with --data, or chown it once you know what is in it", data)
	case info.Mode().Perm()&othersWrite != 0:
		return fmt.Errorf("data directory: anybody may write to %s, so its keys may be known; choose another with --data, or chmod o-w it if it is empty", data)
	}
	return nil
}
