package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/archive"
	"github.com/milosgajdos/taurus/internal/audit"
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
		anchors := make([]audit.Anchor, len(seals))
		for i, text := range seals {
			var err error
			if anchors[i], err = audit.ParseAnchor(text); err != nil {
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

func (a *App) verifyLog(ctx context.Context, space events.Space, log eventlog.Log, anchors []audit.Anchor) error {
	auditor := audit.New(space)
	for _, anchor := range anchors {
		auditor.Expect(anchor)
	}
	if _, err := auditLog(ctx, log, auditor); err != nil {
		return err
	}
	return a.showReport(auditor.Report())
}

func (a *App) verifyFile(name string, anchors []audit.Anchor) error {
	in := a.In
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // The user names the file.
		if err != nil {
			return usagef("%v", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	report, _, err := auditFile(in, anchors)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return a.showReport(report)
}

// auditFile has an export audited, and returns how it was read.
func auditFile(in io.Reader, anchors []audit.Anchor) (audit.Report, *archive.Reader, error) {
	r, err := archive.NewReader(in)
	if err != nil {
		return audit.Report{}, nil, err
	}
	h := r.Header()
	auditor := audit.New(events.NewSpace(h.Partitions))
	auditor.From(h.From)
	for _, anchor := range anchors {
		auditor.Expect(anchor)
	}
	for item, err := range r.Items() {
		if err != nil {
			return audit.Report{}, nil, err
		}
		auditor.Add(item)
	}
	return auditor.Report(), r, nil
}
