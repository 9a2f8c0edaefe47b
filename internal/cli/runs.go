package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/projection"
)

// runsShown is how many runs are listed unless told otherwise.
const runsShown = 20

// runs lists what became of the runs of a job.
func (a *App) runs() *cobra.Command {
	var at string
	var limit int
	cmd := &cobra.Command{
		Use:               "runs JOB",
		SuggestFor:        []string{"history", "executions"},
		Short:             "List the runs of a periodic or dispatched job, newest first, and the times that were left out",
		Example:           "  taurus runs nightly\n  taurus runs nightly --limit 100 --at 24h",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 {
				return usagef("--limit is %d; give at least 1", limit)
			}
			moment, err := a.moment(at)
			if err != nil {
				return err
			}
			page, err := a.client().Runs(cmd.Context(), args[0], moment, limit)
			if err != nil {
				return missingAt(err, args[0], moment)
			}
			return a.show(page, func(w io.Writer) error { return a.writeRuns(w, page) })
		},
	}
	cmd.Flags().IntVar(&limit, "limit", runsShown, "how `many` to list")
	cmd.Flags().StringVar(&at, "at", "", "the `moment`: a sequence, a time, or how long ago; now unless told otherwise")
	return cmd
}

func (a *App) writeRuns(w io.Writer, page projection.Runs) error {
	if len(page.Runs) == 0 {
		say(a.Err, "no runs yet")
		return nil
	}
	s := a.style()
	t := table.New("TIME", "OUTCOME", "TOOK", "JOB", "PARAMETERS", "DETAIL")
	for _, run := range page.Runs {
		took := ""
		if run.Job != "" {
			took = age(time.Duration(run.Seconds * float64(time.Second)))
		}
		t.Row(a.clock(run.At), s.state(outcomeOf(run)), took, run.Job, pairs(run.Parameters), clip(runDetail(a, run)))
	}
	_, err := t.WriteTo(w)
	return err
}

// outcomeOf is the outcome of a run, and of how many times where they are several.
func outcomeOf(run projection.Run) string {
	if run.Count > 1 {
		return fmt.Sprintf("%s %d", run.Outcome, run.Count)
	}
	return run.Outcome
}

func runDetail(a *App, run projection.Run) string {
	text := story.Plain(run.Reason)
	if run.Count > 1 {
		text += word(" since ", a.clock(run.From))
	}
	return strings.TrimPrefix(text+word(", by ", run.By), ", ")
}

// runNow begins a run of a periodic job.
func (a *App) runNow() *cobra.Command {
	var reason string
	var wait bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:               "run-now JOB",
		SuggestFor:        []string{"trigger", "force"},
		Short:             "Begin a run of a periodic job now, whatever its schedule says",
		Example:           "  taurus job run-now nightly --wait",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := a.client().RunNow(cmd.Context(), args[0], reason)
			if err != nil {
				return missing(err, args[0])
			}
			return a.began(cmd, j, wait, timeout)
		},
	}
	a.runFlags(cmd, &reason, &wait, &timeout)
	return cmd
}

// dispatch begins a run of a job that is dispatched.
func (a *App) dispatch() *cobra.Command {
	var reason, key string
	var set []string
	var wait bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:               "dispatch JOB [--set NAME=VALUE]...",
		Short:             "Begin a run of a batch job that is dispatched, with parameters",
		Example:           "  taurus dispatch import --set INPUT=s3://bucket/a.csv --wait",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			parameters := map[string]string{}
			for _, one := range set {
				name, value, found := strings.Cut(one, "=")
				if _, twice := parameters[name]; !found || name == "" || twice {
					return usagef("--set %q: give NAME=VALUE, each name once", one)
				}
				parameters[name] = value
			}
			j, err := a.client().Dispatch(cmd.Context(), args[0], parameters, reason, key)
			if err != nil {
				return missing(err, args[0])
			}
			return a.began(cmd, j, wait, timeout)
		},
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "a parameter, as `NAME=VALUE`")
	cmd.Flags().StringVar(&key, "key", "", "an idempotency `key`: the same again begins no second run")
	a.runFlags(cmd, &reason, &wait, &timeout)
	return cmd
}

func (a *App) runFlags(cmd *cobra.Command, reason *string, wait *bool, timeout *time.Duration) {
	cmd.Flags().StringVar(reason, "reason", "", "`text` that the history keeps")
	cmd.Flags().BoolVar(wait, "wait", false, "follow the run and exit as it did")
	cmd.Flags().DurationVar(timeout, "timeout", 0, "how `long` to wait; 0 is for ever")
}

// began tells of a run that was begun, or follows it.
func (a *App) began(cmd *cobra.Command, j projection.Job, wait bool, timeout time.Duration) error {
	if !wait {
		return a.show(j, func(w io.Writer) error {
			say(w, "job %s: begun; `taurus ps %s` shows its tasks, `taurus stop %s` stops it", j.ID, j.ID, j.ID)
			return nil
		})
	}
	ctx, cancel := within(cmd.Context(), timeout)
	defer cancel()
	return a.await(ctx, a.client(), j)
}

// steer pauses a schedule, or resumes it.
func (a *App) steer(action, short string) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               action + " JOB...",
		Short:             short,
		Example:           "  taurus job " + action + " nightly",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeJobs(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.forAll(args, func(id string) error {
				j, err := a.client().SteerSchedule(cmd.Context(), id, action, reason)
				if err != nil {
					return missing(err, id)
				}
				say(a.Err, "job %s: %s%s", id, j.State, word(", ", detail(j)))
				return a.each(j, nothing)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that the history keeps")
	return cmd
}

// seriesDetail says when a job is due next, and how its last run went.
func seriesDetail(s *projection.Series) string {
	var parts []string
	switch {
	case s.Paused != nil:
		parts = append(parts, strings.TrimSpace(word("by ", s.Paused.By)+word(": ", story.Plain(s.Paused.Reason))))
	case !s.Next.IsZero():
		parts = append(parts, "next "+s.Next.UTC().Format("2006-01-02 15:04:05Z"))
	}
	if s.Live > 0 {
		parts = append(parts, fmt.Sprintf("%d going on", s.Live))
	}
	if s.Last != nil && s.Last.Outcome != "running" {
		parts = append(parts, "last "+outcomeOf(*s.Last))
	}
	return strings.TrimPrefix(strings.Join(parts, ", "), ", ")
}

// writeSeries writes what a job has of runs, or is a run of.
func (a *App) writeSeries(j projection.Job, line func(name, value string)) {
	if s := j.Series; s != nil {
		line("next run", a.ahead(s.Next))
		if s.Paused != nil {
			line("paused", a.ago(s.Paused.Since)+word(" by ", s.Paused.By)+word(": ", story.Plain(s.Paused.Reason)))
		}
		if s.Last != nil {
			line("last run", outcomeOf(*s.Last)+", "+a.clock(s.Last.At)+word(", ", s.Last.Job)+word(": ", story.Plain(s.Last.Reason)))
		}
	}
	if p := j.Parent; p != nil {
		line("run of", p.Job+", "+a.clock(p.At))
		line("parameters", pairs(p.Parameters))
		line("waits for", p.WaitsFor)
	}
}
