package process

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/fetcher"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
	"github.com/milosgajdos/taurus/internal/pause"
)

//go:embed supervise.sh
var supervise string

const (
	claimFile = "claim"
	exitFile  = "exit"
	shell     = "/bin/sh"
	// claimTimeout bounds the wait for a script that was started to claim its run. On
	// a machine that is busy with other things that takes its time.
	claimTimeout = time.Minute
	pollInterval = 25 * time.Millisecond
)

type driver struct{ opts Options }

// Prepare fetches the URIs. An image is refused as by an agent without
// --image_providers, and volumes as by one without the filesystem/linux isolator: a
// command must not run in another file system than it asks for.
func (d *driver) Prepare(ctx context.Context, t executor.Task) error {
	if image := imageOf(&t.Info); image != nil {
		return fmt.Errorf("%w: %s", ErrImage, image.GetType())
	}
	if err := os.MkdirAll(t.Run.Sandbox, 0o750); err != nil {
		return err
	}
	if c := t.Info.Container; c != nil && c.GetType() == mesos.ContainerInfo_MESOS {
		if err := putSecrets(t); err != nil {
			return err
		}
	}
	return fetcher.FetchAll(ctx, t.Run.Sandbox, t.Run.ContainerID, t.Info.GetCommand().GetURIs())
}

// Find returns the run's workload once it is claimed.
func (d *driver) Find(_ context.Context, t executor.Task) (lifecycle.Workload, error) {
	folder := lifecycle.Folder(d.opts.StateDir, t.Run)
	c, err := readClaim(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, lifecycle.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return &workload{driver: d, task: t, folder: folder, claim: c}, nil
}

// Start runs the script, and returns once the run is claimed, by this script or
// by one before it.
func (d *driver) Start(ctx context.Context, t executor.Task) (lifecycle.Workload, error) {
	argv := argvOf(&t.Info)
	switch {
	case argv == nil && isDocker(&t.Info):
		return nil, &lifecycle.StartError{Message: "The command of an image cannot be run as a process; give the task a command"}
	case argv == nil:
		return nil, lifecycle.ErrVanished
	}
	folder := lifecycle.Folder(d.opts.StateDir, t.Run)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if err := d.supervise(t, folder, argv); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	for {
		w, err := d.Find(ctx, t)
		if !errors.Is(err, lifecycle.ErrNotFound) {
			return w, err
		}
		if pause.For(ctx, pollInterval) != nil {
			return nil, &lifecycle.StartError{Message: fmt.Sprintf("Failed to start the command in %v", claimTimeout)}
		}
	}
}

// supervise starts the script in a session of its own.
func (d *driver) supervise(t executor.Task, folder string, argv []string) error {
	stdout, err := openOutput(t.Run.Sandbox, "stdout")
	if err != nil {
		return err
	}
	defer func() { _ = stdout.Close() }()
	stderr, err := openOutput(t.Run.Sandbox, "stderr")
	if err != nil {
		return err
	}
	defer func() { _ = stderr.Close() }()
	//nolint:noctx // The run outlives any context.
	cmd := exec.Command(shell, append([]string{"-c", supervise, "taurus-supervise", folder}, argv...)...)
	cmd.Dir = t.Run.Sandbox
	cmd.Env = d.environ(t)
	cmd.Stdout = stdout
	cmd.ExtraFiles = []*os.File{stderr}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release() // Reaped by the workload, see reap.
}

func openOutput(sandbox, name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(sandbox, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}

// imageOf is the image that a container of the Mesos containerizer asks for.
func imageOf(info *mesos.TaskInfo) *mesos.Image {
	if info.Container == nil || info.Container.GetType() != mesos.ContainerInfo_MESOS {
		return nil
	}
	return info.Container.GetMesos().GetImage()
}

func isDocker(info *mesos.TaskInfo) bool {
	return info.Container != nil && info.Container.GetType() == mesos.ContainerInfo_DOCKER
}

// argvOf is nil for a command that has no value.
func argvOf(info *mesos.TaskInfo) []string {
	c := info.Command
	if c.GetValue() == "" {
		return nil
	}
	if c.GetShell() {
		return []string{shell, "-c", c.GetValue()}
	}
	argv := []string{c.GetValue()}
	switch {
	case isDocker(info):
		argv = append(argv, c.Arguments...) // What follows the image and the value.
	case len(c.Arguments) > 1:
		argv = append(argv, c.Arguments[1:]...) // The first one is argv[0].
	}
	return argv
}

// environ is what Mesos gives to a command, not the agent's own environment. What
// the command asks for wins, but for its role.
func (d *driver) environ(t executor.Task) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + t.Run.Sandbox,
		"PWD=" + t.Run.Sandbox,
		"MESOS_SANDBOX=" + t.Run.Sandbox,
		"MESOS_DIRECTORY=" + t.Run.Sandbox,
		"MESOS_TASK_ID=" + t.Info.TaskID.Value,
		"MESOS_FRAMEWORK_ID=" + t.Run.FrameworkID,
		"MESOS_EXECUTOR_ID=" + t.Run.ExecutorID,
		"MESOS_AGENT_ID=" + d.opts.AgentID,
		"MESOS_SLAVE_ID=" + d.opts.AgentID,
		"LIBPROCESS_IP=" + d.opts.AgentIP,
	}
	for _, v := range t.Info.GetCommand().GetEnvironment().GetVariables() {
		env = append(env, v.Name+"="+valueOf(v))
	}
	return append(env, "MESOS_ALLOCATION_ROLE="+t.Role) // os/exec takes the last of a name.
}

// Forget kills what still runs of a run; the run's folder is the manager's to remove.
func (d *driver) Forget(ctx context.Context, run executor.Run) error {
	c, err := readClaim(lifecycle.Folder(d.opts.StateDir, run))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for {
		if alive, err := c.alive(); err != nil || !alive {
			return err
		}
		if err := c.kill(); err != nil {
			return err
		}
		if pause.For(ctx, pollInterval) != nil {
			return ctx.Err()
		}
	}
}
