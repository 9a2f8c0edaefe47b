package archive

import (
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
// seen, which may refuse it, and what follows the last whole one is cut off. The file
// must be open for reading and writing.
func Resume(f *os.File, h Header, seen func(Item) error) (*Writer, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	if info.Size() == 0 {
		return NewWriter(f, h)
	}
	r, err := NewReader(f)
	if err != nil {
		return nil, err
	}
	if h.From = max(h.From, 1); r.Header() != h {
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
	if err := f.Truncate(r.offset); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	if _, err := f.Seek(r.offset, io.SeekStart); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return r.writer(f), nil
}
