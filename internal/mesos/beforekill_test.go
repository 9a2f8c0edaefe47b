package mesos

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// shellRun is the line of a group in a shell of its own, in a folder of its own.
type shellRun struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	out  bytes.Buffer
	ends chan error
}

func startLine(t *testing.T, g *job.Group, shell ...string) *shellRun {
	t.Helper()
	if len(shell) == 0 {
		shell = []string{"/bin/sh"}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r := &shellRun{t: t, dir: t.TempDir(), ends: make(chan error, 1)}
	r.cmd = exec.CommandContext(ctx, shell[0], append(shell[1:], "-c", shellLine(g))...)
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = r.dir, &r.out, &r.out
	r.cmd.WaitDelay = 100 * time.Millisecond // The sleep of the bound outlives it; in a container nothing does.
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.ends <- r.cmd.Wait() }()
	return r
}

func (r *shellRun) there(file string) {
	r.t.Helper()
	testwait.Until(r.t, file+" is there", func() bool {
		_, err := os.Stat(filepath.Join(r.dir, file))
		return err == nil
	})
}

func (r *shellRun) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

func (r *shellRun) exit() int {
	r.t.Helper()
	var status *exec.ExitError
	if err := <-r.ends; err != nil && !errors.As(err, &status) && !errors.Is(err, exec.ErrWaitDelay) {
		r.t.Fatal(err)
	}
	return r.cmd.ProcessState.ExitCode()
}

func beforeKill(main, before string, timeout time.Duration, signal string) *job.Group {
	return &job.Group{
		Container: &job.Container{Image: "x", Command: job.Command{Shell: main}}, KillSignal: signal,
		BeforeKill: &job.BeforeKill{Command: before, Timeout: job.Duration(timeout)},
	}
}

// TestBeforeKill: the command comes first, then the signal, and what the task ends with
// is what the container ends with.
func TestBeforeKill(t *testing.T) {
	const main = `trap 'echo "it'"'"'s over"; exit 7' TERM USR1; : >up; while :; do sleep 0.05; done`
	for _, c := range []struct {
		name, before, signal string
		sent                 syscall.Signal
		timeout              time.Duration
	}{
		{"runs", "echo leaving", "", syscall.SIGTERM, time.Minute},
		{"of its own signal", "echo leaving", "SIGUSR1", syscall.SIGUSR1, time.Minute},
		{"fails", "echo leaving; exit 3", "", syscall.SIGTERM, time.Minute},
		{"hangs", "echo leaving; sleep 60", "", syscall.SIGTERM, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := startLine(t, beforeKill(main, c.before, c.timeout, c.signal))
			r.there("up")
			r.signal(c.sent)
			exit := r.exit()
			if before, after, ok := strings.Cut(r.out.String(), "it's over"); exit != 7 || !ok || !strings.Contains(before, "leaving") || strings.Contains(after, "leaving") {
				t.Errorf("exit %d, output %q", exit, r.out.String())
			}
			if told := strings.Contains(r.out.String(), "taurus: before_kill took longer than 1 s and is ended"); told != (c.name == "hangs") {
				t.Errorf("told that it was ended: %t, output %q", told, r.out.String())
			}
		})
	}
}

// TestBeforeKillAtOnce: a signal is not lost, however early it comes, nor is the status
// that the task ends with; in each of the shells that images have.
func TestBeforeKillAtOnce(t *testing.T) {
	t.Parallel()
	for _, shell := range [][]string{{"/bin/sh"}, {"/bin/bash"}, {"/bin/busybox", "sh"}} {
		t.Run(strings.Join(shell, " "), func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(shell[0]); err != nil {
				t.Skip(err)
			}
			for range 50 {
				r := startLine(t, beforeKill("trap 'exit 7' TERM; : >up; while :; do sleep 0.01; done", "echo leaving", time.Minute, ""), shell...)
				r.there("up")
				r.signal(syscall.SIGTERM)
				if exit := r.exit(); exit != 7 {
					t.Fatalf("exit %d, output %q", exit, r.out.String())
				}
			}
		})
	}
}

// TestBeforeKillOfWhatEnds by itself: its status is that of the container.
func TestBeforeKillOfWhatEnds(t *testing.T) {
	t.Parallel()
	for main, want := range map[string]int{"true": 0, "exit 3": 3, "kill -s KILL $$": 137} {
		if got := startLine(t, beforeKill(main, "echo no", time.Minute, "")).exit(); got != want {
			t.Errorf("%s: %d, want %d", main, got, want)
		}
	}
}

// TestBeforeKillOnce, however often the signal comes.
func TestBeforeKillOnce(t *testing.T) {
	t.Parallel()
	r := startLine(t, beforeKill("trap 'exit 0' TERM; : >up; while :; do sleep 0.05; done", "echo once; : >leaving; while [ ! -e go ]; do sleep 0.05; done", time.Minute, ""))
	r.there("up")
	r.signal(syscall.SIGTERM)
	r.there("leaving")
	r.signal(syscall.SIGTERM)
	r.signal(syscall.SIGTERM)
	if err := os.WriteFile(filepath.Join(r.dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if exit := r.exit(); exit != 0 || strings.Count(r.out.String(), "once") != 1 {
		t.Errorf("exit %d, output %q", exit, r.out.String())
	}
}
