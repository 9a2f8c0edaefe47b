package allinone

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// attributes puts a process into a group of its own, so that Ctrl-C at the
// terminal does not reach it, and has the kernel kill it when the thread that
// started it ends (prctl(2), PR_SET_PDEATHSIG): nothing outlives the supervisor.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// birth tells a process from any other that ever had or will have its pid: the
// boot and the time of start in it (proc_pid_stat(5), field 22). It returns an
// error if there is no such process, or only its remains.
func birth(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", fmt.Errorf("process %d: %w", pid, err)
	}
	// The name, in parentheses, may hold anything; numbers follow the last one.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const state, start = 0, 19
	if len(fields) <= start {
		return "", fmt.Errorf("process %d: %w", pid, os.ErrInvalid)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return "", fmt.Errorf("process %d: %w", pid, os.ErrProcessDone)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("process %d: %w", pid, err)
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[start], nil
}
