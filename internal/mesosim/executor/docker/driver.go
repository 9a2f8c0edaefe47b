package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/fetcher"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
	"github.com/milosgajdos/taurus/internal/pause"
)

// Labels of every container, whatever the task's parameters say.
const (
	LabelAgent     = "taurus.mesosim.agent"
	LabelFramework = "taurus.mesosim.framework"
	LabelTask      = "taurus.mesosim.task"
	LabelContainer = "taurus.mesosim.container"
)

const (
	// retryInterval is between two calls to an engine that does not answer.
	retryInterval = 500 * time.Millisecond
	// startTime is how long a container found created may take to start by
	// itself: the agent may have died right after it asked for that.
	startTime = time.Second
)

// containerName is how Mesos names the container of a run.
func containerName(containerID string) string { return "mesos-" + containerID }

type driver struct {
	cli     *client.Client
	owned   bool // the client is closed with the executor
	agentID string
	log     zerolog.Logger
	// tellEnds is Options.TellEnds.
	tellEnds bool
}

func (d *driver) close() error {
	if !d.owned {
		return nil
	}
	return d.cli.Close()
}

// Prepare fetches the URIs and pulls the image, if it is not there or the task
// wants it pulled.
func (d *driver) Prepare(ctx context.Context, t executor.Task) error {
	if err := os.MkdirAll(t.Run.Sandbox, 0o750); err != nil {
		return err
	}
	if err := fetcher.FetchAll(ctx, t.Run.Sandbox, t.Run.ContainerID, t.Info.GetCommand().GetURIs()); err != nil {
		return err
	}
	info := t.Info.GetContainer().GetDocker()
	if !info.GetForcePullImage() {
		if _, err := d.cli.ImageInspect(ctx, info.GetImage()); err == nil {
			return nil
		}
	}
	if err := d.pull(ctx, t.Run.Sandbox, info.GetImage()); err != nil {
		return &PullError{Host: d.cli.DaemonHost(), Image: info.GetImage(), Err: err}
	}
	return nil
}

// PullError says that an image could not be pulled.
type PullError struct {
	Host  string // of the engine
	Image string
	Err   error
}

// Error implements error, in Mesos' words, which are those of the docker command.
func (e *PullError) Error() string {
	return fmt.Sprintf("Failed to run 'docker -H %s pull %s': exited with status 1; stderr='%v\n'", e.Host, e.Image, e.Err)
}

// Unwrap returns the cause.
func (e *PullError) Unwrap() error { return e.Err }

func (d *driver) pull(ctx context.Context, sandbox, image string) error {
	auth, err := credentials(sandbox, image)
	if err != nil {
		return err
	}
	resp, err := d.cli.ImagePull(ctx, image, client.ImagePullOptions{RegistryAuth: auth})
	if err != nil {
		return err
	}
	return errors.Join(resp.Wait(ctx), resp.Close())
}

// Find returns the container of a run once it has been started.
func (d *driver) Find(ctx context.Context, t executor.Task) (lifecycle.Workload, error) {
	c, err := d.inspect(ctx, containerName(t.Run.ContainerID))
	if err != nil {
		return nil, err
	}
	if c.State.Status == container.StateCreated {
		return nil, lifecycle.ErrNotFound
	}
	return d.workload(t, c.ID), nil
}

// Start creates and starts the container of a run, each unless it has been done.
func (d *driver) Start(ctx context.Context, t executor.Task) (lifecycle.Workload, error) {
	c, err := d.inspect(ctx, containerName(t.Run.ContainerID))
	switch {
	case err == nil:
		c, err = d.awaitStart(ctx, c)
	case errors.Is(err, lifecycle.ErrNotFound):
		c, err = d.create(ctx, t)
	}
	if err != nil {
		return nil, err
	}
	if c.State.Status == container.StateCreated {
		err := persist(ctx, func() error {
			_, err := d.cli.ContainerStart(ctx, c.ID, client.ContainerStartOptions{})
			return err
		})
		if err != nil {
			return nil, d.runFailed(t.Run.Sandbox, err)
		}
	}
	return d.workload(t, c.ID), nil
}

