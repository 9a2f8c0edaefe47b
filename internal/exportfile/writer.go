package exportfile

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// Writer writes a file. It is not safe for concurrent use.
type Writer struct {
	out     *bufio.Writer
	sum     hash.Hash
	last    uint64
	records uint64
}

// NewWriter begins a file.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	h.From = max(h.From, 1)
	a := &Writer{out: bufio.NewWriterSize(w, 1<<16), sum: sha256.New(), last: h.From - 1}
	return a, a.write(h.line())
}

// Last is the last sequence written.
func (a *Writer) Last() uint64 { return a.last }

// Records is how many records were written.
func (a *Writer) Records() uint64 { return a.records }

// Add writes the next item.
func (a *Writer) Add(i Item) error {
	l := line{Lost: &i.Lost}
	if i.Lost.From == 0 {
		l = recordLine(i.Record)
		a.records++
	}
	a.last = i.Last()
	return a.write(l)
}

// Close ends the file. It does not close what it writes to.
func (a *Writer) Close() error {
	if err := a.write(line{End: &end{Last: a.last, Records: a.records, Sum: hex.EncodeToString(a.sum.Sum(nil))}}); err != nil {
		return err
	}
	return a.Flush()
}

// Flush writes what is still in memory.
func (a *Writer) Flush() error {
	if err := a.out.Flush(); err != nil {
		return fmt.Errorf("export file: write: %w", err)
	}
	return nil
}

func (a *Writer) write(l line) error {
	text, err := encode(l)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	a.sum.Write(text)
	if _, err := a.out.Write(text); err != nil {
		return fmt.Errorf("export file: write: %w", err)
	}
	return nil
}

// writer goes on behind what was read.
func (a *Reader) writer(w io.Writer) *Writer {
	return &Writer{out: bufio.NewWriterSize(w, 1<<16), sum: a.sum, last: a.last, records: a.count}
}
