package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// whatIf tells what would happen.
func (a *App) whatIf() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "whatif",
		Short: "Tell what would happen, and change nothing",
		Long: "Tell what would be moved, wait or be down if a host were drained or lost, or a job\n" +
			"run or scaled. The machines that decide run on a copy of what is, and on the agents\n" +
			"as they offered last, with a Mesos that does what it is asked. Nothing is changed.",
		Example: "  taurus whatif drain host3\n  taurus whatif lose rack=r1\n  taurus whatif run job.json\n  taurus whatif scale web 50",
	}
	cmd.AddCommand(a.whatIfDrain(), a.whatIfLose(), a.whatIfRun(), a.whatIfScale())
	return cmd
}

func (a *App) whatIfDrain() *cobra.Command {
	return &cobra.Command{
		Use:     "drain HOST|ATTRIBUTE=VALUE",
		Short:   "Tell what would be moved if hosts were drained",
		Example: "  taurus whatif drain host3\n  taurus whatif drain rack=r1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.foresee(cmd.Context(), client.Supposing{Drain: agentsOf(args[0])})
		},
	}
}

func (a *App) whatIfLose() *cobra.Command {
	return &cobra.Command{
		Use:     "lose HOST|ATTRIBUTE=VALUE",
		Short:   "Tell what would be down if hosts were cut off",
		Example: "  taurus whatif lose host3\n  taurus whatif lose rack=r1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.foresee(cmd.Context(), client.Supposing{Lose: agentsOf(args[0])})
		},
	}
}

// agentsOf reads a host, or an attribute and its value.
func agentsOf(text string) *client.Agents {
	if name, value, both := strings.Cut(text, "="); both {
		return &client.Agents{Attribute: name, Value: value}
	}
	return &client.Agents{Host: text}
}

func (a *App) whatIfRun() *cobra.Command {
	return &cobra.Command{
		Use:     "run FILE|-",
		Short:   "Tell where the tasks of a job would run",
		Example: "  taurus whatif run examplejobs/job.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := a.jsonDocument(args[0])
			if err != nil {
				return err
			}
			return in(args[0], a.foresee(cmd.Context(), client.Supposing{Run: data}))
		},
	}
}

// jsonDocument reads a job as JSON, whatever it is written in.
func (a *App) jsonDocument(path string) (jsontext.Value, error) {
	data, media, err := a.document(path)
	if err != nil {
		return nil, err
	}
	if jsontext.Value(data).IsValid() {
		return data, nil
	}
	file, err := job.NewFile(data, media)
	if err != nil {
		return nil, usagef("%s: %v", titled(path), err)
	}
	spec, err := file.Decode()
	if err != nil {
		return nil, usagef("%s: %v", titled(path), err)
	}
	data, err = spec.JSON()
	if err != nil {
		return nil, usagef("%s: %v", titled(path), err)
	}
	return data, nil
}

func (a *App) whatIfScale() *cobra.Command {
	var group string
	cmd := &cobra.Command{
		Use:               "scale JOB [GROUP=]N",
		Short:             "Tell what would happen if a job had another number of tasks",
		Example:           "  taurus whatif scale web 50\n  taurus whatif scale shop db=5",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := a.target(cmd.Context(), args[0], args[1], group)
			if err != nil {
				return err
			}
			s := &client.Scaling{Job: args[0], Group: to.group, Replicas: to.tasks}
			return missing(a.foresee(cmd.Context(), client.Supposing{Scale: s}), args[0])
		},
	}
	cmd.Flags().StringVar(&group, "group", "", "the `group`, where N does not name it; a job of one needs none")
	return cmd
}

func (a *App) foresee(ctx context.Context, s client.Supposing) error {
	f, err := a.client().WhatIf(ctx, s)
	if err != nil {
		return err
	}
	return a.show(f, func(w io.Writer) error { return a.writeForeseen(w, f) })
}

func (a *App) writeForeseen(w io.Writer, f projection.Foreseen) error {
	if len(f.Steps) == 0 {
		say(w, "nothing would happen")
	}
	for i := 0; i < len(f.Steps); {
		text, last := foretold(f.Steps[i]), i+1
		for last < len(f.Steps) && foretold(f.Steps[last]) == text {
			last++
		}
		say(w, "+%-8s %s", f.Steps[i].After, text)
		if again := last - i - 1; again > 0 {
			say(w, "%-9s the same %s, the last after %s", "", times(again), f.Steps[last-1].After)
		}
		i = last
	}
	if f.Untold > 0 {
		say(w, "and %d steps more", f.Untold)
	}
	if len(f.Groups) > 0 {
		say(w, "")
		if err := a.writeForeseenGroups(w, f.Groups); err != nil {
			return err
		}
	}
	a.sayWhatItGoesBy(f)
	return nil
}

// times is how often something happens again.
func times(n int) string {
	if n == 1 {
		return "once more"
	}
	return fmt.Sprintf("%d times more", n)
}

// foretold is a step in a sentence.
func foretold(s projection.Step) string {
	task := fmt.Sprintf("%s/%d", s.Job, s.Slot)
	switch s.Kind {
	case "cut_off":
		return task + " is cut off on " + s.From
	case "ends":
		return task + " is ended" + word(" on ", s.From) + ": " + story.Plain(s.Reason)
	case "starts":
		return task + " starts on " + s.To
	case "moves":
		return task + " moves from " + s.From + " to " + s.To
	case "restarts":
		return task + " starts anew on " + s.To
	case "waits":
		return s.Job + " waits [group " + s.Group + "]: " + story.Plain(s.Reason)
	}
	if s.Reason != "" {
		return s.Job + ": " + story.Plain(s.Reason)
	}
	return s.Job + ": " + s.Event
}

func (a *App) writeForeseenGroups(w io.Writer, groups []projection.ForeseenOfOne) error {
	t := table.New("JOB", "GROUP", "WANTED", "UP NOW", "LOWEST", "UP THEN", "WAITING")
	for _, g := range groups {
		t.Row(g.Job, g.Group, fmt.Sprint(g.Wanted), strconv.Itoa(g.Before), strconv.Itoa(g.Lowest), strconv.Itoa(g.Now), strconv.Itoa(g.Waiting))
	}
	_, err := t.WriteTo(w)
	return err
}

// sayWhatItGoesBy says how far the answer can be trusted.
func (a *App) sayWhatItGoesBy(f projection.Foreseen) {
	text := "as of sequence " + strconv.FormatUint(f.Log, 10) + ", by what " + count(uint32(f.Agents.Known), "agent") + " offered"
	if !f.Agents.Oldest.IsZero() {
		text += ", the oldest " + a.ago(f.Agents.Oldest)
	}
	if f.Agents.Unoffered > 0 {
		text += fmt.Sprintf("; %s that offered nothing yet get no new tasks here", count(uint32(f.Agents.Unoffered), "agent"))
	}
	say(a.Err, "%s", text)
	if !f.Settled {
		say(a.Err, "it does not come to rest within an hour")
	}
}
