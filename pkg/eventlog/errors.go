package eventlog

import (
	"errors"
	"fmt"
)

var (
	// ErrConflict is returned when an expectation did not hold: the subject has
	// another last sequence than the decision was made on, or another append
	// to the same subject is under way. Nothing was stored. Fold what came and
	// decide again.
	ErrConflict = errors.New("eventlog: the subject has moved on since the decision was made")

	// ErrOutcomeUnknown is returned when the answer to an append was lost: it
	// may have been stored. Follow the log to learn which; an append of the
	// same decision again is safe, as its expectation holds at most once.
	ErrOutcomeUnknown = errors.New("eventlog: it is not known whether the append was stored")

	// ErrStuck comes with ErrOutcomeUnknown when no append is answered while the log
	// can be read: its server met a disk that was full or failed, and takes nothing
	// more before it is started anew. What was acknowledged is there.
	ErrStuck = errors.New("eventlog: the log can be read, and takes nothing: the disk of its server was full or failed; " +
		"make room there, then restart nats-server")

	// ErrUnavailable is returned when the log cannot be reached or has no
	// leader. Nothing was stored, but for facts that stand for themselves.
	ErrUnavailable = errors.New("eventlog: the log is unavailable")

	// ErrFull is returned, mostly as [FullError], when there is no room for more.
	ErrFull = errors.New("eventlog: the log is full")

	// ErrTooLarge is returned when a message or a batch exceeds a limit, which
	// the message of the error names.
	ErrTooLarge = errors.New("eventlog: too large")

	// ErrInvalid is returned when an entry can never be appended as it is.
	ErrInvalid = errors.New("eventlog: invalid entry")

	// ErrGap is returned, as [GapError], when sequences are missing from the log.
	ErrGap = errors.New("eventlog: records are missing")

	// ErrChanged is returned, as [ChangedError], when the log has another record where
	// one was read before.
	ErrChanged = errors.New("eventlog: a record is another than it was")

	// ErrTruncated is returned, as [TruncatedError], when reading starts below
	// the first sequence that the log still keeps.
	ErrTruncated = errors.New("eventlog: the log no longer keeps this sequence")

	// ErrNoLog is returned when the store is there and the log is not: nobody has
	// made it yet, or it was deleted. Waiting does not bring it back.
	ErrNoLog = errors.New("eventlog: there is no such log")

	// ErrClosed is returned after Close.
	ErrClosed = errors.New("eventlog: closed")

	// ErrStopped is returned by [Follower.WaitFor] when the follower no longer
	// runs, so that the sequence waited for will not come.
	ErrStopped = errors.New("eventlog: the follower has stopped")

	// ErrLeaseTaken is returned when a lease is held by someone else, or when
	// one's own has run out.
	ErrLeaseTaken = errors.New("eventlog: the lease is not ours")
)

// GapError says that the log lacks records it should have, as it does after
// disk rot on a replica, or after a power failure without sync_interval always.
// It wraps [ErrGap].
type GapError struct {
	// Want is the sequence that should have come, Got the one that came. Got
	// is less where the log now ends before what was read of it.
	Want, Got uint64
	// Tail reports whether Want is the first of those at the log's end that it counts
	// and cannot read: then nothing came, and Got is where the next append goes.
	Tail bool
}

// Error names the missing range.
func (e *GapError) Error() string {
	if e.Got < e.Want {
		return fmt.Sprintf("%v: read up to %d, but the log ends at %d; it was replaced, or lost its end", ErrGap, e.Want-1, e.Got-1)
	}

	if e.Tail {
		return fmt.Sprintf("%v: the log says that it ends at %d, and nothing from %d on can be read: its end was cut off or damaged on disk; "+
			"bring it back from a backup or another replica", ErrGap, e.Got-1, e.Want)
	}

	return fmt.Sprintf("%v: expected sequence %d, got %d; read the range %d..%d from the mirror or from another replica",
		ErrGap, e.Want, e.Got, e.Want, e.Got-1)
}

// Unwrap returns ErrGap.
func (e *GapError) Unwrap() error { return ErrGap }

// ChangedError says that a log which was away came back with another record where one
// was read: it lost its end, and has grown since. It wraps [ErrChanged].
type ChangedError struct {
	// Sequence is that of the record.
	Sequence uint64
}

// Error names the sequence.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%v: that at sequence %d; the log lost its end and has grown since, or was replaced", ErrChanged, e.Sequence)
}

// Unwrap returns ErrChanged.
func (e *ChangedError) Unwrap() error { return ErrChanged }

// Limit is one of what a log can fill.
type Limit string

// The limits of a log.
const (
	// LimitLog is that of the log itself.
	LimitLog Limit = "log"
	// LimitAccount is that of the account which the log belongs to.
	LimitAccount Limit = "account"
	// LimitServer is that of the server which keeps the log.
	LimitServer Limit = "server"
)

// FullError says which limit is reached. Nothing was stored. It wraps [ErrFull].
type FullError struct {
	Limit Limit
	// Cause is what the server said; it may be nil.
	Cause error
}

// Error names the limit and what to do about it.
func (e *FullError) Error() string {
	mend := "raise its limit (taurus log resize)"
	switch e.Limit {
	case LimitAccount:
		mend = "the account it belongs to has reached its limit of storage: raise that"
	case LimitServer:
		mend = "the server that keeps it has reached its limit of storage: raise max_file_store (--max-store)"
	case LimitLog:
	}
	if e.Cause == nil {
		return fmt.Sprintf("%v: %s", ErrFull, mend)
	}

	return fmt.Sprintf("%v: %s: %v", ErrFull, mend, e.Cause)
}

// Unwrap returns ErrFull, and the cause if there is one.
func (e *FullError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrFull}
	}

	return []error{ErrFull, e.Cause}
}

// TruncatedError says that reading must start at First or later; what lies
// before is elsewhere, if anywhere. It wraps [ErrTruncated].
type TruncatedError struct {
	// First is the first sequence that can be read.
	First uint64
}

// Error names the first sequence there is.
func (e *TruncatedError) Error() string {
	return fmt.Sprintf("%v: the first sequence kept is %d", ErrTruncated, e.First)
}

// Unwrap returns ErrTruncated.
func (e *TruncatedError) Unwrap() error { return ErrTruncated }
