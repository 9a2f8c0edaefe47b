package cli

import (
	"context"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
)

// kill kills tasks, which are started again.
func (a *App) kill() *cobra.Command {
	var group, prefix, reason string
	var slots []uint
	var all, yes bool
	cmd := &cobra.Command{
		Use:   "kill [JOB...]",
		Short: "Kill tasks that run, at once; they are started again",
		Long: "Kill tasks that run, at once; they are started again.\n\n" +
			"To replace tasks step by step use `taurus restart`, for fewer of them `taurus scale`, for none `taurus stop`.",
		Example:           "  taurus kill taurusjob --slot 3 --reason stuck\n  taurus kill --prefix shop/ --yes",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeJobs(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			many := all || prefix != ""
			switch {
			case many == (len(args) > 0), all && prefix != "":
				return usagef("name jobs, or give either --prefix or --all")
			case len(slots) > 0 && len(args) != 1:
				return usagef("--slot is of one job; name one")
			}
			ids, err := a.chosen(cmd.Context(), args, prefix, many)
			if err != nil {
				return err
			}
			if many && !yes {
				say(a.Err, "%d jobs: %s", len(ids), strings.Join(ids, " "))
				return usagef("to kill what runs of all of these give --yes, too")
			}
			numbers := make([]uint32, len(slots))
			for i, n := range slots {
				numbers[i] = uint32(min(n, math.MaxUint32))
			}
			return a.forAll(ids, func(id string) error {
				j, err := a.client().Kill(cmd.Context(), id, group, numbers, reason)
				if err != nil {
					return missing(err, id)
				}
				say(a.Err, "job %s: what was meant is killed, and started again", id)
				return a.each(j, nothing)
			})
		},
	}
	cmd.Flags().StringVar(&group, "group", "", "only tasks of this `group`")
	cmd.Flags().UintSliceVar(&slots, "slot", nil, "only the tasks of these `slots`")
	cmd.Flags().StringVar(&prefix, "prefix", "", "of all jobs whose ids begin with this `text`")
	cmd.Flags().BoolVar(&all, "all", false, "of all jobs")
	cmd.Flags().BoolVar(&yes, "yes", false, "really, where several jobs are chosen by --prefix or --all")
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that the history keeps")
	return cmd
}

// chosen are the ids that were named, or of all jobs with a prefix that are not over.
func (a *App) chosen(ctx context.Context, args []string, prefix string, many bool) ([]string, error) {
	if !many {
		return args, nil
	}
	jobs, err := a.client().Jobs(ctx, client.Query{})
	if err != nil {
		return nil, err
	}
	var ids []string
	for i := range jobs {
		if strings.HasPrefix(jobs[i].ID, prefix) && !over(jobs[i].State) {
			ids = append(ids, jobs[i].ID)
		}
	}
	return ids, nil
}
