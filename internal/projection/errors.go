package projection

import (
	"errors"

	"github.com/milosgajdos/taurus/internal/fold"
)

var (
	// ErrUnlike is returned when old events cannot be told: the log gives others than
	// were folded. What was found is the Detail of the error that wraps it.
	ErrUnlike = fold.ErrUnlike
	// ErrNotYet is returned for a past that has not happened: a sequence beyond
	// the end of the log.
	ErrNotYet = errors.New("projection: the log has not come to this sequence")
	// ErrSelector is returned when a label selector cannot be read.
	ErrSelector = errors.New("projection: a label selector is k=v, k!=v or k, several joined by commas")
	// ErrState is returned for a word that is no state of a job.
	ErrState = errors.New("projection: no such state of a job")
)
