package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/projection"
)

// explain says why.
func (a *App) explain() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:               "explain JOB",
		SuggestFor:        []string{"why"},
		Short:             "Say why a job is not, or was not, as it is wanted",
		Example:           "  taurus explain taurusjob\n  taurus explain taurusjob --at 5m",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeJobs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			moment, err := a.moment(at)
			if err != nil {
				return err
			}
			why, err := a.client().Explain(cmd.Context(), args[0], moment)
			if err != nil {
				return missingAt(err, args[0], moment)
			}
			return a.show(why, func(w io.Writer) error {
				a.writeWhy(w, why)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "the `moment`: a sequence, a time, or how long ago; now unless told otherwise")
	return cmd
}

func (a *App) writeWhy(w io.Writer, why projection.Explanation) {
	s := a.style()
	say(w, "%s is %s, %s: %s", s.paint(bold, why.Job), s.state(string(why.State)), tally(why.Tasks), story.Plain(why.Summary))
	for _, r := range why.Reasons {
		if len(why.Reasons) == 1 && r.Message == why.Summary && r.Until.IsZero() {
			break // The summary said it.
		}
		line := "- " + story.Plain(r.Message)
		if r.Group != "" {
			line += " [group " + r.Group + "]"
		}
		if !r.Until.IsZero() {
			line += ", until " + a.clock(r.Until)
		}
		say(w, "%s", line)
	}
	for _, v := range why.Verdicts {
		a.writeVerdict(w, v)
	}
}

// writeVerdict says what the launcher found in the offers.
func (a *App) writeVerdict(w io.Writer, v projection.Verdict) {
	if v.Code != "" {
		return // No offer was looked at, and the reason says why.
	}
	say(w, "offers for group %s, as of sequence %d: %d looked at", v.Group, v.Sequence, v.Offers)
	for _, reason := range slices.Sorted(maps.Keys(v.Reasons)) {
		say(w, "  %s refused for %s", count(v.Reasons[reason], "offer"), reason)
	}
	if v.Nearest != nil {
		say(w, "  nearest: %s, which lacked %s", v.Nearest.Hostname, strings.Join(v.Nearest.Lacked, "; "))
	}
}

func count(n uint32, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
