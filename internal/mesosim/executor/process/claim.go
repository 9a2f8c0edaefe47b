package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const bootIDFile = "/proc/sys/kernel/random/boot_id"

// errMalformed is returned for a line that is not one of /proc/<pid>/stat.
var errMalformed = errors.New("process: malformed stat line")

// stat is what matters here of /proc/<pid>/stat; see proc_pid_stat(5).
type stat struct {
	pid     int
	state   byte
	session int
	started uint64 // clock ticks since boot
}

// parseStat reads a line of /proc/<pid>/stat. The second field, the name, may
// hold anything, spaces and brackets too, so fields count from the last bracket.
func parseStat(line string) (stat, error) {
	open, shut := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || shut < open {
		return stat{}, errMalformed
	}
	rest := strings.Fields(line[shut+1:])
	if len(rest) < 20 || len(rest[0]) != 1 {
		return stat{}, errMalformed
	}
	s := stat{state: rest[0][0]}
	var errs [3]error
	s.pid, errs[0] = strconv.Atoi(strings.TrimSpace(line[:open]))
	s.session, errs[1] = strconv.Atoi(rest[3])
	s.started, errs[2] = strconv.ParseUint(rest[19], 10, 64)
	if err := errors.Join(errs[:]...); err != nil {
		return stat{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return s, nil
}

func readStat(pid int) (stat, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return stat{}, err
	}
	return parseStat(string(b))
}

// claim says which script runs a run.
type claim struct {
	stat
	bootID string
	at     time.Time
}

func readClaim(folder string) (claim, error) {
	name := filepath.Join(folder, claimFile)
	b, err := os.ReadFile(name)
	if err != nil {
		return claim{}, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return claim{}, err
	}
	line, bootID, _ := strings.Cut(string(b), "\n")
	s, err := parseStat(line)
	return claim{stat: s, bootID: strings.TrimSpace(bootID), at: info.ModTime()}, err
}

// alive reports whether the script still runs, and reaps it if it was a child of
// this agent.
func (c claim) alive() (bool, error) {
	bootID, err := os.ReadFile(bootIDFile)
	if err != nil {
		return false, err
	}
	if strings.TrimSpace(string(bootID)) != c.bootID {
		return false, nil
	}
	now, err := readStat(c.pid)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return false, nil
	}
	if err != nil || now.started != c.started {
		return false, err
	}
	if now.state != 'Z' {
		return true, nil
	}
	_, err = syscall.Wait4(c.pid, nil, syscall.WNOHANG, nil)
	if errors.Is(err, syscall.ECHILD) {
		err = nil // It was another agent's child; init will reap it.
	}
	return false, err
}

// signalSession sends a signal to all processes of the script's session but the
// script, and says how many there were that run a program by then.
func (c claim) signalSession(sig syscall.Signal) (int, error) {
	script := commandLine(c.pid)
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	n := 0
	for _, e := range entries {
		pid, notPID := strconv.Atoi(e.Name())
		if notPID != nil || pid == c.pid {
			continue
		}
		s, gone := readStat(pid)
		if gone != nil || s.session != c.pid || s.state == 'Z' {
			continue
		}
		if isProgram(commandLine(pid), script) {
			n++
		}
		if killErr := syscall.Kill(pid, sig); killErr != nil && !errors.Is(killErr, syscall.ESRCH) {
			err = errors.Join(err, killErr)
		}
	}
	return n, err
}

// claiming begins the command line of the program by which the script claims a run.
const claiming = "ln\x00"

// isProgram reports whether a command line is that of a program that was asked for,
// given that of the script.
func isProgram(line, script string) bool {
	return line != "" && line != script && !strings.HasPrefix(line, claiming)
}

// commandLine is what a process runs, with its arguments; empty for one that is gone.
// A copy of the script that is to become a program still has that of the script.
func commandLine(pid int) string {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return ""
	}
	return string(b)
}

// kill ends the whole session, the script last.
func (c claim) kill() error {
	if _, err := c.signalSession(syscall.SIGKILL); err != nil {
		return err
	}
	if err := syscall.Kill(c.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
