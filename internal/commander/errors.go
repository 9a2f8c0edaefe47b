package commander

import (
	"errors"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// ErrNearlyFull is returned for submissions and for scaling up when the log is so full
// that only stops are accepted.
var ErrNearlyFull = commanding.ErrNearlyFull

// known says an error of the core in the words of the log, which the core does
// not know.
func known(err error) error {
	for _, pair := range [][2]error{
		{commanding.ErrOutcomeUnknown, eventlog.ErrOutcomeUnknown},
		{commanding.ErrConflict, eventlog.ErrConflict},
		{commanding.ErrFull, eventlog.ErrFull},
	} {
		if errors.Is(err, pair[0]) {
			return &logError{is: pair[1], text: pair[1].Error() + strings.TrimPrefix(err.Error(), pair[0].Error()), err: err}
		}
	}
	return err
}

// logError is an error that is one of eventlog's.
type logError struct {
	is   error
	text string
	err  error
}

// Error is the text of err in the words of is.
func (e *logError) Error() string { return e.text }

// Unwrap is both.
func (e *logError) Unwrap() []error { return []error{e.is, e.err} }
