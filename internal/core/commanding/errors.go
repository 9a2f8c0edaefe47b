package commanding

import (
	"errors"
	"fmt"
)

var (
	// ErrConflict is answered when others were first again and again.
	ErrConflict = errors.New("the subject has moved on since the decision was made")
	// ErrOutcomeUnknown is answered to who gave up while something may be stored.
	ErrOutcomeUnknown = errors.New("it is not known whether the append was stored")
	// ErrRejected is answered when the fold passed over what was stored: an error of
	// this program, or another wrote in its name.
	ErrRejected = errors.New("it is stored, and rejected by whoever folds the log")
	// ErrNearlyFull is answered, as FullError, to submissions and to scaling up when
	// the log is so full that only stops are accepted.
	ErrNearlyFull = errors.New("the log is nearly full, so no jobs are accepted; stops are")
	// ErrForbidden is answered, as ForbiddenError, to what the policy forbids.
	ErrForbidden = errors.New("the policy forbids what the job asks for")
	// ErrFull is answered, as FullError, to a stop for whose consequences the log has no
	// space, and to what can wait.
	ErrFull = errors.New("the log is full")
)

// FullError says how full the log is. It is an ErrNearlyFull for what would begin
// something, and otherwise an ErrFull.
type FullError struct {
	// Bytes are used of MaxBytes, and Reserved kept for the ends of what lives.
	Bytes, MaxBytes, Reserved uint64
	Begins                    bool
}

// Error says how full the log is and what to do about it.
func (e *FullError) Error() string {
	return fmt.Sprintf("%v: %s. Raise its limit with `taurus log resize`", e.Unwrap(), Fullness(e.Bytes, e.MaxBytes, e.Reserved))
}

// Detail is what users are told.
func (e *FullError) Detail() string { return e.Error() + "; nothing was stored." }

// Unwrap returns ErrNearlyFull or ErrFull.
func (e *FullError) Unwrap() error {
	if e.Begins {
		return ErrNearlyFull
	}
	return ErrFull
}

// Fullness says how full a log is that has a limit.
func Fullness(used, limit, reserved uint64) string {
	const mib = 1 << 20
	return fmt.Sprintf("%d %% of %.1f MiB are used, and %.1f MiB are reserved for the ends of what lives",
		100*used/max(limit, 1), float64(limit)/mib, float64(reserved)/mib)
}
