package archive

import (
	"bytes"
	"fmt"
	"io"
	"iter"

	"github.com/klauspost/compress/zstd"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

const (
	// frameRecords and frameBytes are how much is compressed by itself: whoever reads one
	// record reads so much.
	frameRecords = 1000
	frameBytes   = 1 << 20
	// window is how far back the same bytes are looked for, and windowMax bounds what
	// decoding a frame takes, in bytes.
	window    = 1 << 20
	windowMax = 8 << 20
)

// segment is one that is being made.
type segment struct {
	manifest Manifest
	out      bytes.Buffer
	lines    counted
	zstd     *zstd.Encoder
	file     *exportfile.Writer
	// begun is what the frame under way began with, records how many are in it.
	begun   Frame
	records int
	links   *links
}

// counted counts what is written of a frame.
type counted struct {
	io.Writer
	bytes int
}

// Write implements io.Writer.
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.bytes += n
	return n, err
}

// newSegment begins a segment of which the manifest says log, stream, partitions, where it
// begins and the hash before it.
func newSegment(m Manifest, before chain.Hash) (*segment, error) {
	m.Before = before.String()
	s := &segment{manifest: m, links: newLinks(m.From, before)}
	var err error
	// In one goroutine, the same records give the same bytes.
	s.zstd, err = zstd.NewWriter(&s.out, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	s.begun = Frame{From: m.From}
	s.lines = counted{Writer: s.zstd}
	s.file, err = exportfile.NewWriter(&s.lines, exportfile.Header{Stream: m.Stream, Partitions: m.Partitions, From: m.From})
	return s, err
}

// add takes the next item.
func (s *segment) add(item exportfile.Item) error {
	if s.records >= frameRecords || s.lines.bytes >= frameBytes {
		if err := s.frame(); err != nil {
			return err
		}
	}
	if item.Lost.From == 0 {
		if s.manifest.Records == 0 {
			s.manifest.FromTime = item.Record.Time
		}
		s.manifest.Records++
		s.manifest.ToTime = item.Record.Time
	}
	s.manifest.To = item.Last()
	s.records++
	s.links.add(item)
	return s.file.Add(item)
}

// frame ends the frame under way and begins the next one.
func (s *segment) frame() error {
	if err := s.file.Flush(); err != nil {
		return err
	}
	return s.endFrame()
}

func (s *segment) endFrame() error {
	if err := s.zstd.Close(); err != nil {
		return fmt.Errorf("archive: compress: %w", err)
	}
	s.begun.Sum = sumOf(s.out.Bytes()[s.begun.Offset:])
	s.manifest.Frames = append(s.manifest.Frames, s.begun)
	s.begun = Frame{From: s.manifest.To + 1, Offset: int64(s.out.Len())}
	s.records, s.lines.bytes = 0, 0
	s.zstd.Reset(&s.out)
	return nil
}

// finish ends the segment: its file and its manifest, which a seal says the hash for.
func (s *segment) finish(seal uint64, after chain.Hash) (Manifest, []byte, error) {
	if err := s.file.Close(); err != nil {
		return s.manifest, nil, err
	}
	if err := s.endFrame(); err != nil {
		return s.manifest, nil, err
	}
	m := &s.manifest
	m.Seal, m.After = seal, after.String()
	if err := s.links.end(m); err != nil {
		return *m, nil, err
	}
	m.Bytes, m.Sum = int64(s.out.Len()), sumOf(s.out.Bytes())
	const short = 16
	m.File = fmt.Sprintf("%s%020d-%020d-%s.ndjson.zst", segments, m.From, m.To, m.Sum[:short])
	return *m, s.out.Bytes(), nil
}

// items are those of the frames of a file from one on, which is read from in.
func (m *Manifest) items(in io.Reader, first, last int) iter.Seq2[exportfile.Item, error] {
	return func(yield func(exportfile.Item, error) bool) {
		for i := first; i <= last; i++ {
			from, to, end := m.frame(i)
			content := make([]byte, end-m.Frames[i].Offset)
			if _, err := io.ReadFull(in, content); err != nil {
				yield(exportfile.Item{}, fmt.Errorf("%s: %w", m.File, err))
				return
			}
			if sumOf(content) != m.Frames[i].Sum {
				yield(exportfile.Item{}, fmt.Errorf("%w: %s: its frame of %d..%d does not fit its checksum", ErrBroken, m.File, from, to))
				return
			}
			if !m.unpack(content, from, to, yield) {
				return
			}
		}
	}
}

// unpack yields the items of a frame, and reports whether there may be more.
func (m *Manifest) unpack(content []byte, from, to uint64, yield func(exportfile.Item, error) bool) bool {
	wrong := func(err error) bool {
		yield(exportfile.Item{}, fmt.Errorf("%w: %s: its frame of %d..%d: %w", ErrBroken, m.File, from, to, err))
		return false
	}
	dec, err := zstd.NewReader(bytes.NewReader(content), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(windowMax), zstd.WithDecoderLowmem(true))
	if err != nil {
		return wrong(err)
	}
	defer dec.Close()
	last := from - 1
	for item, err := range exportfile.Part(dec, from) {
		if err != nil {
			return wrong(err)
		}
		last = item.Last()
		if !yield(item, nil) {
			return false
		}
	}
	if last != to {
		return wrong(fmt.Errorf("it ends with %d", last)) //nolint:err113 // It is told, and no more.
	}
	return true
}
