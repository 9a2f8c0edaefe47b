package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/archive"
	"github.com/milosgajdos/taurus/internal/audit"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// logExport writes the log into a file.
func (a *App) logExport() *cobra.Command {
	var from, to uint64
	cmd := &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write the log into a file, a record a line",
		Long: "Write the log into a file, a JSON object a line, or to the standard output. A file\n" +
			"that is there is gone on with: an export that was interrupted, or a whole one, to which\n" +
			"what has come since is added. What is missing in the log is told, and the rest is\n" +
			"written all the same.\n" +
			"Exit statuses: 0 all is there, 1 the file is written, and the log is not whole.",
		Example: "  taurus log export taurus.ndjson\n  taurus log export --from 100 --to 200 | jq .subject",
		Args:    cobra.MaximumNArgs(1),
	}
	settings := a.natsSettings(cmd)
	cmd.Flags().Uint64Var(&from, "from", 1, "the first `sequence`")
	cmd.Flags().Uint64Var(&to, "to", 0, "the last `sequence`; 0 is that of the log")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := settings()
		if err != nil {
			return err
		}
		return a.ledger(cmd.Context(), n, func(log eventlog.Log) error {
			e := &export{from: max(from, 1), to: to, auditor: audit.New(n.Space())}
			e.auditor.From(e.from)
			e.header = archive.Header{Stream: n.Stream(), Partitions: n.Partitions(), From: e.from}
			if len(args) == 0 || args[0] == "-" {
				return a.exportTo(cmd.Context(), log, e, a.Out)
			}
			return a.exportInto(cmd.Context(), log, e, args[0])
		})
	}
	return cmd
}

// export is one that is being made.
type export struct {
	from, to uint64
	header   archive.Header
	auditor  *audit.Auditor
}

// exportTo writes an export from the beginning.
func (a *App) exportTo(ctx context.Context, log eventlog.Log, e *export, out io.Writer) error {
	w, err := archive.NewWriter(out, e.header)
	if err != nil {
		return err
	}
	return a.export(ctx, log, e, w)
}

// exportInto begins a file, or goes on with one.
func (a *App) exportInto(ctx context.Context, log eventlog.Log, e *export, name string) (err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The user names the file.
	if err != nil {
		return usagef("%v", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := archive.Resume(f, e.header, func(item archive.Item) error {
		e.auditor.Add(item)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w; name another file", name, err)
	}
	if w.Last() >= e.from {
		say(a.Err, "%s holds the log up to %d; going on", name, w.Last())
	}
	if err := a.export(ctx, log, e, w); err != nil {
		return err
	}
	return f.Sync()
}

// export adds to a file what the log holds behind it.
func (a *App) export(ctx context.Context, log eventlog.Log, e *export, w *archive.Writer) error {
	if err := e.write(ctx, log, w); err != nil {
		return errors.Join(err, w.Flush())
	}
	if err := w.Close(); err != nil {
		return err
	}
	r := e.auditor.Report()
	say(a.Err, "exported %s up to sequence %d", count64(w.Records(), "record"), w.Last())
	if r.Sealed != nil {
		say(a.Err, "sealed, to be noted elsewhere: %s", r.Sealed)
	}
	if r.Whole {
		return nil
	}
	for _, p := range r.Problems {
		say(a.Err, "NOT whole: %s", p.Message)
	}
	say(a.Err, "`taurus log check` tells the ways out")
	return &statusError{error: errTold, status: ExitFailed}
}

func (e *export) write(ctx context.Context, log eventlog.Log, w *archive.Writer) error {
	bounds, err := log.Bounds(ctx)
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	to := bounds.Last
	if e.to != 0 {
		to = min(to, e.to)
	}
	for item, err := range archive.Log(ctx, log, w.Last()+1, to) {
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if err := w.Add(item); err != nil {
			return err
		}
		e.auditor.Add(item)
	}
	return nil
}
