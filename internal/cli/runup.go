package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/watch"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// minHealthy is how long a service has to stay up to count as up.
func minHealthy(j projection.Job) time.Duration {
	if j.Spec != nil && j.Spec.Rollout != nil && j.Spec.Rollout.MinHealthy > 0 {
		return time.Duration(j.Spec.Rollout.MinHealthy)
	}
	return time.Duration(job.DefaultMinHealthy)
}

// rising is a service that is waited for.
type rising struct {
	app    *App
	api    *client.Client
	job    projection.Job
	stable time.Duration
	up     watch.Up
	next   uint64 // the sequence to follow from
	// broken is the task that keeps it from being up.
	broken *projection.Touched
}

// awaitUp follows a service until it has been up for a while, or will not come up.
func (a *App) awaitUp(ctx context.Context, api *client.Client, j projection.Job, stable time.Duration) error {
	r := &rising{app: a, api: api, job: j, stable: stable, up: watch.Up{Run: j.Run}, next: j.Run}
	for {
		err := r.follow(ctx)
		switch {
		case !errors.Is(err, errEnough):
			return a.unfinished(err, j.ID)
		case r.broken != nil:
			return r.fail(ctx)
		}
		last, err := api.Job(ctx, j.ID, "")
		if err != nil {
			return a.unfinished(missing(err, j.ID), j.ID)
		}
		// What is known now may be ahead of the feed: it may be up no more.
		if last.Run != j.Run || over(last.State) || last.State == projection.StateRunning && last.Tasks.Unchecked == 0 {
			return a.arrived(j, last)
		}
	}
}

// follow returns errEnough once the service has been up for long enough, is broken, or
// over.
func (r *rising) follow(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	var timer *time.Timer // Runs while it is up.
	down := func() {
		if timer != nil {
			timer.Stop()
			timer = nil
		}
	}
	defer down()
	return r.api.Follow(ctx, client.Feed{Job: r.job.ID, From: r.next}, r.app.lost, func(e projection.Event) error {
		if err := tells(e); err != nil {
			return err
		}
		r.next = e.Sequence + 1
		for _, c := range watch.Changes(e) {
			say(r.app.Err, "%s", r.app.change(c, r.app.errStyle()))
		}
		standing, task := r.up.See(e)
		switch standing {
		case watch.Broken:
			r.broken = &task
			return errEnough
		case watch.Settled:
			return errEnough
		case watch.Coming:
			down()
		case watch.There:
			if r.stable <= 0 {
				return errEnough
			}
			if timer == nil {
				timer = time.AfterFunc(r.stable, func() { cancel(errEnough) })
			}
		}
		return nil
	})
}

// fail says which task keeps the service from being up, and why.
func (r *rising) fail(ctx context.Context) error {
	t := *r.broken
	why, exit := "ended "+t.State, (*int)(nil)
	attempts, err := r.api.Slot(ctx, r.job.ID, t.From)
	if err != nil {
		return r.app.unfinished(missing(err, r.job.ID), r.job.ID)
	}
	for _, seen := range attempts {
		if f := seen.LastFailure; f != nil && f.Attempt == t.Attempt {
			why = f.Summary
			if f.Class == string(restart.Exited) || f.Class == string(restart.OutOfMemory) {
				exit = f.Exit // Otherwise it is that of a kill, or docker's.
			}
		}
	}
	if t.State == "FINISHED" {
		why = "finished, and is to run again"
	}
	last, err := r.api.Job(ctx, r.job.ID, "")
	if err != nil {
		return r.app.unfinished(missing(err, r.job.ID), r.job.ID)
	}
	if err := r.app.show(last, func(w io.Writer) error {
		say(w, "job %s: not up: slot %d, attempt %d %s; see `taurus logs %s/%d --stderr`",
			r.job.ID, t.From, t.Attempt, clip(why), r.job.ID, t.From)
		return nil
	}); err != nil {
		return err
	}
	say(r.app.Err, "job %s goes on; `taurus explain %s` says how it is, `taurus stop %s` stops it", r.job.ID, r.job.ID, r.job.ID)
	return failedWith(exit)
}
