package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// MaxRecord is the longest record a Reader takes, in bytes. Offers of ten
// thousand agents are about four mebibytes.
const MaxRecord = 256 << 20

// recordStep is how much is read of a record before more memory is taken for it:
// its length is a promise only.
const recordStep = 1 << 20

// maxHeader is the longest decimal length that is read before giving up.
const maxHeader = 20

// Frame returns one record in RecordIO framing: its decimal length, a line
// feed, and the bytes.
func Frame(record []byte) []byte {
	out := strconv.AppendInt(make([]byte, 0, len(record)+maxHeader), int64(len(record)), 10)
	out = append(out, '\n')
	return append(out, record...)
}

// RecordReader reads RecordIO.
type RecordReader struct {
	r *bufio.Reader
}

// NewRecordReader reads records from r.
func NewRecordReader(r io.Reader) *RecordReader {
	return &RecordReader{r: bufio.NewReader(r)}
}

// Next returns the next record. It returns io.EOF at the end of the stream
// between records, and io.ErrUnexpectedEOF within one.
func (r *RecordReader) Next() ([]byte, error) {
	n, err := r.length()
	if err != nil {
		return nil, err
	}
	var buf []byte
	for len(buf) < n {
		have := len(buf)
		step := min(n-have, max(recordStep, have))
		buf = slices.Grow(buf, step)[:have+step]
		if _, err := io.ReadFull(r.r, buf[have:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return buf, nil
}

func (r *RecordReader) length() (int, error) {
	var digits strings.Builder
	for digits.Len() <= maxHeader {
		b, err := r.r.ReadByte()
		if err != nil {
			if digits.Len() > 0 && errors.Is(err, io.EOF) {
				return 0, io.ErrUnexpectedEOF
			}
			return 0, err
		}
		if b != '\n' {
			digits.WriteByte(b)
			continue
		}
		n, err := strconv.ParseUint(digits.String(), 10, 63)
		if err != nil {
			return 0, fmt.Errorf("%w: %q", ErrRecordHeader, digits.String())
		}
		if n > MaxRecord {
			return 0, fmt.Errorf("%w: %d bytes of %d", ErrRecordTooLong, n, MaxRecord)
		}
		return int(n), nil
	}
	return 0, fmt.Errorf("%w: %q", ErrRecordHeader, digits.String())
}
