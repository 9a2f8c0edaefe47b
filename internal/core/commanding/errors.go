package commanding

import "errors"

var (
	// ErrConflict is answered when others were first again and again.
	ErrConflict = errors.New("the subject has moved on since the decision was made")
	// ErrOutcomeUnknown is answered to who gave up while something may be stored.
	ErrOutcomeUnknown = errors.New("it is not known whether the append was stored")
	// ErrRejected is answered when the fold passed over what was stored: an error of
	// this program, or another wrote in its name.
	ErrRejected = errors.New("it is stored, and rejected by whoever folds the log")
	// ErrNearlyFull is answered to submissions when the log is so full that only
	// stops are accepted.
	ErrNearlyFull = errors.New("the log is nearly full, so no jobs are accepted; stops are")
)
