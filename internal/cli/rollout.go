package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// durationFlag is how long to wait.
type durationFlag struct{ value time.Duration }

// waitFlags are those of a command that may follow a rollout.
func waitFlags(cmd *cobra.Command, wait *bool, timeout *durationFlag) {
	cmd.Flags().BoolVar(wait, "wait", false, "follow the rollout; exit 0 if it succeeds")
	cmd.Flags().DurationVar(&timeout.value, "timeout", 0, "how `long` to wait; 0 is for ever")
}

// follow tells what was begun, and follows its rollout if that is wanted.
func (a *App) follow(ctx context.Context, api *client.Client, j projection.Job, wait bool, timeout time.Duration, tell func(io.Writer)) error {
	if !wait || j.Series != nil { // None of that runs itself.
		return a.show(j, func(w io.Writer) error {
			tell(w)
			return nil
		})
	}
	tell(a.Err)
	ctx, cancel := within(ctx, timeout)
	defer cancel()
	if j.Kind == job.KindBatch {
		return a.await(ctx, api, j)
	}
	return a.awaitRollout(ctx, api, j)
}

// restart replaces tasks.
func (a *App) restart() *cobra.Command {
	var group, reason, key string
	var slots []uint
	var wait bool
	var timeout durationFlag
	cmd := &cobra.Command{
		Use:        "restart JOB",
		SuggestFor: []string{"bounce", "recycle"},
		Short:      "Replace the tasks of a job, step by step as its rollout says, though nothing has changed",
		Long: "Replace the tasks of a job that run now, all of them or those of a group or of slots, with\n" +
			"tasks of the same version, step by step as the job's rollout says.",
		Example:           "  taurus restart taurusjob --wait\n  taurus restart shop --group web --reason 'new certificate'\n  taurus restart shop --slot 3,7",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			numbers, err := slotNumbers(slots)
			if err != nil {
				return err
			}
			api := a.client()
			j, err := api.Restart(cmd.Context(), args[0], client.Tasks{Group: group, Slots: numbers}, reason, key)
			if err != nil {
				return missing(err, args[0])
			}
			return a.follow(cmd.Context(), api, j, wait, timeout.value, func(w io.Writer) {
				say(w, "job %s: restarts; `taurus rollout %s` shows how far it is", j.ID, j.ID)
			})
		},
	}
	cmd.Flags().StringVar(&group, "group", "", "only the tasks of this `group`")
	cmd.Flags().UintSliceVar(&slots, "slot", nil, "only the tasks of these `slots`")
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that the history keeps")
	cmd.Flags().StringVar(&key, "key", "", "an idempotency `key`: the same again restarts nothing more")
	waitFlags(cmd, &wait, &timeout)
	return cmd
}

// rolloutActions are what may be asked of a rollout, status first.
func rolloutActions() []string {
	return []string{"status", events.RolloutPause, events.RolloutResume, events.RolloutPromote, events.RolloutCancel, events.RolloutRollback}
}

