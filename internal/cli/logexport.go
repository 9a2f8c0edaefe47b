package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/atomicfile"
	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
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
	settings := a.natsCommand(cmd, natsauth.Admin)
	cmd.Flags().Uint64Var(&from, "from", 1, "the first `sequence`")
	cmd.Flags().Uint64Var(&to, "to", 0, "the last `sequence`; 0 is that of the log")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := settings.load(cmd.Context())
		if err != nil {
			return err
		}
		return a.ledger(cmd.Context(), n, func(log eventlog.Log) error {
			e := &export{from: max(from, 1), to: to, examiner: examine.New(n.Space())}
			e.examiner.From(e.from)
			e.header = exportfile.Header{Stream: n.Stream(), Partitions: n.Partitions(), From: e.from}
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
	header   exportfile.Header
	examiner *examine.Examiner

	// last is the last sequence that the file has already, record its last record.
	last   uint64
	record eventlog.Record
}

// exportTo writes an export from the beginning.
func (a *App) exportTo(ctx context.Context, log eventlog.Log, e *export, out io.Writer) error {
	w, err := exportfile.NewWriter(out, e.header)
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
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%s: another export is writing it", name)
	}
	w, err := exportfile.Resume(f, e.header, e.take, func() error { return e.goOn(ctx, log) })
	if err != nil {
		return fmt.Errorf("%s: %w; name another file", name, err)
	}
	if w.Last() >= e.from {
		say(a.Err, "%s holds the log up to %d; going on", name, w.Last())
	}
	if err := a.export(ctx, log, e, w); err != nil {
		return err
	}
	return errors.Join(f.Sync(), atomicfile.SyncDir(filepath.Dir(name)))
}

// take takes in what a file that is gone on with holds.
func (e *export) take(item exportfile.Item) error {
	e.examiner.Add(item)
	e.last = item.Last()
	if item.Lost.From == 0 {
		e.record = item.Record
	}
	return nil
}

// goOn refuses to add to the export of a log that has lost its end since, or of another
// one: what the file holds may be all that there is of it.
func (e *export) goOn(ctx context.Context, log eventlog.Log) error {
	bounds, err := log.Bounds(ctx)
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	if bounds.Last < e.last {
		return fmt.Errorf("the log ends at %d, and this holds it up to %d: keep it, it has what the log has lost; "+
			"see docs/operating.md, %q", bounds.Last, e.last, "The log has become shorter")
	}
	was := e.record
	if was.Sequence == 0 {
		return nil
	}
	for item, err := range exportfile.Log(ctx, log, was.Sequence, was.Sequence) {
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		is := item.Record
		if item.Lost.From == 0 && (!is.Time.Equal(was.Time) || is.Header[events.HeaderSum] != was.Header[events.HeaderSum] ||
			events.Sum(is.Message) != events.Sum(was.Message)) {
			return fmt.Errorf("the log has another record at sequence %d than this: keep it, the log has lost its end and has grown since, "+
				"or is another one; see docs/operating.md, %q", was.Sequence, "The log is another one")
		}
	}
	return nil
}

// export adds to a file what the log holds behind it.
func (a *App) export(ctx context.Context, log eventlog.Log, e *export, w *exportfile.Writer) error {
	if err := e.write(ctx, log, w); err != nil {
		return errors.Join(err, w.Flush())
	}
	if err := w.Close(); err != nil {
		return err
	}
	r := e.examiner.Report()
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

func (e *export) write(ctx context.Context, log eventlog.Log, w *exportfile.Writer) error {
	bounds, err := log.Bounds(ctx)
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	to := bounds.Last
	if e.to != 0 {
		to = min(to, e.to)
	}
	for item, err := range exportfile.Log(ctx, log, w.Last()+1, to) {
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if err := w.Add(item); err != nil {
			return err
		}
		e.examiner.Add(item)
	}
	return nil
}
