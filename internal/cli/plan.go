package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/projection"
)

// plan tells what run would do.
func (a *App) plan() *cobra.Command {
	var detailed bool
	cmd := &cobra.Command{
		Use:        "plan FILE|-",
		SuggestFor: []string{"preview", "dry-run", "check", "validate"},
		Short:      "Tell what `taurus run FILE` would change, and change nothing",
		Long: "Tell what `taurus run FILE` would change: what differs from the job that runs, and what\n" +
			"becomes of its tasks step by step, and how many of them would be up on the agents as they\n" +
			"offered last (`taurus whatif run FILE` tells each step). Nothing is changed. What run would\n" +
			"refuse is refused.\n\n" +
			"With --detailed-exitcode it exits 0 if nothing would change and 6 if something would.",
		Example: "  taurus plan examplejobs/rollout.yaml\n  taurus plan web.yaml --detailed-exitcode || taurus run web.yaml --wait",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			document, media, err := a.document(args[0])
			if err != nil {
				return err
			}
			p, err := a.client().Plan(cmd.Context(), idOf(document, media), document, media)
			if err != nil {
				return in(args[0], err)
			}
			a.warn(p.Warnings)
			if err := a.show(p, func(w io.Writer) error { return a.writePlan(w, p) }); err != nil {
				return err
			}
			if detailed && p.Outcome != projection.UpdateUnchanged {
				return &statusError{error: errTold, status: ExitChanges}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 6 if something would change")
	return cmd
}

func (a *App) writePlan(w io.Writer, p client.Plan) error {
	switch p.Outcome {
	case projection.UpdateUnchanged:
		say(w, "job %s: nothing to change, it is so already (version %d)", p.Job, p.Version)
		return nil
	case projection.UpdateCreated:
		say(w, "job %s: would be submitted", p.Job)
	case projection.UpdateUpdated:
		say(w, "job %s: would be updated to version %d", p.Job, p.Version)
		a.writeChanges(w, p.Changes)
	}
	if p.Outcome == projection.UpdateUpdated || len(p.Steps) > 0 {
		writeSteps(w, p.Steps)
	}
	if p.Foreseen == nil {
		say(a.Err, "no agent has offered anything yet: where the tasks would run cannot be told")
		return nil
	}
	f := *p.Foreseen
	if len(f.Groups) > 0 {
		say(w, "")
		if err := a.writeForeseenGroups(w, f.Groups); err != nil {
			return err
		}
	}
	for _, g := range f.Groups {
		if g.Waiting > 0 {
			say(w, "%s of group %s would wait: %s", count(uint32(g.Waiting), "task"), g.Group, story.Plain(strings.TrimPrefix(g.Reason, fmt.Sprintf("%d waiting: ", g.Waiting))))
		}
	}
	a.sayWhatItGoesBy(f)
	return nil
}
