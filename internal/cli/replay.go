package cli

import (
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/projection"
)

// past is the cluster as it was.
type past struct {
	Cluster projection.Cluster `json:"cluster"`
	Jobs    []projection.Job   `json:"jobs"`
	Tasks   []projection.Task  `json:"tasks"`
}

// replay shows the past.
func (a *App) replay() *cobra.Command {
	var at string
	var other asking
	cmd := &cobra.Command{
		Use:   "replay --at MOMENT [JOB]",
		Short: "Show jobs and tasks as they were, or what another planner would have decided",
		Long: "Show jobs and tasks as they were at a moment: a sequence of the log (as `taurus\n" +
			"events` shows them), a time such as 2026-01-02T15:04:05Z, or 15:04:05 for the last\n" +
			"time it was that, or how long ago, such as 5m. The state is made again from the\n" +
			"log; nothing is changed.\n\n" +
			"With --planner another build's planner decides over the recorded log, and where it\n" +
			"decides otherwise is listed: what was recorded, what it decides, and what led to it.\n" +
			"The log goes on as recorded, so each difference stands for itself. A decision is the\n" +
			"same if it is made at any time since the one before it about the job, or by who was\n" +
			"not more than 10 s behind; the bound on automatic kills is the recorded one. How full\n" +
			"the log was is not recorded: what was put off, or given up, for want of space is\n" +
			"listed. It exits with 1 if there are any. The log is read from NATS, with the\n" +
			"settings of `taurus log`, or from a file that `taurus log export` made.",
		Example: "  taurus replay --at 120\n  taurus replay --at 5m taurusjob\n  taurus replay --at 2026-01-02T15:04:05Z -o json\n" +
			"  taurus replay --planner ./taurus-next --from 100 --to 2000",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case other.planner != "" && (at != "" || len(args) > 0):
				return usagef("--planner goes over the whole log: leave --at and JOB, and bound it by --from and --to")
			case other.planner != "":
				return a.rehearse(cmd.Context(), other)
			case at == "":
				return usagef("--at is missing: %s", momentForms)
			}
			moment, err := a.moment(at)
			if err != nil {
				return err
			}
			api, ctx := a.client(), cmd.Context()
			was := past{}
			if was.Cluster, err = api.Cluster(ctx, moment); err != nil {
				return err
			}
			// All that follows is of the very sequence that a time stood for.
			fixed := strconv.FormatUint(was.Cluster.Sequence, 10)
			if was.Jobs, err = jobsAt(cmd, api, args, fixed); err != nil {
				return err
			}
			if was.Tasks, err = a.tasks(ctx, args, client.Query{At: fixed}); err != nil {
				return err
			}
			return a.show(was, func(w io.Writer) error { return a.writePast(w, was) })
		},
	}
	other.nats = a.natsCommand(cmd, natsauth.Admin)
	cmd.Flags().StringVar(&at, "at", "", "the `moment`: a sequence, a time, or how long ago")
	cmd.Flags().StringVar(&other.planner, "planner", "", "the `taurus` of another build, whose planner is asked")
	cmd.Flags().StringVar(&other.log, "log", "", "with --planner, the `file` that the log was exported to; the log itself unless told otherwise")
	cmd.Flags().Uint64Var(&other.from, "from", 1, "with --planner, the first `sequence` that is compared")
	cmd.Flags().Uint64Var(&other.to, "to", 0, "with --planner, the last `sequence`; 0 is that of the log")
	return cmd
}

func jobsAt(cmd *cobra.Command, api *client.Client, args []string, at string) ([]projection.Job, error) {
	if len(args) == 0 {
		return api.Jobs(cmd.Context(), client.Query{At: at})
	}
	j, err := api.Job(cmd.Context(), args[0], at)
	return []projection.Job{j}, missingAt(err, args[0], at)
}

// momentForms says what a moment looks like.
const momentForms = "give a sequence, a time such as 2026-01-02T15:04:05Z or 15:04:05, or how long ago, such as 5m"

// moment makes of a flag what the API takes: empty is now.
func (a *App) moment(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if _, err := strconv.ParseUint(text, 10, 64); err == nil {
		return text, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC().Format(time.RFC3339Nano), nil
	}
	if t, ok := a.clockTime(text); ok {
		return t.UTC().Format(time.RFC3339Nano), nil
	}
	if d, err := span(strings.TrimPrefix(text, "-")); err == nil {
		return a.Now().Add(-d).UTC().Format(time.RFC3339Nano), nil
	}
	return "", usagef("--at %s: %s", text, momentForms)
}

// span reads a duration, and whole days, as ages are printed.
func span(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	if days, whole := strings.CutSuffix(text, "d"); whole {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return time.Duration(n) * day, nil
		}
	}
	return time.ParseDuration(text) //nolint:wrapcheck // Only whether it is one matters.
}

// clockTime reads a time as `events` prints it, in the zone of this machine: that
// of a day, or the last one that a clock showed.
func (a *App) clockTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, true
		}
	}
	t, err := time.Parse(time.TimeOnly, text)
	if err != nil {
		if t, err = time.Parse("15:04", text); err != nil {
			return time.Time{}, false
		}
	}
	now := a.Now().Local()
	at := time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.Local)
	if at.After(now) {
		at = at.AddDate(0, 0, -1)
	}
	return at, true
}

func (a *App) writePast(w io.Writer, was past) error {
	at := was.Cluster.Time
	say(w, "%s", a.style().paint(bold, "as of sequence "+strconv.FormatUint(was.Cluster.Sequence, 10)+word(", ", a.ago(at))))
	then := *a
	if !at.IsZero() {
		then.Now = func() time.Time { return at }
	}
	if len(was.Jobs) == 0 {
		say(a.Err, "there were no jobs then")
		return nil
	}
	say(w, "")
	if err := then.writeJobs(w, was.Jobs); err != nil || len(was.Tasks) == 0 {
		return err
	}
	say(w, "")
	return then.writeTasks(w, was.Tasks, nil)
}
