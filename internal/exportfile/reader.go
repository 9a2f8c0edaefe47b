package exportfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
)

// LineMax is how long a line of a file may be, in bytes. No NATS server takes a message
// of more than 64 MiB, and as base64 it is a third longer: what a stranger was let write
// makes no export that cannot be read.
const LineMax = 128 << 20

var (
	// ErrFormat is returned for what is no export of a log, or was changed since.
	ErrFormat = errors.New("it is no export of a log, or was changed after it was made")
	// ErrUnfinished is returned at the end of a file that has no last line.
	ErrUnfinished = errors.New("the export was not finished: it has no last line")
)

// Reader reads a file. It is not safe for concurrent use.
type Reader struct {
	in     *bufio.Reader
	sum    hash.Hash
	header Header
	number int   // of the line read last
	offset int64 // behind it
	last   uint64
	count  uint64
	closed bool
	end    string
	most   int // bytes of a line
	// part has the file begin and end with any line.
	part bool
}

// NewReader begins to read a file. The error is ErrFormat, or that of reading.
func NewReader(r io.Reader) (*Reader, error) {
	a := &Reader{in: bufio.NewReaderSize(r, 1<<16), sum: sha256.New(), most: LineMax}
	l, text, err := a.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: it is empty", ErrFormat)
	case err != nil:
		return nil, err
	case l.Version == 0:
		return nil, fmt.Errorf("%w: line 1 does not begin with taurus_log", ErrFormat)
	case l.Version != version:
		return nil, fmt.Errorf("%w: it has format %d, and this program reads %d", ErrFormat, l.Version, version)
	}
	a.took(text)
	a.header = Header{Stream: l.Stream, Partitions: l.Partitions, From: max(l.From, 1)}
	a.last = a.header.From - 1
	return a, nil
}

// Part reads the items of a part of a file, of which the first is of a sequence: whole
// lines, wherever it begins and ends. Nothing sums them up, so whoever reads parts has
// to know that they are as they were.
func Part(in io.Reader, from uint64) iter.Seq2[Item, error] {
	a := &Reader{in: bufio.NewReaderSize(in, 1<<16), sum: sha256.New(), most: LineMax, last: from - 1, part: true}
	return a.Items()
}

// Header is the file's.
func (a *Reader) Header() Header { return a.header }

// Sum is what the last line sums the file up to; valid once that was read.
func (a *Reader) Sum() string { return a.end }

// Last is the last sequence read.
func (a *Reader) Last() uint64 { return a.last }

// Items are the items of the file in order. Errors are ErrFormat, ErrUnfinished, or
// those of reading; they end it.
func (a *Reader) Items() iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for {
			item, err := a.item()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// item reads the next one; io.EOF says that the file has ended as it should.
func (a *Reader) item() (Item, error) {
	l, text, err := a.next()
	switch {
	case errors.Is(err, io.EOF) && (a.closed || a.part && len(text) == 0):
		return Item{}, io.EOF
	case errors.Is(err, io.EOF):
		return Item{}, ErrUnfinished
	case err != nil:
		return Item{}, err
	case a.closed:
		return Item{}, a.wrong("something follows its last line")
	case a.part && l.Version != 0 && a.number == 1:
		return a.item()
	case a.part && l.End != nil:
		a.closed = true
		return a.item()
	case l.End != nil:
		return a.ended(*l.End, text)
	}
	item := Item{}
	if l.Lost != nil {
		item.Lost = *l.Lost
		if item.Lost.From != a.last+1 || item.Lost.To < item.Lost.From {
			return Item{}, a.wrong(fmt.Sprintf("%s are lost, after %d", item.Lost, a.last))
		}
	} else {
		if item.Record, err = l.record(); err != nil {
			return Item{}, a.wrong(err.Error())
		}
		if item.Record.Sequence != a.last+1 {
			return Item{}, a.wrong(fmt.Sprintf("sequence %d follows %d", item.Record.Sequence, a.last))
		}
		a.count++
	}
	a.last = item.Last()
	a.took(text)
	return item, nil
}

// ended holds the last line against what was read.
func (a *Reader) ended(e end, text []byte) (Item, error) {
	if e.Last != a.last || e.Records != a.count {
		return Item{}, a.wrong(fmt.Sprintf("its last line tells of %d records up to %d, and %d up to %d are there", e.Records, e.Last, a.count, a.last))
	}
	e.Sum = hex.EncodeToString(a.sum.Sum(nil))
	if want, err := encode(line{End: &e}); err != nil || !bytes.Equal(text, append(want, '\n')) {
		return Item{}, a.wrong("the sum in its last line is another")
	}
	a.closed, a.end = true, e.Sum
	return a.item()
}

func (a *Reader) wrong(what string) error {
	return fmt.Errorf("%w: line %d: %s", ErrFormat, a.number, what)
}

// took counts a line as read.
func (a *Reader) took(text []byte) {
	a.sum.Write(text)
	a.offset += int64(len(text))
}

// next reads a line; text is all of it. At the end, and where the end of a line is
// missing, the error is io.EOF.
func (a *Reader) next() (l line, text []byte, err error) {
	a.number++
	for {
		part, err := a.in.ReadSlice('\n')
		text = append(text, part...)
		switch {
		case len(text) > a.most:
			return line{}, nil, a.wrong(fmt.Sprintf("it is longer than %d bytes", a.most))
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return line{}, text, io.EOF
		case err != nil:
			return line{}, nil, fmt.Errorf("export file: read: %w", err)
		}
		break
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return line{}, nil, a.wrong(err.Error())
	}
	if len(bytes.TrimSpace(text[dec.InputOffset():])) > 0 {
		return line{}, nil, a.wrong("something follows in it")
	}
	return l, text, nil
}
