//go:build !linux

package secret

import (
	"fmt"
	"syscall"
)

// Harden has the kernel write no core of the process: secrets are in its memory.
func Harden() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	return nil
}
