package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/table"
	"github.com/milosgajdos/taurus/internal/pause"
	"github.com/milosgajdos/taurus/internal/projection"
)

// agents lists what tasks run on.
func (a *App) agents() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:        "agents",
		SuggestFor: []string{"hosts", "nodes", "node"},
		Short:      "List agents: what runs there, which are drained or go into maintenance",
		Long: "List agents: what runs there, which are drained or go into maintenance.\n\n" +
			"Known are those that run tasks, have offered something in the last week, are drained, or are to go into maintenance.",
		Example: "  taurus agents\n  taurus agents -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := a.client().Agents(cmd.Context(), at)
			if err != nil {
				return err
			}
			return a.show(list, func(w io.Writer) error { return a.writeAgents(w, list) })
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "as it was at a `moment`: a sequence or a time of RFC 3339")
	return cmd
}

func (a *App) writeAgents(w io.Writer, list []projection.AgentView) error {
	if len(list) == 0 {
		say(a.Err, "no agents are known: none runs a task, or has offered anything")
		return nil
	}
	t := table.New("HOST", "AGENT", "STATE", "TASKS", "JOBS", "ATTRIBUTES", "WHY")
	for i := range list {
		v := &list[i]
		t.Row(v.Host, v.AgentID, string(v.State), fmt.Sprint(v.Tasks), fmt.Sprint(v.Jobs), pairs(v.Attributes), whyLeft(v))
	}
	_, err := t.WriteTo(w)
	return err
}

// whyLeft says why tasks leave an agent, or will.
func whyLeft(v *projection.AgentView) string {
	var parts []string
	if d := v.Drain; d != nil {
		text := d.Reason + word(", by ", d.By)
		if !d.Deadline.IsZero() {
			text += ", until " + d.Deadline.UTC().Format(time.RFC3339)
		}
		parts = append(parts, strings.TrimPrefix(text, ", "))
	}
	if m := v.Maintenance; m != nil {
		parts = append(parts, "maintenance from "+m.From.UTC().Format(time.RFC3339))
	}
	if v.Unreachable > 0 {
		parts = append(parts, fmt.Sprintf("%d unreachable", v.Unreachable))
	}
	return strings.Join(parts, "; ")
}

// drain has tasks leave hosts.
func (a *App) drain() *cobra.Command {
	var reason, deadline string
	var wait bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:        "drain HOST...",
		SuggestFor: []string{"cordon", "evacuate"},
		Short:      "Have tasks leave hosts, and none come",
		Long: "Have tasks leave hosts, and none come, until `taurus undrain`.\n\n" +
			"Tasks of services move within the bounds of their job's rollouts: another begins elsewhere, and when it is up\n" +
			"the one there ends. Tasks of batch jobs are left to end by themselves. At the deadline all end that are there still.\n\n" +
			"HOST is the name of a host, or the id of an agent. Mesos is told nothing: other frameworks go on there.",
		Example: "  taurus drain node-7 --reason 'new disks'\n  taurus drain node-7 --deadline 2h",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			until, err := a.deadline(deadline)
			if err != nil {
				return err
			}
			ctx, cancel := within(cmd.Context(), timeout)
			defer cancel()
			api := a.client()
			err = a.forAll(args, func(host string) error {
				list, err := api.Drain(ctx, host, reason, until)
				if err != nil {
					return err
				}
				a.sayPlace(host, list)
				return nil
			})
			if err != nil || !wait {
				return err
			}
			return a.forAll(args, func(host string) error { return a.awaitLeft(ctx, host) })
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that the history keeps")
	cmd.Flags().StringVar(&deadline, "deadline", "", "`when` tasks end that are there still: in so long (2h), or a time of RFC 3339; without it they are waited for")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until no task is there any more")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "how `long` to wait; 0 is for ever")
	return cmd
}

// deadline reads a time, or how long it is to it.
func (a *App) deadline(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return a.Now().Add(d).UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, usagef("--deadline %s: give a duration such as 2h, or a time such as 2006-01-02T15:04:05Z", text)
	}
	return t, nil
}

// sayPlace tells how a host stands.
func (a *App) sayPlace(host string, list []projection.AgentView) {
	known := false
	for i := range list {
		v := &list[i]
		known = known || v.AgentID != ""
		if v.AgentID != "" {
			say(a.Err, "%s: %s, %s there", agentName(v), v.State, countTasks(v.Tasks))
		}
	}
	if !known {
		say(a.Err, "%s: no agent of that name is known now; it counts for one that comes", host)
	}
}

func agentName(v *projection.AgentView) string {
	if v.Host == "" {
		return "agent " + v.AgentID
	}
	return v.Host + " (" + v.AgentID + ")"
}

func countTasks(n uint32) string {
	if n == 1 {
		return "1 task"
	}
	return fmt.Sprintf("%d tasks", n)
}

// awaitLeft waits until no task is on a host any more.
func (a *App) awaitLeft(ctx context.Context, host string) error {
	api := a.client()
	for {
		list, err := api.Agents(ctx, "")
		if err != nil {
			return err
		}
		place, _ := projection.PlaceOf(list, host)
		left := uint32(0)
		for _, v := range projection.At(list, place) {
			left += v.Tasks
		}
		if left == 0 {
			say(a.Err, "%s: no task is there", host)
			return nil
		}
		if err := pause.For(ctx, pollEvery); err != nil {
			return fmt.Errorf("%s: %s there still: %w", host, countTasks(left), context.Cause(ctx))
		}
	}
}

// undrain lets hosts have tasks again.
func (a *App) undrain() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:        "undrain HOST...",
		SuggestFor: []string{"uncordon"},
		Short:      "Let hosts have tasks again",
		Example:    "  taurus undrain node-7",
		Args:       cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			api := a.client()
			return a.forAll(args, func(host string) error {
				list, err := api.Undrain(cmd.Context(), host, reason)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					say(a.Err, "%s may have tasks again", host)
				}
				for i := range list {
					say(a.Err, "%s: %s", agentName(&list[i]), list[i].State)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that the history keeps")
	return cmd
}
