//go:build unix && !linux

package allinone

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes puts a process into a group of its own, so that Ctrl-C at the
// terminal does not reach it. Here the kernel cannot be told to kill it with its
// supervisor; the next supervisor does.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// birth tells a process from any other that had or will have its pid: its time
// of start. It returns an error if there is no such process.
func birth(pid int) (string, error) {
	out, err := exec.CommandContext(context.Background(), "ps", "-o", "lstart=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "", fmt.Errorf("process %d: %w", pid, err)
	}
	started := strings.TrimSpace(string(out))
	if started == "" {
		return "", fmt.Errorf("process %d: %w", pid, os.ErrProcessDone)
	}
	return started, nil
}
