package fold

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"iter"
	"slices"
	"sync"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// segmentMax is of how many records a segment of a trail is at most.
const segmentMax = 4096

// Trail remembers of every record that was folded four bytes, by which it is told from
// any other when the log is read again: of several servers any may answer that, also one
// whose disk has another log's records, and their sums are valid. A seal would tell of
// whole ranges only, behind the last one of nothing, and not of a record that is read
// alone.
//
// The bytes are a hash under a key that is drawn for each trail and never leaves it. So
// four are enough: nobody can look for a record that would pass for another, and by
// chance one in four billion does. What was folded has itself been held against the
// seals and the mark; what was lost, or changed, and accepted, is not looked at again.
//
// It is safe for concurrent use.
type Trail struct {
	key maphash.Seed

	mu       sync.RWMutex
	segments []segment
}

// segment is of records without a hole between them.
type segment struct {
	first  uint64
	prints []uint32
}

// end is behind the last record.
func (s segment) end() uint64 { return s.first + uint64(len(s.prints)) }

// NewTrail returns the trail of a log before its first record.
func NewTrail() *Trail { return &Trail{key: maphash.MakeSeed()} }

// Note adds the next record that is folded. It is called before anyone is told that
// the record is there.
func (t *Trail) Note(r *cluster.Record) {
	p := t.print(r)
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.segments) - 1
	switch {
	case n < 0 || t.segments[n].end() != r.Sequence:
		t.segments = append(t.segments, segment{first: r.Sequence})
		n++
	case len(t.segments[n].prints) == segmentMax:
		t.segments = append(t.segments, segment{first: r.Sequence, prints: make([]uint32, 0, segmentMax)})
		n++
	}
	t.segments[n].prints = append(t.segments[n].prints, p)
}

func (t *Trail) print(r *cluster.Record) uint32 {
	var b [8 + 8 + len(r.Sum)]byte
	binary.BigEndian.PutUint64(b[:], r.Sequence)
	binary.BigEndian.PutUint64(b[8:], uint64(r.Time.UnixNano()))
	copy(b[16:], r.Sum[:])
	return uint32(maphash.Bytes(t.key, b[:]))
}

// find returns the place of the segment that has a sequence or, if none has, of the
// first one behind it. The lock must be held.
func (t *Trail) find(sequence uint64) int {
	n, _ := slices.BinarySearchFunc(t.segments, sequence, func(s segment, sequence uint64) int {
		if s.end() <= sequence {
			return -1
		}
		return 1
	})
	return n
}

// knows returns what is remembered of a record, false if it was not folded.
func (t *Trail) knows(sequence uint64) (uint32, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := t.find(sequence)
	if n == len(t.segments) || sequence < t.segments[n].first {
		return 0, false
	}
	return t.segments[n].prints[sequence-t.segments[n].first], true
}

// From returns the first record that was folded from a sequence on, 0 if there is none.
func (t *Trail) From(sequence uint64) uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := t.find(sequence)
	if n == len(t.segments) {
		return 0
	}
	return max(sequence, t.segments[n].first)
}

// UpTo returns the last record that was folded up to a sequence, 0 if there is none.
func (t *Trail) UpTo(sequence uint64) uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := t.find(sequence)
	switch {
	case n < len(t.segments) && t.segments[n].first <= sequence:
		return sequence
	case n > 0:
		return t.segments[n-1].end() - 1
	}
	return 0
}

// Read reads what was folded of a log again, whose subjects are those of space, from
// one sequence up to another. It gives no record but those that were folded, and all of
// them: it ends with an *UnlikeError where the log gives another, or none. What was lost,
// and accepted, is passed over; what is not folded yet is not read. Of what the log says
// itself that it no longer keeps the error is its *eventlog.TruncatedError.
func (t *Trail) Read(ctx context.Context, log eventlog.Log, space events.Space, from, to uint64) iter.Seq2[cluster.Record, error] {
	return func(yield func(cluster.Record, error) bool) {
		r := rereading{trail: t, space: space, next: t.From(from), to: t.UpTo(to), yield: yield}
		for r.next != 0 && r.next <= r.to {
			if more, err := r.read(ctx, log); err != nil {
				yield(cluster.Record{}, err)
				return
			} else if !more {
				return
			}
		}
	}
}

// rereading is one reading of what was folded.
type rereading struct {
	trail *Trail
	space events.Space
	// last is the record given last, next the one to come; 0 if there is none.
	last, next, to uint64
	yield          func(cluster.Record, error) bool
}

// read reads up to the next hole, and reports whether there is more to read behind it.
func (r *rereading) read(ctx context.Context, log eventlog.Log) (more bool, err error) {
	var ended error
	at := r.next
	for rec, err := range log.Read(ctx, r.next, r.to) {
		if ended = err; err != nil {
			break
		}
		if at = rec.Sequence + 1; rec.Sequence < r.next {
			continue // It came back, and was lost when it was folded over.
		}
		if more, err := r.give(rec); err != nil || !more {
			return false, err
		}
	}
	h, holed := holeOf(ended, at)
	switch {
	case r.next == 0 || r.next > r.to:
		return false, nil
	case holed && h.to < r.next:
		return true, nil
	case ended == nil, errors.Is(ended, eventlog.ErrGap):
		return false, r.missing(h, ended)
	}
	return false, ended
}

// give hands on a record if it is the one that was folded.
func (r *rereading) give(rec eventlog.Record) (more bool, err error) {
	want, known := r.trail.knows(rec.Sequence)
	if !known || rec.Sequence != r.next {
		return false, r.missing(hole{r.next, rec.Sequence - 1}, nil)
	}
	decoded, err := cluster.Decode(r.space, rec.Sequence, rec.Time, rec.Message)
	if err != nil || r.trail.print(&decoded) != want {
		return false, &UnlikeError{From: rec.Sequence, To: rec.Sequence, Err: err}
	}
	if r.last != 0 {
		decoded.Missing = rec.Sequence - r.last - 1
	}
	r.last, r.next = rec.Sequence, r.trail.From(rec.Sequence+1)
	return r.yield(decoded, nil), nil
}

// missing says that the log lacks what was folded of it.
func (r *rereading) missing(h hole, ended error) error {
	to := r.to
	if h.to >= r.next && h.to < to {
		to = h.to
	}
	return &UnlikeError{From: r.next, To: to, Missing: true, Err: ended}
}
