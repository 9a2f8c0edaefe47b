package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/milosgajdos/taurus/internal/archive"
	"github.com/milosgajdos/taurus/internal/atomicfile"
	"github.com/milosgajdos/taurus/internal/exportfile"
)

// archiveGet writes a part of the archive into a file.
func (a *App) archiveGet() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "get FROM..TO [FILE]",
		SuggestFor: []string{"export", "restore"},
		Short:      "Write records of the archive into a file, as an export of the log",
		Long: "Write the records of the archive from one sequence to another into a file, or to the standard\n" +
			"output, as `taurus log export` writes those of the log: with 1.. in front `taurus log restore`\n" +
			"puts it back. Without FROM it begins where the archive does, without TO it ends where that\n" +
			"does. A file that is there is gone on with.",
		Example: "  taurus archive get 1.. taurus.ndjson\n  taurus archive get 1000..2000 | jq .subject",
		Args:    cobra.RangeArgs(1, 2),
	}
	s := a.archiveCommand(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		from, to, err := parseRange(args[0])
		if err != nil {
			return err
		}
		return s.with(func(source *archive.Archive) error {
			g, err := newGetting(cmd.Context(), source, from, to)
			if err != nil {
				return err
			}
			if len(args) == 1 || args[1] == "-" {
				return a.getTo(cmd.Context(), g)
			}
			return a.getInto(cmd.Context(), g, args[1])
		})
	}
	return cmd
}

// parseRange reads FROM..TO, in which both may be left out; 0 is what was.
func parseRange(text string) (from, to uint64, err error) {
	first, last, found := strings.Cut(text, "..")
	number := func(text string) uint64 {
		if text == "" {
			return 0
		}
		n, bad := strconv.ParseUint(text, 10, 64)
		if bad != nil || n == 0 {
			err = usagef("%q is no range of sequences: write FROM..TO, such as 1..5000, or 1.. up to the end", text)
		}
		return n
	}
	from, to = number(first), number(last)
	if !found || err == nil && to != 0 && to < from {
		err = usagef("%q is no range of sequences: write FROM..TO, such as 1..5000, or 1.. up to the end", text)
	}
	return from, to, err
}

// getting is a part of an archive that is being written into a file.
type getting struct {
	source *archive.Archive
	header exportfile.Header
	to     uint64
}

func newGetting(ctx context.Context, source *archive.Archive, from, to uint64) (*getting, error) {
	if err := source.Refresh(ctx); err != nil {
		return nil, err
	}
	bounds, err := source.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	newest, err := source.Newest(ctx)
	switch {
	case err != nil:
		return nil, err
	case newest == nil:
		return nil, errEmptyArchive
	case from == 0:
		from = bounds.First
	}
	if to == 0 {
		to = bounds.Last
	}
	if from < bounds.First || to > bounds.Last {
		return nil, usagef("the archive has the sequences %d..%d", bounds.First, bounds.Last)
	}
	return &getting{source, exportfile.Header{Stream: newest.Stream, Partitions: newest.Partitions, From: from}, to}, nil
}

func (a *App) getTo(ctx context.Context, g *getting) error {
	w, err := exportfile.NewWriter(a.Out, g.header)
	if err != nil {
		return err
	}
	return a.get(ctx, g, w)
}

// getInto begins a file, or goes on with one.
func (a *App) getInto(ctx context.Context, g *getting, name string) (err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // The user names the file.
	if err != nil {
		return usagef("%v", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := exportfile.Resume(f, g.header, func(exportfile.Item) error { return nil }, func() error { return nil })
	if err != nil {
		return fmt.Errorf("%s: %w; name another file", name, err)
	}
	if err := a.get(ctx, g, w); err != nil {
		return err
	}
	return errors.Join(f.Sync(), atomicfile.SyncDir(filepath.Dir(name)))
}

func (a *App) get(ctx context.Context, g *getting, w *exportfile.Writer) error {
	for item, err := range g.source.Read(ctx, w.Last()+1, g.to) {
		if err == nil {
			err = w.Add(item)
		}
		if err != nil {
			return errors.Join(err, w.Flush())
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	say(a.Err, "got %s up to sequence %d", count64(w.Records(), "record"), w.Last())
	return nil
}
