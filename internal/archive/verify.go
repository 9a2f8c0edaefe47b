package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// check reads the file of a segment as whoever finds it would, and holds it against the
// manifest and the log's hash, behind what was linked before.
func (m *Manifest) check(file []byte, l *links) error {
	if sumOf(file) != m.Sum || int64(len(file)) != m.Bytes {
		return fmt.Errorf("%w: %s does not fit its checksum", ErrBroken, m.File)
	}
	for i, f := range m.Frames {
		if _, _, end := m.frame(i); end > m.Bytes || sumOf(file[f.Offset:end]) != f.Sum {
			return fmt.Errorf("%w: %s: its frame at %d does not fit its checksum", ErrBroken, m.File, f.Offset)
		}
	}
	dec, err := zstd.NewReader(bytes.NewReader(file), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(windowMax))
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrBroken, m.File, err)
	}
	defer dec.Close()
	if err := m.compare(dec, l); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrBroken, m.File, err)
	}
	return l.end(m)
}

var (
	errHeader  = errors.New("it is of another log, or begins elsewhere, than its manifest says")
	errRecords = errors.New("it has not as many records as its manifest says, or of other times")
)

func (m *Manifest) compare(in io.Reader, l *links) error {
	r, err := exportfile.NewReader(in)
	if err != nil {
		return err
	}
	if r.Header() != (exportfile.Header{Stream: m.Stream, Partitions: m.Partitions, From: m.From}) {
		return errHeader
	}
	records, first, last := uint64(0), time.Time{}, time.Time{}
	for item, err := range r.Items() {
		if err != nil {
			return err
		}
		l.add(item)
		if rec := item.Record; rec.Sequence == 1 && m.Log != logOf(rec) {
			return errHeader
		}
		if rec := item.Record; item.Lost.From == 0 {
			if records == 0 {
				first = rec.Time
			}
			records, last = records+1, rec.Time
		}
	}
	if records != m.Records || !first.Equal(m.FromTime) || !last.Equal(m.ToTime) {
		return errRecords
	}
	return nil
}

// logOf is what a log is known by, of its first record.
func logOf(first eventlog.Record) string {
	return chain.Next(chain.Hash{}, first.Sequence, first.Time, first.Message).String()
}

// Verification is what was found of an archive.
type Verification struct {
	// Whole reports whether it is as it was written, and of the log.
	Whole bool `json:"whole"`
	// From and To are what it has, Segments, Records and Bytes how much that is.
	From     uint64 `json:"from"`
	To       uint64 `json:"to"`
	Segments int    `json:"segments"`
	Records  uint64 `json:"records"`
	Bytes    int64  `json:"bytes"`
	// Compared is how many segments the log still has the seals of, which fit.
	Compared int `json:"compared"`
	// Left are files that no manifest names: whoever wrote them was killed, or another was
	// first. They are no harm.
	Left []string `json:"left,omitempty"`
	// Problem is what is wrong first.
	Problem string `json:"problem,omitempty"`
}

// Verify reads all of the archive, and holds it against its checksums and the log's hash,
// and against a log as far as that still has the seals; log may be nil. The error is why
// that cannot be said.
func (a *Archive) Verify(ctx context.Context, log eventlog.Log) (Verification, error) {
	var v Verification
	if err := a.Refresh(ctx); err != nil {
		return v, err
	}
	files := map[string]bool{}
	err := a.verify(ctx, log, &v, files)
	if err == nil {
		for o, err := range a.store.List(ctx, segments, "") {
			if err != nil {
				return v, err
			}
			if !files[o.Name] {
				v.Left = append(v.Left, o.Name)
			}
		}
	}
	if fatal(err) {
		v.Problem = err.Error()
		return v, nil
	}
	v.Whole = err == nil
	return v, err
}

func (a *Archive) verify(ctx context.Context, log eventlog.Log, v *Verification, files map[string]bool) error {
	var l *links
	for m, err := range a.Manifests(ctx) {
		if err != nil {
			return err
		}
		if l == nil {
			before, _ := chain.ParseHash(m.Before)
			l, v.From = newLinks(m.From, before), m.From
		}
		file, err := a.object(ctx, m.File, m.Bytes)
		if err == nil {
			err = m.check(file, l)
		}
		if err != nil {
			return err
		}
		files[m.File] = true
		v.Segments++
		v.To, v.Records, v.Bytes = m.To, v.Records+m.Records, v.Bytes+m.Bytes
		compared, err := sealKept(ctx, log, m)
		if err != nil {
			return err
		}
		if compared {
			v.Compared++
		}
	}
	return nil
}

// sealKept holds the seal of a segment against a log, and reports whether that has it.
func sealKept(ctx context.Context, log eventlog.Log, m *Manifest) (bool, error) {
	if log == nil {
		return false, nil
	}
	bounds, err := log.Bounds(ctx)
	if err != nil {
		return false, fmt.Errorf("read the log: %w", err)
	}
	if m.Seal < bounds.First {
		return false, nil
	}
	return true, sealedBy(ctx, log, m)
}
