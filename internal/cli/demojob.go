package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/milosgajdos/taurus/examplejobs"
	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/engine"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// findOrSubmit finds the job of a former run or submits it, and returns the
// sequence to follow it from.
func (s *stage) findOrSubmit(ctx context.Context) (uint64, error) {
	spec, err := job.DecodeJSON(examplejobs.Job())
	if err != nil {
		return 0, fmt.Errorf("example job: %w", err)
	}
	s.id = spec.ID
	j, err := s.api.Job(ctx, s.id, "")
	switch {
	case errors.Is(err, client.ErrNotFound):
		return s.submit(ctx, spec)
	case err != nil:
		return 0, err
	case j.State == projection.StateStopping:
		say(s.Out, "found %s, which is stopping; waiting for its end", j.ID)
		if _, err := awaitEnd(ctx, s.api, s.id, s.waits()); err != nil {
			return 0, err
		}
		return s.submit(ctx, spec)
	case over(j.State):
		return s.submit(ctx, spec)
	}
	s.want, s.before = int(j.Tasks.Wanted), j.Run
	s.now = projection.Result{Run: j.Run, State: j.State, Tasks: j.Tasks}
	say(s.Out, "found %s: %s running", j.ID, count(j.Tasks.Running, "task"))
	return j.Sequence + 1, nil
}

// submit submits the example job, with an image that can be run here.
func (s *stage) submit(ctx context.Context, spec *job.Spec) (uint64, error) {
	document := examplejobs.Job()
	for i := range spec.Tasks {
		s.want += int(spec.Tasks[i].Replicas)
	}
	if s.docker != nil && spec.Tasks[0].Container != nil {
		image, err := s.image(ctx, spec.Tasks[0].Container.Image)
		if err != nil {
			return 0, err
		}
		if image != spec.Tasks[0].Container.Image {
			for i := range spec.Tasks {
				spec.Tasks[i].Container.Image = image
			}
			if document, err = spec.JSON(); err != nil {
				return 0, fmt.Errorf("example job: %w", err)
			}
		}
	}
	j, err := s.api.Submit(ctx, document, "application/json")
	if err != nil {
		return 0, fmt.Errorf("submit %s: %w", spec.ID, err)
	}
	s.before = j.Run
	say(s.Out, "submitted examplejobs/job.json: %s, %d tasks", j.ID, s.want)
	return j.Run, nil
}

// image is the one wanted if it is here or can be pulled, otherwise our own.
func (s *stage) image(ctx context.Context, wanted string) (string, error) {
	has, err := s.docker.Has(ctx, wanted)
	if err != nil {
		return "", err
	}
	if has {
		return wanted, nil
	}
	say(s.Err, "pulling %s", wanted)
	if err = s.docker.Pull(ctx, wanted, pullPatience); err == nil {
		return wanted, nil
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	say(s.Err, "%s cannot be pulled (%s): the tasks run %s, a web server of ours built FROM scratch", wanted, clip(err.Error()), engine.DemoImage)
	return engine.DemoImage, s.docker.BuildDemo(ctx, s.Executable)
}
