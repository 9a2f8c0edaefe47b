package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/projection"
)

// kill kills tasks, which are started again, or go for good.
func (a *App) kill() *cobra.Command {
	var group, prefix, reason, key string
	var slots []uint
	var all, yes, scaleDown bool
	cmd := &cobra.Command{
		Use:   "kill [JOB...]",
		Short: "Kill tasks that run, at once; they are started again",
		Long: "Kill tasks that run, at once; they are started again.\n\n" +
			"With --scale-down just the tasks of the slots that are named go, and nothing comes in their place:\n" +
			"the service has so many fewer replicas then.\n\n" +
			"To replace tasks step by step use `taurus restart`, for fewer of them, whichever, `taurus scale`, for none `taurus stop`.",
		Example:           "  taurus kill taurusjob --slot 3 --reason stuck\n  taurus kill taurusjob --slot 3,5 --scale-down\n  taurus kill --prefix shop/ --yes",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: a.completeJobs(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			many := all || prefix != ""
			switch {
			case many == (len(args) > 0), all && prefix != "":
				return usagef("name jobs, or give either --prefix or --all")
			case len(slots) > 0 && len(args) != 1:
				return usagef("--slot is of one job; name one")
			case scaleDown && len(slots) == 0:
				return usagef("--scale-down needs --slot: which are to go; for fewer of them, whichever, use `taurus scale`")
			case key != "" && len(args) != 1:
				return usagef("--key is of one job; name one")
			}
			numbers, err := slotNumbers(slots)
			if err != nil {
				return err
			}
			ids, err := a.chosen(cmd.Context(), args, prefix, many)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				say(a.Err, "no job %s", cmp.Or(word("that runs has an id that begins with ", prefix), "runs"))
				return nil
			}
			if many && !yes {
				say(a.Err, "%d jobs: %s", len(ids), strings.Join(ids, " "))
				return usagef("to kill what runs of all of these give --yes, too")
			}
			return a.forAll(ids, func(id string) error {
				j, err := a.client().Kill(cmd.Context(), id, client.Tasks{Group: group, Slots: numbers}, scaleDown, reason, key)
				if err != nil {
					return missing(err, id)
				}
				switch {
				case scaleDown:
					say(a.Err, "job %s: what was meant is killed, and nothing comes in its place: %s", id, replicas(j))
				case running(j, group) == 0:
					say(a.Err, "job %s: nothing of it runs that could be killed", id)
				default:
					say(a.Err, "job %s: what was meant is killed, and started again", id)
				}
				return a.each(j, nothing)
			})
		},
	}
	cmd.Flags().StringVar(&group, "group", "", "only tasks of this `group`")
	cmd.Flags().UintSliceVar(&slots, "slot", nil, "only the tasks of these `slots`")
	cmd.Flags().StringVar(&prefix, "prefix", "", "of all jobs whose ids begin with this `text`")
	cmd.Flags().BoolVar(&all, "all", false, "of all jobs")
	cmd.Flags().BoolVar(&yes, "yes", false, "really, where several jobs are chosen by --prefix or --all")
	cmd.Flags().BoolVar(&scaleDown, "scale-down", false, "have as many fewer as slots are named, so that nothing comes in their place")
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that the history keeps")
	cmd.Flags().StringVar(&key, "key", "", "an idempotency `key`: the same again kills nothing more")
	return cmd
}

// slotNumbers are the slots that were named.
func slotNumbers(slots []uint) ([]uint32, error) {
	numbers := make([]uint32, 0, len(slots))
	for _, n := range slots {
		const highest = 1<<32 - 1
		if n > highest {
			return nil, usagef("--slot %d: there is no such slot", n)
		}
		numbers = append(numbers, uint32(n))
	}
	return numbers, nil
}

// replicas tells how many of each group are wanted.
func replicas(j projection.Job) string {
	groups := make([]string, 0, len(j.Groups))
	for i := range j.Groups {
		groups = append(groups, fmt.Sprintf("%d of %s", j.Groups[i].Tasks.Wanted, j.Groups[i].Name))
	}
	return strings.Join(groups, ", ") + " wanted"
}

// running is how many tasks of a job, or of a group of it, run or are about to.
func running(j projection.Job, group string) uint32 {
	n := j.Tasks
	for _, g := range j.Groups {
		if g.Name == group {
			n = g.Tasks
		}
	}
	return n.Running + n.Staging + n.Unreachable + n.Ending
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
		ends := over(jobs[i].State) || jobs[i].State == projection.StateStopping
		// What runs of a series is jobs of their own.
		if strings.HasPrefix(jobs[i].ID, prefix) && !ends && jobs[i].Series == nil {
			ids = append(ids, jobs[i].ID)
		}
	}
	return ids, nil
}
