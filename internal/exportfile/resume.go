package exportfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// OtherError says that a file is an export of another log.
type OtherError struct{ Got, Want Header }

// Error says which.
func (e *OtherError) Error() string {
	return fmt.Sprintf("it is an export of stream %s with %d partitions from sequence %d on, not of %s with %d from %d on",
		e.Got.Stream, e.Got.Partitions, e.Got.From, e.Want.Stream, e.Want.Partitions, e.Want.From)
}

// Resume goes on with a file, or begins it if it is empty: each item in it is given to
// seen, which may refuse it, and what follows the last whole one is cut off. Before that
// goOn is asked, which may refuse too: until then nothing of the file is changed. The file
// must be open for reading and writing.
func Resume(f *os.File, h Header, seen func(Item) error, goOn func() error) (*Writer, error) {
	h.From = max(h.From, 1)
	if hardly, err := hardlyBegun(f, h); err != nil {
		return nil, err
	} else if hardly {
		return begin(f, h)
	}
	r, err := NewReader(f)
	if err != nil {
		return nil, err
	}
	if r.Header() != h {
		return nil, &OtherError{Got: r.Header(), Want: h}
	}
	for item, err := range r.Items() {
		if errors.Is(err, ErrUnfinished) {
			break
		}
		if err == nil {
			err = seen(item)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := goOn(); err != nil {
		return nil, err
	}
	if err := cut(f, r.offset); err != nil {
		return nil, err
	}
	return r.writer(f), nil
}

// hardlyBegun reports whether a file is empty, or has a part of its first line only, as a
// full disk leaves it.
func hardlyBegun(f *os.File, h Header) (bool, error) {
	first, err := encode(h.line())
	if err != nil {
		return false, err
	}
	b := make([]byte, len(first)+1)
	n, err := f.ReadAt(b, 0)
	switch {
	case errors.Is(err, io.EOF):
		return bytes.HasPrefix(first, b[:n]), nil
	case err != nil:
		return false, fmt.Errorf("export file: read: %w", err)
	}
	return false, nil
}

func begin(f *os.File, h Header) (*Writer, error) {
	if err := cut(f, 0); err != nil {
		return nil, err
	}
	return NewWriter(f, h)
}

// cut has a file end, and be written on, at an offset.
func cut(f *os.File, offset int64) error {
	if err := f.Truncate(offset); err != nil {
		return fmt.Errorf("export file: %w", err)
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return fmt.Errorf("export file: %w", err)
	}
	return nil
}
