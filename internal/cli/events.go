package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/client"
	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/projection"
)

// events tells what happened.
func (a *App) events() *cobra.Command {
	var follow bool
	var from uint64
	cmd := &cobra.Command{
		Use:               "events [JOB]",
		SuggestFor:        []string{"history", "log", "watch"},
		Short:             "Tell what happened, a sentence per event",
		Long:              "Tell what happened, a sentence per event, with its sequence in the log: what\n`replay --at` and `--from` take.",
		Example:           "  taurus events taurusjob\n  taurus events --follow\n  taurus events --from 120 -o json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			feed := client.Feed{From: from}
			if len(args) == 1 {
				feed.Job = args[0]
			}
			return a.tell(cmd.Context(), feed, follow)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what happens next, until Ctrl-C")
	cmd.Flags().Uint64Var(&from, "from", 0, "begin at this `sequence`")
	return cmd
}

// tell writes events as they come.
func (a *App) tell(ctx context.Context, feed client.Feed, follow bool) error {
	api := a.client()
	if feed.Job != "" {
		past, err := api.Events(ctx, feed.Job, feed.From)
		if err != nil {
			return missing(err, feed.Job)
		}
		for _, e := range past {
			if err := a.sentence(e); err != nil {
				return err
			}
			feed.From = e.Sequence + 1
		}
		if !follow {
			return nil
		}
	}
	end, err := a.endOf(ctx, api, follow)
	if err != nil || (!follow && end < max(feed.From, 1)) {
		return err
	}
	err = api.Follow(ctx, feed, a.lost, func(e projection.Event) error {
		if err := a.sentence(e); err != nil {
			return err
		}
		if !follow && e.Sequence >= end {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) || errors.Is(err, errInterrupted) {
		return nil
	}
	return err
}

// endOf is the last sequence there is; it does not matter to one who follows.
func (a *App) endOf(ctx context.Context, api *client.Client, follow bool) (uint64, error) {
	if follow {
		return 0, nil
	}
	v, err := api.Cluster(ctx, "")
	return v.Sequence, err
}

// sentence writes one event.
func (a *App) sentence(e projection.Event) error {
	s := a.style()
	return a.each(e, func(w io.Writer) error {
		subject := e.Job
		if subject == "" {
			subject = "taurus"
		}
		_, err := fmt.Fprintf(w, "%s %s  %s: %s\n", s.paint(faint, fmt.Sprintf("%6d", e.Sequence)),
			s.paint(faint, a.clock(e.Time)), s.paint(bold, subject), strings.TrimSpace(story.Tell(e)))
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	})
}
