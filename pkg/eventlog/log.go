package eventlog

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Message is an encoded event: subject, headers and data.
type Message = events.Message

// Record is a message as it stands in the log.
type Record struct {
	// Sequence is the position in the log, from 1 on. It is the one logical
	// clock: order by nothing else.
	Sequence uint64
	// Time is when the log took the message, in UTC. It may step back when
	// another server leads the log; domain time belongs into the message.
	Time time.Time
	Message
}

// Same reports whether two records are the same one, byte for byte.
func (r Record) Same(other Record) bool {
	return r.Sequence == other.Sequence && r.Time.Equal(other.Time) && r.Subject == other.Subject &&
		maps.Equal(r.Header, other.Header) && bytes.Equal(r.Data, other.Data)
}

// Log is a totally ordered log of messages. It is safe for concurrent use.
type Log interface {
	// Append stores entries and returns once they are durable.
	//
	// With an expectation in any entry it is all or nothing: the entries get
	// contiguous sequences, or an error and none. Expectations are checked
	// against the log before the call, so only the first entry of a subject
	// may carry one, and at most MaxBatch entries go at once.
	//
	// An expectation that does not hold is never accepted. One that would hold
	// may still be refused with ErrConflict while another append to its
	// subject is under way: keep at most one in flight per subject.
	//
	// Facts only: each stands for itself, any number goes, and on an error a
	// part may be stored. Entries of one subject keep their order.
	//
	// Errors: ErrConflict, ErrOutcomeUnknown, ErrUnavailable, ErrFull,
	// ErrTooLarge, ErrInvalid, ErrClosed, or the context's before anything was
	// sent.
	Append(ctx context.Context, entries ...Entry) (Receipt, error)

	// Read yields the records from sequence `from` on (0 is read as 1), in
	// order and unfiltered, and ends after `to`. With `to` 0 it follows until
	// ctx ends; a `to` that is not there yet is waited for. An error is yielded
	// once, with a zero Record, and ends the sequence: *GapError, *ChangedError,
	// *TruncatedError, ErrUnavailable, ErrClosed or the context's. What was
	// yielded is the caller's to keep, but not to change.
	Read(ctx context.Context, from, to uint64) iter.Seq2[Record, error]

	// Bounds returns what the log keeps, as its leader knows it: every append
	// acknowledged before the call is within.
	Bounds(ctx context.Context) (Bounds, error)

	// SequenceAt returns the last sequence whose Time is not after t, 0 if
	// there is none.
	SequenceAt(ctx context.Context, t time.Time) (uint64, error)

	// Close releases what the log holds. Reads end with ErrClosed.
	Close() error
}

// Receipt says where entries were stored. With an expectation among them they
// fill First to Last; facts may have records of others between them.
type Receipt struct {
	First, Last uint64
}

// Bounds are the first and the last sequence of a log. Last is 0 if nothing was
// ever appended; First is Last+1 if nothing is kept.
type Bounds struct {
	First, Last uint64
}

// Counted is implemented by logs that know how many records they hold: fewer than their
// bounds tell of say that there are holes between them.
type Counted interface {
	// Count returns how many records there are from the first to the last.
	Count(ctx context.Context) (uint64, error)
}

// Usage is how much of its space a log has used, in bytes. MaxBytes is 0 where
// there is no limit.
type Usage struct {
	Bytes, MaxBytes uint64
}

// Share returns the used part of the space, 0 where there is no limit.
func (u Usage) Share() float64 {
	if u.MaxBytes == 0 {
		return 0
	}

	return float64(u.Bytes) / float64(u.MaxBytes)
}

// Sized is implemented by logs whose space is limited.
type Sized interface {
	// Usage returns the space used and its limit.
	Usage(ctx context.Context) (Usage, error)
}
