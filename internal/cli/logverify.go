package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// logVerify holds a log, or an export, against its seals.
func (a *App) logVerify() *cobra.Command {
	var seals []string
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Hold the log, or an export of it, against its seals: exit 0, otherwise 1",
		Long: "Hold the log, or an export of it (- is the standard input), against its seals, and\n" +
			"against seals that were noted elsewhere: who can write the whole log anew can seal it\n" +
			"anew, but does not get a hash that somebody has kept.\n" +
			"Exit statuses: 0 it is the log that was sealed, 1 it is not.",
		Example: "  taurus log verify\n  taurus log verify taurus.ndjson --seal 48000:9f2c...",
		Args:    cobra.MaximumNArgs(1),
	}
	settings := a.natsCommand(cmd, natsauth.Admin)
	cmd.Flags().StringArrayVar(&seals, "seal", nil, "`SEQ:HASH` that the log must have; may be given again")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		anchors := make([]examine.Anchor, len(seals))
		for i, text := range seals {
			var err error
			if anchors[i], err = examine.ParseAnchor(text); err != nil {
				return usagef("--seal %s: %v", text, err)
			}
		}
		if len(args) == 1 {
			return a.verifyFile(args[0], anchors)
		}
		n, err := settings.load(cmd.Context())
		if err != nil {
			return err
		}
		return a.ledger(cmd.Context(), n, func(log eventlog.Log) error { return a.verifyLog(cmd.Context(), n.Space(), log, anchors) })
	}
	return cmd
}

func (a *App) verifyLog(ctx context.Context, space events.Space, log eventlog.Log, anchors []examine.Anchor) error {
	examiner := examine.New(space)
	for _, anchor := range anchors {
		examiner.Expect(anchor)
	}
	if _, err := examineLog(ctx, log, examiner); err != nil {
		return err
	}
	return a.showReport(examiner.Report())
}

func (a *App) verifyFile(name string, anchors []examine.Anchor) error {
	in := a.In
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // The user names the file.
		if err != nil {
			return usagef("%v", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	report, _, err := examineFile(in, anchors)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return a.showReport(report)
}

// examineFile has an export examined, and returns how it was read.
func examineFile(in io.Reader, anchors []examine.Anchor) (examine.Report, *exportfile.Reader, error) {
	r, err := exportfile.NewReader(in)
	if err != nil {
		return examine.Report{}, nil, err
	}
	h := r.Header()
	examiner := examine.New(events.NewSpace(h.Partitions))
	examiner.From(h.From)
	for _, anchor := range anchors {
		examiner.Expect(anchor)
	}
	for item, err := range r.Items() {
		if err != nil {
			return examine.Report{}, nil, err
		}
		examiner.Add(item)
	}
	return examiner.Report(), r, nil
}
