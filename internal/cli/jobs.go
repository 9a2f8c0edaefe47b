package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// job lists jobs, or shows one.
func (a *App) job() *cobra.Command {
	var states []string
	var labels string
	cmd := &cobra.Command{
		Use:               "job [JOB]",
		Short:             "List jobs, or show one with its groups and why it is as it is",
		SuggestFor:        []string{"jobs", "apps", "list", "ls", "status", "inspect", "show"},
		Example:           "  taurus job\n  taurus job --state running --label team=web\n  taurus job taurusjob",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.showJob(cmd.Context(), args[0])
			}
			jobs, err := a.client().Jobs(cmd.Context(), client.Query{States: states, Labels: labels})
			if err != nil {
				return err
			}
			return a.show(jobs, func(w io.Writer) error { return a.writeJobs(w, jobs) })
		},
	}
	cmd.Flags().StringSliceVar(&states, "state", nil, "only jobs in these `states`: "+strings.Join(jobStates(), ", "))
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("state", completeWords(jobStates()...)))
	cmd.AddCommand(a.runNow(), a.steer(events.SchedulePause, "Let the schedule of a periodic job wait: what is due is held back"),
		a.steer(events.ScheduleResume, "Let the schedule of a periodic job go on"))
	cmd.Flags().StringVar(&labels, "label", "", "only jobs whose labels fit this `selector`: k=v, k!=v or k, joined by commas")
	return cmd
}

// jobStates are the states of jobs, as --state takes them.
func jobStates() []string {
	return []string{
		"pending", "running", "stopping", "stopped", "completed", "failed", "ahead", "unhealthy", "crash_looping", "scheduled", "paused", "dispatchable",
	}
}

func (a *App) writeJobs(w io.Writer, jobs []projection.Job) error {
	if len(jobs) == 0 {
		say(a.Err, "no jobs; submit one with `taurus run FILE`")
		return nil
	}
	s := a.style()
	t := table.New("JOB", "KIND", "STATE", "TASKS", "AGE", "LABELS", "DETAIL")
	for _, j := range jobs {
		t.Row(j.ID, string(j.Kind), s.state(string(j.State)), tally(j.Tasks), a.since(j.SubmittedAt), pairs(j.Labels), clip(detail(j)))
	}
	_, err := t.WriteTo(w)
	return err
}

// tally is how many tasks run of those wanted.
func tally(c projection.Counts) string {
	text := fmt.Sprintf("%d/%d", c.Running, c.Wanted)
	for _, part := range []struct {
		n    uint32
		word string
	}{
		{c.Finished, "done"},
		{c.Failed, "failed"},
		{c.Beside, "beside"},
		{c.Ending, "ending"},
		{c.Unreachable, "unreachable"},
		{c.Ahead, "ahead of the log"},
		{c.Unhealthy, "unhealthy"},
		{c.Unchecked, "not checked yet"},
		{c.CrashLooping, "crash looping"},
	} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.word)
		}
	}
	return text
}

// detail says more about the state of a job.
func detail(j projection.Job) string {
	switch {
	case j.Detail != "":
		return j.Detail
	case j.Series != nil && !over(j.State):
		return seriesDetail(j.Series)
	case j.Outcome != nil && j.Outcome.Reason != "":
		return story.Plain(j.Outcome.Reason)
	case j.Stop != nil && j.Stop.Reason != "":
		return story.Plain(j.Stop.Reason)
	case j.Rollout != nil && !over(j.State) && j.Rollout.Status != cluster.RolloutSucceeded && j.Rollout.Status != cluster.RolloutSuperseded:
		return fmt.Sprintf("rollout of version %d %s", j.Rollout.Version, strings.ReplaceAll(string(j.Rollout.Status), "_", " ")) + word(": ", story.Plain(j.Rollout.Reason))
	}
	return ""
}

// pairs are labels in order of their names.
func pairs(labels map[string]string) string {
	parts := make([]string, 0, len(labels))
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, k+"="+labels[k])
	}
	return strings.Join(parts, ",")
}

func (a *App) showJob(ctx context.Context, id string) error {
	api := a.client()
	j, err := api.Job(ctx, id, "")
	if err != nil {
		return missing(err, id)
	}
	why, err := api.Explain(ctx, id, "")
	if err != nil {
		return missing(err, id)
	}
	return a.show(struct {
		projection.Job
		Why string `json:"why"`
	}{j, why.Summary}, func(w io.Writer) error { return a.writeJob(w, j, why) })
}

func (a *App) writeJob(w io.Writer, j projection.Job, why projection.Explanation) error {
	s := a.style()
	t := table.New()
	line := func(name, value string) {
		if value != "" {
			t.Row(s.paint(bold, name), value)
		}
	}
	line("job", j.ID)
	line("kind", string(j.Kind))
	line("state", s.state(string(j.State)))
	line("why", story.Plain(why.Summary))
	line("tasks", tally(j.Tasks))
	line("labels", pairs(j.Labels))
	line("submitted", a.ago(j.SubmittedAt)+word(" by ", j.SubmittedBy))
	line("changed", a.ago(j.ChangedAt))
	a.writeSeries(j, line)
	if j.Stop != nil {
		line("stopped", a.ago(j.Stop.At)+word(": ", j.Stop.Reason))
	}
	if j.Outcome != nil {
		line("outcome", string(j.Outcome.Word)+" "+a.ago(j.Outcome.At)+word(": ", story.Plain(j.Outcome.Reason)))
	}
	line("deadline", a.ahead(j.Deadline))
	line("kept until", a.ahead(j.ExpiresAt))
	line("version", fmt.Sprintf("%d of run %d", j.Version, j.Run)+rolledBackTo(j))
	line("rollout", a.rolloutLine(j.Rollout))
	if _, err := t.WriteTo(w); err != nil {
		return err
	}
	return a.writeGroups(w, j)
}

