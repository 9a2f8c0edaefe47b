package process

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/health"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
	"github.com/milosgajdos/taurus/internal/pause"
)

// loopback is where HTTP and TCP checks of a process go.
const loopback = "127.0.0.1"

// workload is a run that a script has claimed.
type workload struct {
	driver *driver
	task   executor.Task
	folder string
	claim  claim
	termed atomic.Bool // SIGTERM has been sent
}

// Describe gives the script's pid, which stands for the command executor's.
func (w *workload) Describe(context.Context) (lifecycle.Description, error) {
	return lifecycle.Description{PID: uint32(w.claim.pid), Since: w.claim.at}, nil
}

// Wait looks for the exit status until it is there or nobody is left to write it.
func (w *workload) Wait(ctx context.Context) (lifecycle.Exit, error) {
	for {
		alive, err := w.claim.alive()
		if err != nil {
			return lifecycle.Exit{}, err
		}
		exit, found, err := readExit(w.folder) // After alive: it may have been written just before the end.
		if err != nil {
			return lifecycle.Exit{}, err
		}
		if found || !alive {
			return exit, w.leftovers(found)
		}
		if pause.For(ctx, pollInterval) != nil {
			return lifecycle.Exit{}, ctx.Err()
		}
	}
}

// leftovers kills what the command left running, as Mesos does with a container
// whose executor ended.
func (w *workload) leftovers(found bool) error {
	if _, err := w.claim.signalSession(syscall.SIGKILL); err != nil {
		return err
	}
	if !found {
		return lifecycle.ErrVanished
	}
	return nil
}

// Stop sends SIGTERM once, and SIGKILL from the end of the grace until the script
// is gone. A command that the script has not started yet gets its SIGTERM as
// soon as it has.
func (w *workload) Stop(ctx context.Context, grace time.Duration) error {
	deadline := time.Now().Add(grace)
	for {
		if alive, err := w.claim.alive(); err != nil || !alive {
			return err
		}
		sig := syscall.Signal(0)
		switch {
		case !w.termed.Load():
			sig = syscall.SIGTERM
		case !time.Now().Before(deadline):
			sig = syscall.SIGKILL
		}
		if sig != 0 {
			n, err := w.claim.signalSession(sig)
			if err != nil {
				return err
			}
			w.termed.CompareAndSwap(false, n > 0)
		}
		if pause.For(ctx, pollInterval) != nil {
			return ctx.Err()
		}
	}
}

// Probe makes one health check; commands run in the sandbox.
func (w *workload) Probe(ctx context.Context, hc *mesos.HealthCheck) error {
	return health.Probe(ctx, hc, loopback, func(ctx context.Context, c *mesos.CommandInfo) error {
		argv := argvOf(&mesos.TaskInfo{Command: c})
		if argv == nil {
			return health.ErrUnsupported
		}
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Dir = w.task.Run.Sandbox
		cmd.Env = w.driver.environ(w.task)
		for _, v := range c.GetEnvironment().GetVariables() {
			cmd.Env = append(cmd.Env, v.Name+"="+v.GetValue())
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		return cmd.Run()
	})
}

// readExit reads the status that the script left, if it has: all of it, up to the
// end of the line.
func readExit(folder string) (exit lifecycle.Exit, found bool, err error) {
	b, err := os.ReadFile(filepath.Join(folder, exitFile))
	if errors.Is(err, fs.ErrNotExist) {
		return exit, false, nil
	}
	if err != nil {
		return exit, false, err
	}
	text, whole := strings.CutSuffix(string(b), "\n")
	if !whole {
		return exit, false, nil
	}
	code, err := strconv.Atoi(text)
	if err != nil {
		return exit, false, err
	}
	return exitOf(code), true, nil
}

// exitOf undoes what a shell does to the status of a command that a signal
// ended: 128 and the signal's number.
func exitOf(code int) lifecycle.Exit {
	const base, last = 128, syscall.SIGSYS
	sig := syscall.Signal(code - base)
	if sig <= 0 || sig > last {
		return lifecycle.Exit{Code: code}
	}
	name := sig.String() // "killed"; strsignal(3) has "Killed".
	return lifecycle.Exit{Code: code, Signal: strings.ToUpper(name[:1]) + name[1:]}
}
