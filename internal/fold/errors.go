package fold

import (
	"errors"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

var (
	// ErrNotCaughtUp is returned by a service's Ready while it still folds what the
	// log held when it started.
	ErrNotCaughtUp = errors.New("still replaying the log")
	// ErrStands is returned by a loop's Alive when it no longer turns.
	ErrStands = errors.New("the loop stands still")
	// ErrShort is returned, as [ShortError], when the log ends before what was folded
	// of it.
	ErrShort = errors.New("the log has become shorter")
	// ErrOther is returned, as [OtherError] or [ReplacedError], when the log is not the one
	// that was folded.
	ErrOther = errors.New("the log is not the one that was folded before")
	// ErrUnlike is returned, as [UnlikeError], when the log gives something else than was
	// folded of it.
	ErrUnlike = errors.New("the log gives something else than was folded of it")
)

// ShortError says that the log lost its end. Nothing was done on what is left of it.
type ShortError struct {
	// Folded is the last sequence that was folded, FoldedAt the log's time of it.
	Folded   uint64
	FoldedAt time.Time
	// Last is where the log ends now, LastAt its time; 0 for an empty log.
	Last   uint64
	LastAt time.Time
}

// Error says what is missing, since when, and the ways out.
func (e *ShortError) Error() string {
	ends := "it is empty now"
	if e.Last > 0 {
		ends = fmt.Sprintf("it ends at %d%s now", e.Last, of(e.LastAt))
	}
	return fmt.Sprintf("%v: it was folded here up to sequence %d%s, and %s, so %s; %s",
		ErrShort, e.Folded, of(e.FoldedAt), ends, missing(e.Last+1, e.Folded), waysOut("The log has become shorter", e.Last+1, e.Folded))
}

// Unwrap returns ErrShort.
func (e *ShortError) Unwrap() error { return ErrShort }

// OtherError says that the log has other records than those that were folded.
type OtherError struct {
	Mark mark.Mark
	// Got is the log's hash at the mark.
	Got chain.Hash
	// Good is the last sequence below the mark that a seal was found to be right about.
	Good uint64
	// Foreign reports whether even the first record is another.
	Foreign bool
}

// Error says what differs, since when, and the ways out.
func (e *OtherError) Error() string {
	if e.Foreign {
		return fmt.Sprintf("%v: even its first record is another, so this is another log than the one folded up to sequence %d%s: "+
			"look at --nats, --stream and --state-dir; if this service is to go over to this log, give it another --state-dir; see docs/operating.md, %q",
			ErrOther, e.Mark.Sequence, of(e.Mark.Time), "The log is another one")
	}
	return fmt.Sprintf("%v: up to sequence %d%s its hash was %.12s, and is %.12s now, so a record of %d..%d was changed; %s",
		ErrOther, e.Mark.Sequence, of(e.Mark.Time), e.Mark.Hash, e.Got, e.Good+1, e.Mark.Sequence,
		waysOut("The log is another one", e.Good+1, e.Mark.Sequence))
}

// Unwrap returns ErrOther.
func (e *OtherError) Unwrap() error { return ErrOther }

// ReplacedError says that the log lost its end while it was followed, and has grown since:
// another record stands where one was folded.
type ReplacedError struct {
	// Sequence is that of the record that was folded last, FoldedAt the log's time of it.
	Sequence uint64
	FoldedAt time.Time
	// Good is the last sequence below it that a seal was found to be right about.
	Good uint64
	// Err is what the log said.
	Err error
}

// Error says what differs, since when, and the ways out.
func (e *ReplacedError) Error() string {
	return fmt.Sprintf("%v: another record stands at sequence %d than the one that was folded%s, so the log lost its end and has grown since; %s: %v",
		ErrOther, e.Sequence, of(e.FoldedAt), waysOut("The log is another one", e.Good+1, e.Sequence), e.Err)
}

// Unwrap returns ErrOther, and what the log said.
func (e *ReplacedError) Unwrap() []error { return []error{ErrOther, e.Err} }

// UnlikeError says that a reading of the log is not what was folded. The fold goes on: it
// has been held against the seals.
type UnlikeError struct {
	// From and To are the records that are missing, or the one that is another.
	From, To uint64
	Missing  bool
	// Err is what the log said, if it said anything.
	Err error
}

// Error says what was found, and where that is explained.
func (e *UnlikeError) Error() string {
	text := fmt.Sprintf("%v: %s; see docs/operating.md, %q", ErrUnlike, e.found(), "A reading is not what was folded")
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Detail is the same for who asked for old events.
func (e *UnlikeError) Detail() string {
	return "Of what the log holds, " + e.found() + ", so none of it is told. Try again: another server may answer. " +
		"Who operates this finds what to do in docs/operating.md under \"A reading is not what was folded\"."
}

func (e *UnlikeError) found() string {
	if e.Missing {
		return missing(e.From, e.To) + " that were there"
	}
	return fmt.Sprintf("the record at sequence %d is another one than was there", e.From)
}

// Unwrap returns ErrUnlike, and what the log said.
func (e *UnlikeError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrUnlike}
	}
	return []error{ErrUnlike, e.Err}
}

// HoleError says that records are missing that nobody has accepted to be lost.
type HoleError struct {
	// From and To are the first and the last sequence missing.
	From, To uint64
	// Before is the time of the last record before them, zero if there is none.
	Before time.Time
	// Err is what the log said: a GapError, or a TruncatedError.
	Err error
}

// Error says what is missing, since when, and the ways out.
func (e *HoleError) Error() string {
	since := ""
	if !e.Before.IsZero() {
		since = "; the last record before is of " + e.Before.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("the log has a hole: %s%s; %s: %v", missing(e.From, e.To), since, waysOut("The log has a hole", e.From, e.To), e.Err)
}

// Unwrap returns what the log said.
func (e *HoleError) Unwrap() error { return e.Err }

// sealError is a broken seal with the ways out.
type sealError struct{ *chain.BrokenError }

func (e sealError) Error() string {
	return fmt.Sprintf("%v; %s", e.BrokenError, waysOut("A seal does not fit", e.From(), e.To()))
}

func (e sealError) Unwrap() error { return e.BrokenError }

// waysOut is how every message about a log that cannot be trusted ends.
func waysOut(page string, from, to uint64) string {
	return fmt.Sprintf("look at it with 'taurus log check'; of several NATS servers another may have the records and give them to the one that lost them, "+
		"otherwise restore the log ('taurus log restore'), and only where nobody has them go on without "+
		"('taurus log accept-loss --from %d --to %d --reason ...'); see docs/operating.md, %q", from, to, page)
}

func missing(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("%d is missing", from)
	}
	return fmt.Sprintf("%d..%d are missing", from, to)
}

func of(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " (of " + t.UTC().Format(time.RFC3339) + ")"
}
