package commanding

import "errors"

var (
	// ErrConflict is answered when others were first again and again.
	ErrConflict = errors.New("the subject has moved on since the decision was made")
	// ErrOutcomeUnknown is answered to who gave up while something may be stored.
	ErrOutcomeUnknown = errors.New("it is not known whether the append was stored")
	// ErrNearlyFull is answered to submissions when the log is so full that only
	// stops are accepted.
	ErrNearlyFull = errors.New("the log is nearly full, so no jobs are accepted; stops are")
)
