package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/milosgajdos/taurus/internal/allinone"
	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/executor/docker"
	"github.com/milosgajdos/taurus/internal/scratchimage"
)

const (
	// pingPatience is how long an engine may take to say that it is there.
	pingPatience = 2 * time.Second
	// DemoImage is the image made of this very program.
	DemoImage = "taurus-demo:latest"
	// demoLabel tells the demo's image from one of the same name.
	demoLabel = "taurus.demo"
)

// Engine is a Docker Engine.
type Engine struct {
	client *client.Client
	// Version is the engine's API version.
	Version string
}

// Container is a container of an agent.
type Container struct{ ID, Name, State string }

// Find returns the engine that the environment names, as docker(1) would. The
// error says why there is none.
func Find(ctx context.Context) (*Engine, error) {
	c, err := client.New(client.FromEnv)
	if err != nil {
		return nil, fmt.Errorf("docker: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, pingPatience)
	defer cancel()
	pong, err := c.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
	if err != nil {
		return nil, errors.Join(plainly(err), c.Close())
	}
	return &Engine{client: c, Version: pong.APIVersion}, nil
}

// plainly keeps the first line of the client's error, which explains at length.
func plainly(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	text, _, _ = strings.Cut(text, ". Is the docker daemon running")
	return errors.New(text)
}

// Close lets go of the connections.
func (e *Engine) Close() error {
	if err := e.client.Close(); err != nil {
		return fmt.Errorf("docker: %w", err)
	}
	return nil
}

// Has reports whether an image is on this machine.
func (e *Engine) Has(ctx context.Context, image string) (bool, error) {
	_, err := e.client.ImageInspect(ctx, image)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("docker: image %s: %w", image, err)
	}
	return true, nil
}

// Pull fetches an image, within a time.
func (e *Engine) Pull(ctx context.Context, image string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	progress, err := e.client.ImagePull(ctx, image, client.ImagePullOptions{})
	if err != nil {
		return plainly(err)
	}
	if err := progress.Wait(ctx); err != nil {
		return plainly(err)
	}
	return nil
}

// BuildDemo makes DemoImage out of an executable, whose command `web` it runs.
func (e *Engine) BuildDemo(ctx context.Context, executable string) error {
	err := scratchimage.Image{
		Tag: DemoImage, Executable: executable, Path: "/taurus",
		Entrypoint: []string{"/taurus", "web"},
		Labels:     map[string]string{demoLabel: "true"},
	}.Build(ctx, e.client)
	if err != nil {
		return fmt.Errorf("docker: build %s: %w", DemoImage, err)
	}
	return nil
}

// Expected is how many containers the agents of a data directory left running, by
// what they wrote down. It needs no engine.
func Expected(data string) (int, error) {
	dirs, err := filepath.Glob(filepath.Join(data, allinone.RoleAgent+"-*", "meta"))
	if err != nil {
		return 0, fmt.Errorf("data directory: %w", err)
	}
	sum := 0
	for _, dir := range dirs {
		n, err := agent.Unfinished(filepath.Dir(dir), agent.Docker)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// Containers are those that agents with work directories in a data directory
// started; they are known by the sandboxes that are mounted into them. Those of a
// data directory within it are not its own.
func (e *Engine) Containers(ctx context.Context, data string, ended bool) ([]Container, error) {
	list, err := e.client.ContainerList(ctx, client.ContainerListOptions{
		All: ended, Filters: make(client.Filters).Add("label", docker.LabelAgent),
	})
	if err != nil {
		return nil, fmt.Errorf("docker: %w", err)
	}
	var own []Container
	for _, c := range list.Items {
		for _, m := range c.Mounts {
			if strings.HasPrefix(m.Source, filepath.Join(data, allinone.RoleAgent+"-")) {
				own = append(own, Container{ID: c.ID, Name: strings.TrimPrefix(first(c.Names), "/"), State: string(c.State)})
				break
			}
		}
	}
	return own, nil
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// Remove ends and removes those containers, and returns how many there were.
func (e *Engine) Remove(ctx context.Context, data string) (int, error) {
	own, err := e.Containers(ctx, data, true)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, c := range own {
		_, err := e.client.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !errdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("docker: %s: %w", c.Name, err))
		}
	}
	return len(own), errors.Join(errs...)
}

// RemoveDemo removes the images that BuildDemo made, but for those in use.
func (e *Engine) RemoveDemo(ctx context.Context) error {
	images, err := e.client.ImageList(ctx, client.ImageListOptions{
		All: true, Filters: make(client.Filters).Add("label", demoLabel),
	})
	if err != nil {
		return fmt.Errorf("docker: %w", err)
	}
	var errs []error
	for _, image := range images.Items {
		_, err := e.client.ImageRemove(ctx, image.ID, client.ImageRemoveOptions{PruneChildren: true})
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			errs = append(errs, fmt.Errorf("docker: image %s: %w", image.ID, err))
		}
	}
	return errors.Join(errs...)
}
