package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/watch"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// rolling is a job whose rollout is waited for.
type rolling struct {
	app *App
	api *client.Client
	job projection.Job
	// began is the rollout that is waited for, 0 if the change was made in place.
	began uint64
	last  projection.Job
}

// awaitRollout follows a job until what was asked of it is so: its rollout has ended, or
// what was changed in place is there. It returns how it ended.
func (a *App) awaitRollout(ctx context.Context, api *client.Client, j projection.Job) error {
	r := &rolling{app: a, api: api, job: j}
	err := r.find(ctx)
	done := false
	if err == nil {
		done, err = r.look(ctx)
	}
	if err == nil && !done {
		err = r.follow(ctx)
	}
	switch {
	case errors.Is(err, errInterrupted):
		say(a.Err, "job %s goes on; `taurus rollout %s` shows how far it is", j.ID, j.ID)
		return err
	case err != nil:
		return late(err, j.ID)
	case r.last.Run != j.Run:
		return fmt.Errorf("job %s was submitted again meanwhile", j.ID)
	}
	return r.tell(ctx)
}

// find finds the rollout that is waited for. That of an update may be over, or rolled
// back, by the time of the answer.
func (r *rolling) find(ctx context.Context) error {
	j := r.job
	if j.Rollout == nil {
		return nil
	}
	if j.Rollout.EndedAt.IsZero() {
		r.began = j.Rollout.Began
	}
	if j.Update == nil || j.Update.Outcome != projection.UpdateUpdated {
		return nil
	}
	d, err := r.api.Rollout(ctx, j.ID, "")
	if err != nil || d.Run != j.Run || d.Rollout == nil {
		return missing(err, j.ID)
	}
	for _, o := range append(d.Past, *d.Rollout) {
		if o.Version == j.Update.Version && o.Cause == cluster.CauseUpdate {
			r.began = o.Began
		}
	}
	return nil
}

// look asks for the job, and reports whether nothing more is to be waited for.
func (r *rolling) look(ctx context.Context) (done bool, err error) {
	r.last, err = r.api.Job(ctx, r.job.ID, "")
	return r.ended(), missing(err, r.job.ID)
}

// ended reports whether nothing more is to be waited for. After a rollback that is when
// what stood before does so again.
func (r *rolling) ended() bool {
	now := r.last
	switch o := now.Rollout; {
	case over(now.State), now.Run != r.job.Run:
		return true
	case r.began == 0 || o == nil:
		return now.State == projection.StateRunning
	case o.Began == r.began, o.Cause == cluster.CauseRollback && now.Version == r.job.Version:
		return !o.EndedAt.IsZero()
	}
	return true // Another was begun.
}

func (r *rolling) follow(ctx context.Context) error {
	a := r.app
	err := r.api.Follow(ctx, client.Feed{Job: r.job.ID, From: r.job.Sequence + 1}, a.lost, func(e projection.Event) error {
		if err := tells(e); err != nil {
			return err
		}
		for _, c := range watch.Changes(e) {
			say(a.Err, "%s", a.change(c, a.errStyle()))
		}
		if turns(e) {
			say(a.Err, "job %s: %s", e.Job, story.Tell(e))
		} else if r.began != 0 || e.Result.State != projection.StateRunning {
			return nil
		}
		done, err := r.look(ctx)
		if err == nil && done {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// turns reports whether an event may end a rollout.
func turns(e projection.Event) bool {
	switch story.Decode(e).(type) {
	case events.RolloutEnded, events.RolloutReverted, events.RolloutSteered, events.JobUpdated, events.JobRestarted, events.JobSubmitted,
		events.JobStopped, events.JobDeleted, events.JobCompleted, events.JobFailed:
		return true
	default:
		return false
	}
}

// tell says what it came to, and returns that as this program's exit.
func (r *rolling) tell(ctx context.Context) error {
	text, ok := string(r.last.State), r.last.State == projection.StateRunning
	if r.began != 0 {
		detail, err := r.api.Rollout(ctx, r.job.ID, "")
		if err != nil {
			return missing(err, r.job.ID)
		}
		o := rolloutOf(detail, r.began)
		ok = o != nil && o.Status == cluster.RolloutSucceeded && !over(r.last.State)
		if o != nil {
			text = ending(o)
		}
		if r.last.Rollout != nil && r.last.Rollout.Began != r.began {
			text += "; " + standing(r.last.Rollout)
		}
	}
	err := r.app.show(r.last, func(w io.Writer) error {
		say(w, "job %s: %s", r.job.ID, text)
		return nil
	})
	if err == nil && !ok {
		err = &statusError{error: errTold, status: ExitFailed}
	}
	return err
}

// rolloutOf is the rollout that began at a sequence, nil if it is not kept.
func rolloutOf(d projection.RolloutDetail, began uint64) *projection.Rollout {
	if d.Rollout != nil && d.Rollout.Began == began {
		return d.Rollout
	}
	for i := range d.Past {
		if d.Past[i].Began == began {
			return &d.Past[i]
		}
	}
	return nil
}

// ending is how a rollout ended, or that it goes on.
func ending(o *projection.Rollout) string {
	what := fmt.Sprintf("the rollout of version %d ", o.Version)
	if o.Cause == cluster.CauseRestart {
		what = "the restart "
	}
	switch o.Status {
	case cluster.RolloutRolledBack, cluster.RolloutSuperseded, cluster.RolloutCancelled:
		what += "was "
	case cluster.RolloutRolling, cluster.RolloutPaused:
		what += "is "
	case cluster.RolloutNone, cluster.RolloutSucceeded, cluster.RolloutFailed:
	}
	return what + strings.ReplaceAll(string(o.Status), "_", " ") + word(": ", story.Plain(o.Reason))
}

// standing is what became of the job after that.
func standing(o *projection.Rollout) string {
	if o.Cause == cluster.CauseRollback && o.Status == cluster.RolloutSucceeded {
		return fmt.Sprintf("version %d stands again", o.Version)
	}
	return ending(o)
}
