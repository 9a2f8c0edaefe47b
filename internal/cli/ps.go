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
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/projection"
)

// ps lists tasks.
func (a *App) ps() *cobra.Command {
	var all bool
	var states []string
	var labels string
	cmd := &cobra.Command{
		Use:               "ps [JOB]",
		SuggestFor:        []string{"tasks", "task", "allocs", "status"},
		Short:             "List tasks: where they run, their attempt, age and last failure",
		Example:           "  taurus ps\n  taurus ps taurusjob --all\n  taurus ps --state running --label team=web",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkStates(states); err != nil {
				return err
			}
			tasks, err := a.tasks(cmd.Context(), args, client.Query{Labels: labels})
			if err != nil {
				return err
			}
			ended := len(tasks)
			tasks = slices.DeleteFunc(tasks, func(t projection.Task) bool { return !listed(t, all, states) })
			if len(tasks) == 0 && ended > 0 && len(states) == 0 {
				say(a.Err, "no tasks live; `--all` lists those that have ended too")
				return a.show(tasks, nothing)
			}
			return a.show(tasks, func(w io.Writer) error { return a.writeTasks(w, tasks, a.withoutSecrets(cmd.Context(), tasks)) })
		},
	}
	cmd.Flags().BoolVarP(&all, "all", "a", false, "also tasks that have ended")
	cmd.Flags().StringSliceVar(&states, "state", nil, "only tasks in these `states`, such as running or failed")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("state", completeWords(taskStates()...)))
	cmd.Flags().StringVar(&labels, "label", "", "only tasks of jobs whose labels fit this `selector`")
	return cmd
}

// listed reports whether a task is to be shown.
func listed(t projection.Task, all bool, states []string) bool {
	if len(states) == 0 {
		return all || t.Live
	}
	return slices.ContainsFunc(states, func(s string) bool { return taskState(s) == taskState(condition(t)) })
}

// taskState is the state that a user means, who may write it as Mesos does.
func taskState(text string) string {
	return strings.TrimPrefix(strings.ToLower(text), "task_")
}

// taskStates are all that condition may return, in lower case.
func taskStates() []string {
	return []string{
		"pending", "staging", "starting", "running", "killing", "unreachable", "finished", "failed", "killed",
		"error", "lost", "dropped", "gone", "gone_by_operator", "unknown", "withdrawn",
	}
}

// checkStates refuses a state that no task can be in.
func checkStates(states []string) error {
	for _, s := range states {
		if !slices.Contains(taskStates(), taskState(s)) {
			return usagef("--state %s: tasks are %s", s, strings.Join(taskStates(), ", "))
		}
	}
	return nil
}

// condition is the state of a task, or that its agent is cut off.
func condition(t projection.Task) string {
	if t.Unreachable {
		return "UNREACHABLE"
	}
	return t.State
}

// tasks returns the tasks of one job, or of all that a query chooses.
func (a *App) tasks(ctx context.Context, args []string, q client.Query) ([]projection.Task, error) {
	api := a.client()
	if len(args) == 1 {
		tasks, err := api.Tasks(ctx, args[0], q.At)
		return tasks, missingAt(err, args[0], q.At)
	}
	jobs, err := api.Jobs(ctx, q)
	if err != nil {
		return nil, err
	}
	all := []projection.Task{}
	for _, j := range jobs {
		tasks, err := api.Tasks(ctx, j.ID, q.At)
		if err != nil {
			return nil, missingAt(err, j.ID, q.At)
		}
		all = append(all, tasks...)
	}
	return all, nil
}

// askedMax is of how many jobs ps asks why their tasks wait.
const askedMax = 20

// withoutSecrets says of which groups the tasks wait for secrets, and for which: the table would only have it that they wait.
func (a *App) withoutSecrets(ctx context.Context, tasks []projection.Task) map[groupOf]string {
	waits, asked := map[groupOf]string{}, map[string]bool{}
	for _, t := range tasks {
		if t.State != "PENDING" || asked[t.Job] || len(asked) == askedMax {
			continue
		}
		asked[t.Job] = true
		why, err := a.client().Explain(ctx, t.Job, "")
		if err != nil {
			continue // Whoever may not ask why sees that they wait.
		}
		for _, r := range why.Reasons {
			switch r.Code {
			case projection.CodeNoSecret, projection.CodeSecretRefused, projection.CodeSecretAway:
				_, text, _ := strings.Cut(r.Message, ": ")
				text, _, _ = strings.Cut(text, "; ")
				waits[groupOf{t.Job, r.Group}] = clip(text)
			default:
			}
		}
	}
	return waits
}

// groupOf is a group of a job.
type groupOf struct{ job, group string }

func (a *App) writeTasks(w io.Writer, tasks []projection.Task, waits map[groupOf]string) error {
	if len(tasks) == 0 {
		say(a.Err, "no tasks")
		return nil
	}
	s := a.style()
	t := table.New("TASK", "GROUP", "VERSION", "STATE", "ATTEMPT", "ADDRESS", "AGE", "LAST FAILURE")
	for _, task := range tasks {
		note := remark(task)
		if why := waits[groupOf{task.Job, task.Group}]; why != "" && note == "" && task.State == "PENDING" {
			note = " (" + why + ")"
		}
		t.Row(fmt.Sprintf("%s/%d", task.Job, task.Slot), place(task), fmt.Sprint(task.Version), s.state(condition(task))+note,
			fmt.Sprint(task.Attempt), address(task), age(time.Duration(task.AgeMillis)*time.Millisecond), failure(task.LastFailure))
	}
	_, err := t.WriteTo(w)
	return err
}

// place is the group of a task, and its index in it where that is not the slot's number.
func place(t projection.Task) string {
	if t.Index == t.Slot || !t.Live {
		return t.Group
	}
	return fmt.Sprintf("%s[%d]", t.Group, t.Index)
}

// remark says what the state alone does not.
func remark(t projection.Task) string {
	switch {
	case t.Live && t.Doom != nil:
		return " (" + doomed(t.Doom) + ")"
	case t.Ahead:
		return " (ahead of the log)"
	case t.Original && !t.GiveUpAt.IsZero():
		return " (replaced; goes on if it is back by " + t.GiveUpAt.UTC().Format(time.RFC3339) + ")"
	case t.Original:
		return " (replaced; goes on if it is back)"
	case t.State == "RUNNING" && t.Healthy != nil && !*t.Healthy:
		return " (unhealthy)"
	case t.State == "RUNNING" && t.Healthy == nil && t.Unchecked:
		return " (not checked yet)"
	case t.CrashLoop != nil:
		return fmt.Sprintf(" (crash looping, %d failures)", t.CrashLoop.Failures)
	case t.State == "PENDING" && !t.NotBefore.IsZero():
		return " (backing off)"
	}
	return ""
}

// doomed says why a task is to end, and that it does not.
func doomed(d *projection.Doom) string {
	text := "ending"
	if d.Reason != "" {
		text += ": " + clip(d.Reason)
	}
	if d.Blocked {
		text += fmt.Sprintf("; asked %d times, and does not end", d.Kills)
	}
	return text
}
