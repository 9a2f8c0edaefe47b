package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/pause"
	"github.com/milosgajdos/taurus/internal/projection"
)

// pollEvery is how often a job is looked at while somebody waits for it.
const pollEvery = 200 * time.Millisecond

// stop stops jobs.
func (a *App) stop() *cobra.Command {
	var reason string
	var wait, keep bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:               "stop JOB...",
		SuggestFor:        []string{"destroy"},
		Short:             "Stop jobs: their tasks are killed, and none is started again",
		Example:           "  taurus stop taurusjob --wait\n  taurus stop web worker --reason 'moved to the new cluster'",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeJobs(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := within(cmd.Context(), timeout)
			defer cancel()
			api := a.client()
			err := a.forAll(args, func(id string) error {
				stop := api.Stop
				if keep {
					stop = api.StopSchedule
				}
				j, err := stop(ctx, id, reason)
				if err != nil {
					return missing(err, id)
				}
				say(a.Err, "job %s: %s", id, j.State)
				if wait {
					return nil // What it waits for is told where it is waited for.
				}
				a.sayWaits(j)
				return a.each(j, nothing)
			})
			if err != nil || !wait {
				return err
			}
			return a.forAll(args, func(id string) error {
				j, err := awaitEnd(ctx, api, id, a.waits())
				if err != nil {
					return err
				}
				say(a.Err, "job %s: %s, nothing of it runs", id, j.State)
				return a.each(j, nothing)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that the history keeps")
	cmd.Flags().BoolVar(&keep, "keep-runs", false, "let the runs of a periodic or dispatched job go on")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until nothing of the jobs runs any more")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "how `long` to wait; 0 is for ever")
	return cmd
}

// waitsEvery is how often a part that a job waits for is told of while somebody
// waits for the job.
const waitsEvery = 30 * time.Second

// sayWaits says which part of taurus a job waits for, if one.
func (a *App) sayWaits(j projection.Job) {
	if j.WaitsFor != "" {
		say(a.Err, "job %s waits: %s", j.ID, story.Plain(j.WaitsFor))
	}
}

// waits is sayWaits for who looks at a job again and again.
func (a *App) waits() func(projection.Job) {
	var told time.Time
	return func(j projection.Job) {
		if now := a.Now(); j.WaitsFor != "" && now.Sub(told) >= waitsEvery {
			told = now
			a.sayWaits(j)
		}
	}
}

// awaitEnd waits until nothing of a job is alive; each look at it is shown to see.
func awaitEnd(ctx context.Context, api *client.Client, id string, see func(projection.Job)) (projection.Job, error) {
	for {
		j, err := api.Job(ctx, id, "")
		if err != nil || over(j.State) {
			return j, late(missing(err, id), id)
		}
		see(j)
		if err := pause.For(ctx, pollEvery); err != nil {
			return j, late(err, id)
		}
	}
}

// over reports whether a job in a state will never run again by itself.
func over(s projection.JobState) bool {
	switch s {
	case projection.StateStopped, projection.StateCompleted, projection.StateFailed:
		return true
	case projection.StatePending, projection.StateRunning, projection.StateStopping, projection.StateAhead,
		projection.StateUnhealthy, projection.StateCrashLooping,
		projection.StateScheduled, projection.StatePaused, projection.StateDispatchable:
		return false
	}
	return false
}

// within bounds a wait; 0 does not.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, d, &timeoutError{d})
}

// timeoutError says how long was waited.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string {
	return "not done after " + e.after.String() + "; it goes on, only the waiting ended"
}

// late says whose wait ended too early, and how to learn why.
func late(err error, id string) error {
	if _, ok := errors.AsType[*timeoutError](err); ok {
		return fmt.Errorf("job %s: %w; `taurus explain %s` says what it waits for", id, err, id)
	}
	return err
}
