package chain

import (
	"errors"
	"fmt"
)

// ErrBroken is returned, as [BrokenError], for a seal that the records do not fit.
var ErrBroken = errors.New("the log is not the one that was sealed")

// ErrOrder is returned for a record that is not the next one.
var ErrOrder = errors.New("record out of order in the chain")

// BrokenError says which seal does not fit, and in which records the cause is.
type BrokenError struct {
	// Seal is the sequence of the seal, Through the last one that its hash is over.
	Seal, Through uint64
	// Good is the last sequence known to be as it was sealed; 0 if none is.
	Good uint64
	// Want is the hash that the seal says, Got that of the records.
	Want, Got Hash
}

// From and To are the range that holds what was changed.
func (e *BrokenError) From() uint64 { return e.Good + 1 }

// To is the end of the range, included: of a seal of what was to come, the seal.
func (e *BrokenError) To() uint64 { return min(e.Through, e.Seal) }

// Error names the seal and the range.
func (e *BrokenError) Error() string {
	good := "no seal before it fits"
	if e.Good != 0 {
		good = fmt.Sprintf("up to %d it is", e.Good)
	}
	return fmt.Sprintf("%v: the seal at sequence %d says %.12s of the records up to %d, they give %.12s; %s: a record of %d..%d was changed, or is of another log",
		ErrBroken, e.Seal, e.Want, e.Through, e.Got, good, e.From(), e.To())
}

// Unwrap returns ErrBroken.
func (e *BrokenError) Unwrap() error { return ErrBroken }
