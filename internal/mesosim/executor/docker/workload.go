package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/executor"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/health"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/lifecycle"
	"github.com/milosgajdos/taurus/internal/pause"
)

var (
	errNoAddress = errors.New("docker: the container has no address to check")
	errUnhealthy = errors.New("docker: the check's command failed")
	errWait      = errors.New("docker: the engine could not wait for the container")
)

const loopback = "127.0.0.1"

// workload is a container that has been started.
type workload struct {
	driver *driver
	task   executor.Task
	id     string
}

// Describe gives the container's addresses, and what docker inspect prints.
func (w *workload) Describe(ctx context.Context) (lifecycle.Description, error) {
	c, raw, err := w.driver.inspectRaw(ctx, w.id)
	if err != nil {
		return lifecycle.Description{}, err
	}
	d := lifecycle.Description{IPs: addresses(c), PID: uint32(max(0, c.State.Pid))}
	if since, err := time.Parse(time.RFC3339Nano, c.State.StartedAt); err == nil {
		d.Since = since
	}
	var out bytes.Buffer
	array := append(append([]byte{'['}, raw...), ']')
	if err := json.Indent(&out, array, "", "    "); err != nil {
		return d, err
	}
	d.Data = append(out.Bytes(), '\n')
	return d, nil
}

// addresses are those of the container's networks; the host's and the empty one have none.
func addresses(c container.InspectResponse) []string {
	if c.NetworkSettings == nil {
		return nil
	}
	var ips []string
	for _, name := range slices.Sorted(maps.Keys(c.NetworkSettings.Networks)) {
		n := c.NetworkSettings.Networks[name]
		if n == nil {
			continue
		}
		if n.IPAddress.IsValid() {
			ips = append(ips, n.IPAddress.String())
		}
		if n.GlobalIPv6Address.IsValid() {
			ips = append(ips, n.GlobalIPv6Address.String())
		}
	}
	return ips
}

// Stop is docker stop -t with the whole seconds of grace. The engine goes through
// with it even if this process dies.
func (w *workload) Stop(ctx context.Context, grace time.Duration) error {
	seconds := int(grace / time.Second)
	return persist(ctx, func() error {
		_, err := w.driver.cli.ContainerStop(ctx, w.id, client.ContainerStopOptions{Timeout: &seconds})
		if errdefs.IsNotFound(err) {
			return nil // Wait tells.
		}
		return err
	})
}

// Wait copies output until the container has ended and all of it is there. Output
// that cannot be copied does not keep the task from ending.
func (w *workload) Wait(ctx context.Context) (lifecycle.Exit, error) {
	if w.task.Info.Check != nil {
		// Mesos' docker executor knows no checks (only health checks), and aborts.
		return lifecycle.Exit{}, lifecycle.ErrVanished
	}
	copyCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &output{driver: w.driver, id: w.id, sandbox: w.task.Run.Sandbox}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		out.follow(copyCtx)
	}()
	exit, err := w.exit(ctx)
	cancel()
	<-copied
	if err == nil {
		out.finish(ctx)
		w.explain(ctx, &exit)
	}
	return exit, err
}

// statusKilled is the exit status of a program that SIGKILL ended.
const statusKilled = 128 + 9

// explain adds to an end what Docker knows of it. What is killed by the kernel for its
// memory may be a child of the container's program, which then ends as it likes.
func (w *workload) explain(ctx context.Context, exit *lifecycle.Exit) {
	if !w.driver.tellEnds || exit.Code == 0 {
		return
	}
	c, known := w.outOfMemory(ctx, exit.Code == statusKilled)
	if !known {
		return
	}
	limit := "none of its own"
	if c.HostConfig != nil && c.HostConfig.Memory > 0 {
		limit = fmt.Sprintf("%d MB", c.HostConfig.Memory/bytesPerMemory)
	}
	if exit.Code == statusKilled {
		exit.OutOfMemory, exit.Detail = true, "killed by the kernel: out of memory, limit "+limit
		return
	}
	exit.Detail = "a process of it was killed by the kernel: out of memory, limit " + limit
}

// exit waits for the container's exit status, through restarts of the engine.
func (w *workload) exit(ctx context.Context) (lifecycle.Exit, error) {
	var exit lifecycle.Exit
	err := persist(ctx, func() error {
		res := w.driver.cli.ContainerWait(ctx, w.id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
		select {
		case r := <-res.Result:
			if r.Error != nil {
				return fmt.Errorf("%w: %s", errWait, r.Error.Message)
			}
			exit.Code = int(r.StatusCode)
			return nil
		case err := <-res.Error:
			return err
		}
	})
	if errdefs.IsNotFound(err) {
		return exit, lifecycle.ErrVanished
	}
	return exit, err
}

// oomLooks and oomPause are how often, and how far apart, it is looked whether a container
// that was killed was so for its memory: Docker may hear of that after its end.
const (
	oomLooks = 20
	oomPause = 100 * time.Millisecond
)

// outOfMemory reports whether Docker knows that a process of the container was killed for
// its memory. With patience it looks more than once.
func (w *workload) outOfMemory(ctx context.Context, patience bool) (container.InspectResponse, bool) {
	for look := 1; ; look++ {
		c, err := w.driver.inspect(ctx, w.id)
		switch {
		case err != nil || c.State == nil:
			return c, false
		case c.State.OOMKilled:
			return c, true
		case !patience || look == oomLooks || pause.For(ctx, oomPause) != nil:
			return c, false
		}
	}
}

// Probe makes one health check.
func (w *workload) Probe(ctx context.Context, hc *mesos.HealthCheck) error {
	host, err := w.host(ctx, hc)
	if err != nil {
		return err
	}
	return health.Probe(ctx, hc, host, w.exec)
}

// host is where HTTP and TCP checks go; commands need none.
func (w *workload) host(ctx context.Context, hc *mesos.HealthCheck) (string, error) {
	if hc.HTTP == nil && hc.TCP == nil {
		return "", nil
	}
	c, err := w.driver.inspect(ctx, w.id)
	if err != nil {
		return "", err
	}
	if c.HostConfig != nil && c.HostConfig.NetworkMode.IsHost() {
		return loopback, nil
	}
	if ips := addresses(c); len(ips) > 0 {
		return ips[0], nil
	}
	return "", errNoAddress
}

// exec is docker exec. When ctx is done the command goes on in the container, as
// it does with Mesos.
func (w *workload) exec(ctx context.Context, c *mesos.CommandInfo) error {
	argv := append([]string{c.GetValue()}, c.GetArguments()...)
	if c.GetShell() {
		argv = []string{"sh", "-c", c.GetValue()}
	}
	created, err := w.driver.cli.ExecCreate(ctx, w.id, client.ExecCreateOptions{
		Cmd: argv, Env: variables(c), AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return err
	}
	attached, err := w.driver.cli.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return err
	}
	defer attached.Close()
	stop := context.AfterFunc(ctx, attached.Close)
	defer stop()
	if _, err := io.Copy(io.Discard, attached.Reader); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	res, err := w.driver.cli.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	if err != nil {
		return err
	}
	if res.ExitCode != 0 {
		return fmt.Errorf("%w with status %d", errUnhealthy, res.ExitCode)
	}
	return nil
}
