package mesos

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	// recordStep is how much is read of a record before more memory is taken
	// for it: its length is a promise only.
	recordStep = 1 << 20
	// recordKeep is the largest buffer kept from one record to the next.
	recordKeep = 4 << 20
	// lengthDigits is how many digits a length may have.
	lengthDigits = 19
)

// records reads RecordIO, "<decimal length>\n<record>" over and over.
// See https://mesos.apache.org/documentation/latest/recordio/.
type records struct {
	r   *bufio.Reader
	max int
	buf []byte
}

func newRecords(r io.Reader, limit int) *records {
	return &records{r: bufio.NewReaderSize(r, 64<<10), max: limit}
}

// next returns a record, valid until the next call. The error is io.EOF between
// records, io.ErrUnexpectedEOF within one, ErrEventTooLarge or ErrProtocol.
func (rd *records) next() ([]byte, error) {
	n, err := rd.length()
	if err != nil {
		return nil, err
	}
	if cap(rd.buf) > recordKeep && n <= recordKeep {
		rd.buf = nil
	}
	rd.buf = rd.buf[:0]
	for len(rd.buf) < n {
		have := len(rd.buf)
		step := min(n-have, max(recordStep, have))
		rd.buf = slices.Grow(rd.buf, step)[:have+step]
		if _, err := io.ReadFull(rd.r, rd.buf[have:]); err != nil {
			return nil, inRecord(err)
		}
	}
	return rd.buf, nil
}

// length reads the line before a record.
func (rd *records) length() (int, error) {
	var n int64
	for digits := 0; ; digits++ {
		c, err := rd.r.ReadByte()
		switch {
		case err != nil && digits == 0:
			return 0, err
		case err != nil:
			return 0, inRecord(err)
		case c == '\n' && digits > 0:
			return int(n), nil
		case c < '0' || c > '9' || digits == lengthDigits:
			return 0, fmt.Errorf("%w: record length with %q", ErrProtocol, c)
		}
		// The limit is checked with each digit, so n cannot overflow.
		if n = n*10 + int64(c-'0'); n > int64(rd.max) {
			return 0, fmt.Errorf("%w of %d bytes", ErrEventTooLarge, rd.max)
		}
	}
}

// inRecord makes an end within a record one that was not expected.
func inRecord(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
