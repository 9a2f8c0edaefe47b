package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/projection"
)

// completeJobs completes the first most arguments with ids of jobs, all of them
// where most is 0.
func (a *App) completeJobs(most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if most > 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var ids []string
		for _, j := range a.known(cmd.Context()) {
			if strings.HasPrefix(j.ID, begun) {
				ids = append(ids, j.ID+"\t"+string(j.State))
			}
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeScale completes an id, and then the groups of that job.
func (a *App) completeScale(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeJobs(1)(cmd, args, begun)
	}
	var groups []string
	for _, j := range a.known(cmd.Context()) {
		for _, g := range j.Groups {
			if j.ID == args[0] && strings.HasPrefix(g.Name, begun) {
				groups = append(groups, g.Name+"=")
			}
		}
	}
	return groups, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeWords completes a flag that takes some of a few words, joined by commas.
func completeWords(words ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		before, _, joined := cutLast(begun, ",")
		if joined {
			before += ","
		} else {
			before = ""
		}
		all := make([]string, 0, len(words))
		for _, word := range words {
			all = append(all, before+word)
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

// known are the jobs there are, none where the API cannot be asked.
func (a *App) known(ctx context.Context) []projection.Job {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, a.AskPatience)
	defer cancel()
	jobs, err := a.client().Jobs(ctx, client.Query{})
	if err != nil {
		return nil
	}
	return jobs
}
