package fold

import (
	"context"
	"errors"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// hole is a range of records that the log lacks although it has later ones.
type hole struct{ from, to uint64 }

// holeOf tells whether reading ended at a hole, when next was to come.
func holeOf(err error, next uint64) (hole, bool) {
	var gap *eventlog.GapError
	var truncated *eventlog.TruncatedError
	switch {
	case errors.As(err, &gap) && gap.Got > gap.Want:
		return hole{gap.Want, gap.Got - 1}, true
	case errors.As(err, &truncated) && truncated.First > next:
		return hole{next, truncated.First - 1}, true
	}
	return hole{}, false
}

// losses are what a log says was lost, and accepted. They stand behind what they are
// about, so a fold looks ahead for them; what it has looked at once it remembers, or a log
// of many holes would be read to its end for each.
type losses struct {
	log eventlog.Log
	// through is the last sequence that was looked at.
	through uint64
	found   []acceptance
}

// acceptance is one of them, and where it stands.
type acceptance struct{ at, from, to uint64 }

// hole returns nil if the log says that a hole was accepted, a *HoleError if it does
// not, or why it cannot be read.
func (l *losses) hole(ctx context.Context, h hole, cause error) error {
	found, err := l.accepted(ctx, h.to+1, func(a acceptance) bool { return a.from <= h.from && h.to <= a.to })
	if err != nil {
		return err
	}
	if !found {
		return &HoleError{From: h.from, To: h.to, Err: cause}
	}
	return nil
}

// accepted looks in what the log holds from a sequence on for a loss that was
// accepted and fits. It is asked with sequences that only grow.
func (l *losses) accepted(ctx context.Context, from uint64, fits func(acceptance) bool) (bool, error) {
	for _, a := range l.found {
		if a.at >= from && fits(a) {
			return true, nil
		}
	}
	bounds, err := l.log.Bounds(ctx)
	if err != nil {
		return false, err
	}
	for next := max(from, l.through+1); next <= bounds.Last; {
		found, err := l.look(ctx, next, bounds.Last, fits)
		if found {
			return true, nil
		}
		next = max(next, l.through+1)
		h, ok := holeOf(err, next)
		if !ok {
			return false, err
		}
		next = h.to + 1 // Another hole, on the way.
	}
	return false, nil
}

// look goes through a range of the log up to a loss that fits, and reports whether there
// is one. The error is why it got no further.
func (l *losses) look(ctx context.Context, from, to uint64, fits func(acceptance) bool) (bool, error) {
	for rec, err := range l.log.Read(ctx, from, to) {
		if err != nil {
			return false, err
		}
		l.through = rec.Sequence
		loss, ok := lossOf(rec)
		if !ok {
			continue
		}
		a := acceptance{rec.Sequence, loss.From, loss.To}
		l.found = append(l.found, a)
		if fits(a) {
			return true, nil
		}
	}
	return false, nil
}

// lossOf is the acceptance that a record is, if it is one that can be trusted.
func lossOf(rec eventlog.Record) (events.LossAccepted, bool) {
	if rec.Subject != events.LogSubject || events.CheckSum(rec.Message) != nil {
		return events.LossAccepted{}, false
	}
	_, ev, err := events.Decode(rec.Message)
	loss, ok := ev.(events.LossAccepted)
	return loss, ok && err == nil
}