func (a *App) writeGroups(w io.Writer, j projection.Job) error {
	if j.Spec == nil || len(j.Spec.Tasks) == 0 {
		return nil
	}
	t := table.New("GROUP", "TASKS", "WAITING", "IMAGE", "CPUS", "MEM")
	for i, g := range j.Spec.Tasks {
		var counts projection.Counts
		if i < len(j.Groups) {
			counts = j.Groups[i].Tasks
		}
		row := []string{g.Name, tally(counts), fmt.Sprint(counts.Waiting), "-", "-", "-"}
		if g.Container != nil && g.Container.Image != "" {
			row[3] = g.Container.Image
		}
		if g.Resources != nil {
			row[4], row[5] = fmt.Sprint(g.Resources.CPU), fmt.Sprintf("%v MB", g.Resources.Memory)
		}
		t.Row(row...)
	}
	say(w, "")
	_, err := t.WriteTo(w)
	return err
}

// ago is a moment as people look at it.
func (a *App) ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return a.clock(t) + " (" + age(a.Now().Sub(t)) + " ago)"
}

// ahead is a moment that is to come, as people look at it.
func (a *App) ahead(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return a.clock(t) + " (in " + age(max(t.Sub(a.Now()), 0)) + ")"
}

// word is a word with what leads to it, nothing where there is none.
func word(lead, text string) string {
	if text == "" {
		return ""
	}
	return lead + text
}

// scale changes how many tasks a job wants.
func (a *App) scale() *cobra.Command {
	var group string
	cmd := &cobra.Command{
		Use:               "scale JOB [GROUP=]N...",
		Short:             "Change how many tasks of a group are wanted",
		Example:           "  taurus scale taurusjob 6\n  taurus scale shop web=4 worker=10",
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: a.completeScale,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets := make([]target, 0, len(args)-1)
			for _, arg := range args[1:] { // All are understood before any is done.
				t, err := a.target(cmd.Context(), args[0], arg, group)
				if err != nil {
					return err
				}
				targets = append(targets, t)
			}
			var j projection.Job
			for _, t := range targets {
				var err error
				if j, err = a.client().Scale(cmd.Context(), args[0], t.group, t.tasks); err != nil {
					return missing(err, args[0])
				}
			}
			return a.show(j, func(w io.Writer) error {
				say(w, "job %s: %d tasks wanted, %d running", j.ID, j.Tasks.Wanted, j.Tasks.Running)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&group, "group", "", "the `group`, where N does not name it; a job of one needs none")
	return cmd
}

// target is how many tasks a group is to have.
type target struct {
	group string
	tasks uint32
}

// target reads GROUP=N, or N of the group that is given, or else the only one of the job.
func (a *App) target(ctx context.Context, id, arg, given string) (target, error) {
	group, number, named := cutLast(arg, "=")
	if !named {
		number = arg
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || (named && group == "") {
		return target{}, usagef("%q is no number of tasks; give N or GROUP=N", arg)
	}
	switch {
	case named && given != "" && given != group:
		return target{}, usagef("%q names another group than --group %s; give one of the two", arg, given)
	case named:
		return target{group, uint32(n)}, nil
	case given != "":
		return target{given, uint32(n)}, nil
	}
	j, err := a.client().Job(ctx, id, "")
	if err != nil {
		return target{}, missing(err, id)
	}
	if len(j.Groups) != 1 {
		names := make([]string, 0, len(j.Groups))
		for _, g := range j.Groups {
			names = append(names, g.Name)
		}
		return target{}, usagef("job %s has the groups %s: say which, as in %s=%d", id, strings.Join(names, ", "), first(names), n)
	}
	return target{j.Groups[0].Name, uint32(n)}, nil
}

// cutLast cuts at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func first(names []string) string {
	if len(names) == 0 {
		return "GROUP"
	}
	return names[0]
}

// rm deletes jobs that are over.
func (a *App) rm() *cobra.Command {
	return &cobra.Command{
		Use:               "rm JOB...",
		SuggestFor:        []string{"delete", "remove", "purge"},
		Short:             "Delete jobs that are over from the lists; what happened stays in the log",
		Example:           "  taurus rm taurusjob",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeJobs(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.forAll(args, func(id string) error {
				if err := a.client().Delete(cmd.Context(), id); err != nil {
					return missing(err, id)
				}
				say(a.Err, "job %s: deleted", id)
				return nil
			})
		},
	}
}

// forAll does something to each job: a failure is told and does not keep it
// from the others. The error is that of the first failure.
func (a *App) forAll(ids []string, do func(string) error) error {
	var status int
	for _, id := range ids {
		err := do(id)
		switch {
		case err == nil:
			continue
		case len(ids) == 1, errors.Is(err, client.ErrUnreachable), errors.Is(err, errInterrupted):
			return err
		}
		complain(a.Err, err, a.base)
		if status == 0 {
			status = ExitStatus(err)
		}
	}
	if status != 0 {
		return &statusError{error: errTold, status: status}
	}
	return nil
}