// rollout shows how far a rollout is, and steers it.
func (a *App) rollout() *cobra.Command {
	var to, reason, at string
	cmd := &cobra.Command{
		Use:        "rollout JOB [status|pause|resume|promote|cancel|rollback]",
		SuggestFor: []string{"deployment", "progress"},
		Short:      "Show how far the rollout of a job is, or steer it",
		Long: "Show how far the rollout of a job is, or steer it:\n\n" +
			"  pause     take no further step until it is resumed\n" +
			"  resume    go on; also with one that has failed or was cancelled\n" +
			"  promote   go beyond the canary\n" +
			"  cancel    end it where it is: some tasks have the new version, some the old\n" +
			"  rollback  go back to the version that stood before, or to another with --to",
		Example:           "  taurus rollout taurusjob\n  taurus rollout taurusjob pause --reason 'errors in the logs'\n  taurus rollout taurusjob rollback",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeRollout,
		RunE: func(cmd *cobra.Command, args []string) error {
			action := "status"
			if len(args) > 1 {
				action = args[1]
			}
			if !slices.Contains(rolloutActions(), action) {
				return usagef("%q cannot be asked of a rollout; there are %s", action, strings.Join(rolloutActions(), ", "))
			}
			if to != "" && action != events.RolloutRollback {
				return usagef("--to is for rollback alone")
			}
			moment, err := a.moment(at)
			if err != nil {
				return err
			}
			var r projection.RolloutDetail
			if action == "status" {
				r, err = a.client().Rollout(cmd.Context(), args[0], moment)
			} else {
				r, err = a.client().Steer(cmd.Context(), args[0], action, to, reason)
			}
			if err != nil {
				return missingAt(err, args[0], moment)
			}
			return a.show(r, func(w io.Writer) error { return a.writeRollout(w, r) })
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the `version` or tag that a rollback goes to")
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that the history keeps")
	cmd.Flags().StringVar(&at, "at", "", "status at a `moment`: a sequence, a time, or how long ago")
	return cmd
}

// completeRollout completes an id, and then what may be asked of its rollout.
func (a *App) completeRollout(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeJobs(1)(cmd, args, begun)
	}
	if len(args) == 1 {
		return rolloutActions(), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func (a *App) writeRollout(w io.Writer, r projection.RolloutDetail) error {
	s := a.style()
	say(w, "%s: %s", s.paint(bold, r.Job), story.Plain(r.Detail))
	if o := r.Rollout; o != nil {
		say(w, "%s: %s, began %s%s", a.rolloutStatus(string(o.Status)), rolledOut(o), a.ago(o.At), word(" by ", o.By))
	}
	t := table.New("GROUP", "WANTED", "UPDATED", "UP", "OLD", "MAX SURGE", "MAX UNAVAILABLE")
	for _, g := range r.Groups {
		t.Row(g.Name, fmt.Sprint(g.Wanted), fmt.Sprint(g.Updated), fmt.Sprint(g.Up), fmt.Sprint(g.Old), fmt.Sprint(g.MaxSurge), fmt.Sprint(g.MaxUnavailable))
	}
	if _, err := t.WriteTo(w); err != nil || len(r.Past) == 0 {
		return err
	}
	say(w, "")
	past := table.New("BEFORE IT", "STATUS", "BEGAN", "BY", "REASON")
	for _, o := range slices.Backward(r.Past) {
		past.Row(rolledOut(&o), a.rolloutStatus(string(o.Status)), a.ago(o.At), o.By, story.Plain(o.Reason))
	}
	_, err := past.WriteTo(w)
	return err
}

// rolledOut is what a rollout is of.
func rolledOut(o *projection.Rollout) string {
	switch o.Cause {
	case cluster.CauseRestart:
		return fmt.Sprintf("restart of version %d", o.Version)
	case cluster.CauseRollback:
		return fmt.Sprintf("back to version %d", o.Version) + instead(o)
	case cluster.CauseUpdate, cluster.CauseResume:
	}
	return fmt.Sprintf("version %d", o.Version) + instead(o)
}

// rolledBackTo says that the newest version of a job is not the one that is wanted.
func rolledBackTo(j projection.Job) string {
	if j.WantedVersion == 0 {
		return ""
	}
	return fmt.Sprintf("; rolled back to version %d", j.WantedVersion)
}

// rolloutLine is a rollout in a few words, nothing where there never was one.
func (a *App) rolloutLine(o *projection.Rollout) string {
	if o == nil {
		return ""
	}
	return a.rolloutStatus(string(o.Status)) + ", " + rolledOut(o) + word(": ", story.Plain(o.Reason))
}

// instead is what a rollout replaces.
func instead(o *projection.Rollout) string {
	if o.From == 0 || o.From == o.Version {
		return ""
	}
	return fmt.Sprintf(" in place of %d", o.From)
}

// rolloutStatus colours the status of a rollout by what it means.
func (a *App) rolloutStatus(status string) string {
	s := a.style()
	switch status {
	case "succeeded":
		return s.paint(green, status)
	case "rolling", "paused":
		return s.paint(yellow, status)
	case "failed", "rolled_back":
		return s.paint(red, strings.ReplaceAll(status, "_", " "))
	}
	return s.paint(faint, status)
}
