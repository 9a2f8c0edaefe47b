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
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// errNotRestored is said where an export is not put back.
var errNotRestored = errors.New("nothing was put back")

// logRestore puts an export back.
func (a *App) logRestore() *cobra.Command {
	var asItIs bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put an export back as the log, where there is none",
		Long: "Put an export back as the log, where there is none: every record at its sequence, with its\n" +
			"time, so that seals and marks fit as before. The export is verified first. Until all of\n" +
			"it is there nobody can open the log; given again after an interruption, the command goes\n" +
			"on where it stopped. `taurus log create` then makes what else there is.",
		Example: "  taurus log restore taurus.ndjson\n  taurus log restore taurus.ndjson --replicas 3 --max-bytes 8GiB",
		Args:    cobra.ExactArgs(1),
	}
	settings := a.natsSettings(cmd)
	cmd.Flags().BoolVar(&asItIs, "as-it-is", false, "also an export that is not whole; services say what is wrong with it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := settings()
		if err != nil {
			return err
		}
		f, err := os.Open(args[0])
		if err != nil {
			return usagef("%v", err)
		}
		defer func() { _ = f.Close() }()
		return a.restore(cmd.Context(), n, f, asItIs)
	}
	return cmd
}

// restore reads the file twice: it is put back only if all of it is as it should be.
func (a *App) restore(ctx context.Context, n *wiring.NATS, f io.ReadSeeker, asItIs bool) error {
	report, read, err := auditFile(f, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotRestored, err)
	}
	switch h := read.Header(); {
	case h.From != 1:
		return fmt.Errorf("%w: the export begins at sequence %d, and a log begins at 1", errNotRestored, h.From)
	case h.Partitions != n.Partitions():
		return usagef("the export is of a log with %d partitions: give --partitions %d", h.Partitions, h.Partitions)
	case report.Last == 0:
		return fmt.Errorf("%w: the export is empty", errNotRestored)
	case !report.Whole && !asItIs:
		writeReport(a.Err, report)
		return fmt.Errorf("%w: the export is not whole; --as-it-is puts it back all the same", errNotRestored)
	}
	if err := a.putBack(ctx, n, f, read.Sum()); err != nil {
		return err
	}
	if err := a.compareRestored(ctx, n, report); err != nil {
		return err
	}
	return a.show(report, func(w io.Writer) error {
		say(w, "restored %s up to sequence %d", count64(report.Records, "record"), read.Last())
		say(w, "Give `taurus log create`, which makes what else there is, and `taurus log check` with the state\n"+
			"directories of the services: what they folded beyond the export is lost, and can be accepted.")
		return nil
	})
}

// putBack puts the items of a file back.
func (a *App) putBack(ctx context.Context, n *wiring.NATS, f io.ReadSeeker, source string) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the export again: %w", err)
	}
	r, err := archive.NewReader(f)
	if err != nil {
		return err
	}
	opening, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	target, err := n.Restore(opening, natsName, a.natsLog(), source)
	if err != nil {
		return err
	}
	defer func() { _ = target.Close() }()
	if target.Last() > 0 {
		say(a.Err, "going on behind sequence %d", target.Last())
	}
	for item, err := range r.Items() {
		if err == nil {
			err = putItem(ctx, target, item)
		}
		if err != nil {
			return fmt.Errorf("%w; give the command again, it goes on where it stopped", err)
		}
	}
	return target.Finish(ctx)
}

func putItem(ctx context.Context, target wiring.Restoration, item archive.Item) error {
	if item.Lost.From != 0 {
		return target.Skip(ctx, item.Lost.To)
	}
	return target.Put(ctx, item.Record)
}

// compareRestored reads the log as it is now, and holds it against the export.
func (a *App) compareRestored(ctx context.Context, n *wiring.NATS, want audit.Report) error {
	return a.ledger(ctx, n, func(log eventlog.Log) error {
		auditor := audit.New(n.Space())
		if _, err := auditLog(ctx, log, auditor); err != nil {
			return err
		}
		got := auditor.Report()
		if got.Records != want.Records || got.Last != want.Last || (got.Head == nil) != (want.Head == nil) || got.Head != nil && *got.Head != *want.Head {
			return fmt.Errorf("what was put back is not what the export holds: %d records up to %d, want %d up to %d; remove the stream (nats stream rm %s) and try again",
				got.Records, got.Last, want.Records, want.Last, n.Stream())
		}
		return nil
	})
}
