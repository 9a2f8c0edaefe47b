package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// logCheck reads the whole log.
func (a *App) logCheck() *cobra.Command {
	var dirs []string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read the whole log and say whether it is whole: exit 0, otherwise 1",
		Long: "Read the whole log and say whether it is whole: whether records are missing, in the\n" +
			"middle or at the end, fit their checksums and the seals, and are folded or passed over;\n" +
			"and whether it is the log that services have folded, by the marks in their state\n" +
			"directories. What is wrong comes with the ways out, as commands. Nothing is changed.\n" +
			"Exit statuses: 0 it is whole, 1 it is not.",
		Example: "  taurus log check\n  taurus log check --state-dir /var/lib/taurus/api --state-dir /var/lib/taurus/planner",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
	}
	settings := a.natsCommand(cmd, natsauth.Admin)
	cmd.Flags().StringArrayVar(&dirs, "state-dir", nil, "state `directory` of a service whose mark is to be compared; may be given again")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		n, err := settings.load(cmd.Context())
		if err != nil {
			return err
		}
		return a.ledger(cmd.Context(), n, func(log eventlog.Log) error {
			examiner := examine.New(n.Space())
			readMarks(examiner, settings.marks(dirs))
			if _, err := examineLog(cmd.Context(), log, examiner); err != nil {
				return err
			}
			if err := a.showReport(examiner.Report()); err != nil {
				return err
			}
			if len(settings.marks(dirs)) == 0 {
				say(a.Err, "Whether it has lost its end only the marks of services tell: name their directories with --state-dir, or that of a dev or demo with --data.")
			}
			return nil
		})
	}
	return cmd
}

// readMarks has the marks of state directories held against a log.
func readMarks(examiner *examine.Examiner, dirs []string) {
	for _, dir := range dirs {
		m, found, err := mark.Read(dir)
		switch {
		case err != nil:
			examiner.Unmarked(dir, err)
		case found:
			examiner.Mark(dir, m)
		}
	}
}

// examineLog has a log examined as far as it goes, and returns its last sequence.
func examineLog(ctx context.Context, log eventlog.Log, examiner *examine.Examiner) (last uint64, err error) {
	bounds, err := log.Bounds(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the log: %w", err)
	}
	for item, err := range exportfile.Log(ctx, log, 1, bounds.Last) {
		if err != nil {
			return 0, fmt.Errorf("read the log: %w", err)
		}
		examiner.Add(item)
	}
	return bounds.Last, nil
}

// showReport shows what was found. A log that is not whole ends the program with
// ExitFailed.
func (a *App) showReport(r examine.Report) error {
	if err := a.show(r, func(w io.Writer) error {
		writeReport(w, r)
		return nil
	}); err != nil {
		return err
	}
	if !r.Whole {
		return &statusError{error: errTold, status: ExitFailed}
	}
	return nil
}

func writeReport(w io.Writer, r examine.Report) {
	if r.Records == 0 {
		say(w, "the log is empty")
	} else {
		say(w, "sequences %d..%d, %s to %s: %s", r.First, r.Last, moment(r.FirstAt), moment(r.LastAt), count64(r.Records, "record"))
	}
	switch {
	case r.Sealed != nil:
		say(w, "%s fit; not sealed yet: %s. To be noted elsewhere, for `taurus log verify --seal`:\n  %s",
			count64(r.Seals, "seal"), count64(r.Unsealed, "record"), r.Sealed)
	case r.Records > 0:
		say(w, "no seal yet")
	}
	for _, l := range r.Losses {
		say(w, "loss of %s accepted at %d, %s%s: %s", l.Range, l.Sequence, moment(l.At), word(" by ", story.Plain(l.By)), story.Plain(l.Reason))
	}
	if r.Rejected.Count > 0 {
		say(w, "%s passed over by every fold, the first:", count64(r.Rejected.Count, "record"))
		for _, one := range r.Rejected.First {
			say(w, "  %d on %s: %s", one.Sequence, story.Plain(one.Subject), story.Plain(one.Reason))
		}
	}
	if r.Whole {
		say(w, "the log is whole")
		return
	}
	say(w, "the log is NOT whole:")
	for _, p := range r.Problems {
		say(w, "- %s", story.Plain(p.Message))
		for _, way := range p.Ways {
			say(w, "    %s", way)
		}
	}
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func count64(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
