package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/wiring"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// errNotRestored is said where an export is not put back.
var errNotRestored = errors.New("nothing was put back")

// logRestore puts an export back.
func (a *App) logRestore() *cobra.Command {
	var asItIs bool
	var without []uint
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
	settings := a.natsCommand(cmd, natsauth.Admin)
	cmd.Flags().BoolVar(&asItIs, "as-it-is", false, "also an export that is not whole; services say what is wrong with it")
	cmd.Flags().UintSliceVar(&without, "without", nil, "`sequence` of a record to leave out, one that no fold can go over; may be given again")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := settings.load(cmd.Context())
		if err != nil {
			return err
		}
		f, err := os.Open(args[0])
		if err != nil {
			return usagef("%v", err)
		}
		defer func() { _ = f.Close() }()
		left := map[uint64]bool{}
		for _, sequence := range without {
			left[uint64(sequence)] = true
		}
		return a.restore(cmd.Context(), n, f, left, asItIs)
	}
	return cmd
}

// restore reads the file twice: it is put back only if all of it is as it should be.
func (a *App) restore(ctx context.Context, n *wiring.NATS, f io.ReadSeeker, without map[uint64]bool, asItIs bool) error {
	report, read, err := examineFile(f, nil)
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
	case slices.ContainsFunc(slices.Collect(maps.Keys(without)), func(n uint64) bool { return n == 0 || n > report.Last }):
		return usagef("--without names a sequence that the export does not have")
	case !wholeWithout(report, without) && !asItIs:
		writeReport(a.Err, report)
		return fmt.Errorf("%w: the export is not whole; --as-it-is puts it back all the same", errNotRestored)
	}
	put, want, err := a.putBack(ctx, n, f, without, fmt.Sprint(read.Sum(), sequences(without)))
	if err != nil {
		return err
	}
	if err := a.compareRestored(ctx, n, want); err != nil {
		return err
	}
	return a.show(put, func(w io.Writer) error {
		say(w, "restored %s up to sequence %d", count64(put.Records, "record"), read.Last())
		say(w, "Give `taurus log create`, which makes what else there is, and `taurus log check` with the state\n"+
			"directories of the services: what they folded beyond the export is lost, and can be accepted.")
		return nil
	})
}

// sequences are those of a set in order, so that the same restoration is known again;
// empty for none.
func sequences(set map[uint64]bool) string {
	text := ""
	for _, sequence := range slices.Sorted(maps.Keys(set)) {
		text += fmt.Sprintf("-%d", sequence)
	}
	return text
}

// wholeWithout reports whether all that is wrong with an export is in records that are
// left out.
func wholeWithout(r examine.Report, without map[uint64]bool) bool {
	for _, p := range r.Problems {
		if p.From != p.To || !without[p.From] {
			return false
		}
	}
	return true
}

// digest is what was put back, or is there, record by record: holes or none.
type digest struct {
	records, last uint64
	hash          chain.Hash
}

func (d *digest) add(item exportfile.Item) {
	d.last = item.Last()
	if item.Lost.From == 0 {
		d.records++
		d.hash = chain.Next(d.hash, item.Record.Sequence, item.Record.Time, item.Record.Message)
	}
}

// putBack puts the items of a file back, and returns what the log should be found to be.
func (a *App) putBack(ctx context.Context, n *wiring.NATS, f io.ReadSeeker, without map[uint64]bool, source string,
) (put examine.Report, want digest, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return put, want, fmt.Errorf("read the export again: %w", err)
	}
	r, err := exportfile.NewReader(f)
	if err != nil {
		return put, want, err
	}
	opening, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	target, err := n.Restore(opening, natsName, a.natsLog(), source)
	if err != nil {
		return put, want, err
	}
	defer func() { _ = target.Close() }()
	if target.Last() > 0 {
		say(a.Err, "going on behind sequence %d", target.Last())
	}
	examiner := examine.New(n.Space())
	for item, err := range r.Items() {
		if without[item.Record.Sequence] {
			item = exportfile.Item{Lost: exportfile.Range{From: item.Record.Sequence, To: item.Record.Sequence}}
		}
		if err == nil {
			examiner.Add(item)
			want.add(item)
			err = putItem(ctx, target, item)
		}
		if err != nil {
			return put, want, fmt.Errorf("%w; give the command again, it goes on where it stopped", err)
		}
	}
	return examiner.Report(), want, target.Finish(ctx)
}

func putItem(ctx context.Context, target wiring.Restoration, item exportfile.Item) error {
	if item.Lost.From != 0 {
		return target.Skip(ctx, item.Lost.To)
	}
	return target.Put(ctx, item.Record)
}

// compareRestored reads the log as it is now, and holds it against what was put back.
func (a *App) compareRestored(ctx context.Context, n *wiring.NATS, want digest) error {
	return a.ledger(ctx, n, func(log eventlog.Log) error {
		bounds, err := log.Bounds(ctx)
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		var got digest
		for item, err := range exportfile.Log(ctx, log, 1, bounds.Last) {
			if err != nil {
				return fmt.Errorf("read the log: %w", err)
			}
			got.add(item)
		}
		if got != want {
			return fmt.Errorf("what was put back is not what the export holds: %d records up to %d (%.12s), want %d up to %d (%.12s); "+
				"stop who writes to stream %s, remove it (nats stream rm %s) and try again",
				got.records, got.last, got.hash, want.records, want.last, want.hash, n.Stream(), n.Stream())
		}
		return nil
	})
}
