package mark

import (
	"errors"
	"fmt"
)

var (
	// ErrInUse is returned when another process has the state directory.
	ErrInUse = errors.New("another process uses this state directory")
	// ErrDamaged is returned for a file that holds no mark any more.
	ErrDamaged = errors.New("the mark cannot be read")
)

func inUse(dir string) error {
	return fmt.Errorf("%w: %s: give each process one of its own by --state-dir, also several replicas of a role on one host", ErrInUse, dir)
}

func damaged(file string) error {
	return fmt.Errorf("%w: %s is damaged: check the log (taurus log check, taurus log verify), then remove the file; see docs/operating.md, \"The mark is damaged\"",
		ErrDamaged, file)
}