// awaitStart gives a container that another agent process created, and perhaps asked
// to start, the time to do so.
func (d *driver) awaitStart(ctx context.Context, c container.InspectResponse) (container.InspectResponse, error) {
	deadline := time.Now().Add(startTime)
	for c.State.Status == container.StateCreated && time.Now().Before(deadline) {
		if pause.For(ctx, startTime/10) != nil {
			return c, ctx.Err()
		}
		var err error
		if c, err = d.inspect(ctx, c.ID); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (d *driver) create(ctx context.Context, t executor.Task) (container.InspectResponse, error) {
	total, err := d.hostMemory(ctx, t)
	if err != nil {
		return container.InspectResponse{}, d.runFailed(t.Run.Sandbox, err)
	}
	opts, err := plan(t, d.agentID, total)
	if err != nil {
		return container.InspectResponse{}, &lifecycle.StartError{Message: "Failed to create docker run options: " + err.Error()}
	}
	err = persist(ctx, func() error {
		_, err := d.cli.ContainerCreate(ctx, opts)
		return err
	})
	if err != nil && !errdefs.IsConflict(err) { // A conflict: an earlier attempt got through.
		return container.InspectResponse{}, d.runFailed(t.Run.Sandbox, err)
	}
	return d.inspect(ctx, opts.Name)
}

// hostMemory asks for the memory of the engine's host, in bytes, where the plan of
// a task needs it.
func (d *driver) hostMemory(ctx context.Context, t executor.Task) (total int64, err error) {
	if _, limited := t.Info.Limits["mem"]; !limited {
		return 0, nil
	}
	err = persist(ctx, func() error {
		res, err := d.cli.Info(ctx, client.InfoOptions{})
		total = res.Info.MemTotal
		return err
	})
	return total, err
}

// inspect asks for a container of this agent, and waits for the engine to answer.
// Another agent's container is not found.
func (d *driver) inspect(ctx context.Context, name string) (container.InspectResponse, error) {
	c, _, err := d.inspectRaw(ctx, name)
	return c, err
}

func (d *driver) inspectRaw(ctx context.Context, name string) (container.InspectResponse, []byte, error) {
	var res client.ContainerInspectResult
	err := persist(ctx, func() (err error) {
		res, err = d.cli.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
		return err
	})
	if errdefs.IsNotFound(err) {
		return res.Container, nil, lifecycle.ErrNotFound
	}
	if err != nil {
		return res.Container, nil, err
	}
	if res.Container.Config == nil || res.Container.State == nil || res.Container.Config.Labels[LabelAgent] != d.agentID {
		return res.Container, nil, lifecycle.ErrNotFound
	}
	return res.Container, res.Raw, nil
}

// Forget removes the container of a run.
func (d *driver) Forget(ctx context.Context, run executor.Run) error {
	c, err := d.inspect(ctx, containerName(run.ContainerID))
	if errors.Is(err, lifecycle.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.remove(ctx, c.ID)
}

func (d *driver) remove(ctx context.Context, id string) error {
	return persist(ctx, func() error {
		_, err := d.cli.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		if errdefs.IsNotFound(err) || errdefs.IsConflict(err) { // Gone, or being removed already.
			return nil
		}
		return err
	})
}

func (d *driver) workload(t executor.Task, id string) *workload {
	return &workload{driver: d, task: t, id: id}
}

// persist calls until the engine gives an answer, good or bad, or ctx is done.
func persist(ctx context.Context, call func() error) error {
	for {
		err := call()
		if err == nil || answered(err) {
			return err
		}
		if pause.For(ctx, retryInterval) != nil {
			return errors.Join(ctx.Err(), err)
		}
	}
}

// answered reports whether an error is what the engine said, rather than its silence.
func answered(err error) bool {
	for _, is := range []func(error) bool{
		errdefs.IsNotFound, errdefs.IsConflict, errdefs.IsInvalidArgument, errdefs.IsInternal, errdefs.IsUnauthorized,
		errdefs.IsPermissionDenied, errdefs.IsNotImplemented, errdefs.IsFailedPrecondition, errdefs.IsNotModified,
	} {
		if is(err) {
			return true
		}
	}
	return false
}

// runFailed is what becomes of a container that cannot be created or started:
// the message on the sandbox' stderr and the status that docker run gives.
func (d *driver) runFailed(sandbox string, err error) error {
	text := fmt.Sprintf("docker: %v.", err)
	f, openErr := os.OpenFile(filepath.Join(sandbox, "stderr"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if openErr == nil {
		_, _ = fmt.Fprintln(f, text)
		_ = f.Close()
	}
	message := fmt.Sprintf("Container exited with status %d", runStatus(err))
	if d.tellEnds {
		message += ": " + text
	}
	return &lifecycle.StartError{Message: message}
}

// runStatus is the exit status of docker run: 127 for a command that is not
// there, 126 for one that cannot be invoked, 125 for the rest.
// See "Exit status" in docker-run(1).
func runStatus(err error) int {
	text := err.Error()
	switch {
	case strings.Contains(text, "executable file not found"), strings.Contains(text, "no such file or directory"):
		return 127
	case strings.Contains(text, "permission denied"), strings.Contains(text, "is a directory"):
		return 126
	}
	return 125
}
