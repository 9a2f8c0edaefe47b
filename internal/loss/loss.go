package loss

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// SkipMax is how many sequences beyond the end of a log may be skipped at once.
const SkipMax = 1_000_000

// skipBatch is how many of them are appended at once.
const skipBatch = 500

var (
	// ErrRange is returned for a range that is none.
	ErrRange = errors.New("a range goes from a sequence, 1 or more, to one that is not before it")
	// ErrReason is returned where it is not said why.
	ErrReason = errors.New("the reason is missing: it is kept in the log for ever")
	// ErrThere is returned, as [ThereError], for a range of which something is there and
	// whole.
	ErrThere = errors.New("there is nothing lost to accept")
	// ErrFar is returned for a range that ends too far beyond the end of the log.
	ErrFar = fmt.Errorf("more than %d sequences beyond the end of the log would be skipped: look at --to again", SkipMax)
	// ErrApart is returned for a range that begins behind the end of the log: what is
	// between would be skipped, and nobody would have accepted that.
	ErrApart = errors.New("the range does not begin where the log ends")
	// ErrUnfit is returned for an acceptance that every fold would reject.
	ErrUnfit = errors.New("no service would take the acceptance")
)

// ThereError says which of a range is there and whole.
type ThereError struct {
	Asked, There exportfile.Range
	// Lost are the ranges that are not.
	Lost []exportfile.Range
}

// Error says what could be accepted instead.
func (e *ThereError) Error() string {
	text := fmt.Sprintf("%v: of %s, %s is there and nothing is wrong with it", ErrThere, e.Asked, e.There)
	if len(e.Lost) == 0 {
		return text + "; `taurus log check` finds nothing that is lost"
	}
	text += "; what is lost:"
	for _, r := range e.Lost {
		text += fmt.Sprintf(" --from %d --to %d", r.From, r.To)
	}
	return text
}

// Unwrap returns ErrThere.
func (e *ThereError) Unwrap() error { return ErrThere }

// Acceptance is what is to be accepted, by whom and why.
type Acceptance struct {
	exportfile.Range
	Reason string
	// Actor is the operator, Source the program.
	Actor, Source string
}

// Done is what became of an acceptance.
type Done struct {
	// Sequence is that of the LossAccepted; Before reports whether it was there already.
	Sequence uint64 `json:"sequence"`
	Before   bool   `json:"before,omitzero"`
	// Skipped is how many sequences were skipped.
	Skipped uint64 `json:"skipped"`
}

// Check returns why an acceptance makes no sense for a log that was found to be as the
// report says, whose last sequence is last: ErrRange, ErrReason, ErrUnfit, *ThereError,
// ErrApart or ErrFar.
func (a Acceptance) Check(r examine.Report, last uint64) error {
	switch {
	case a.From == 0 || a.To < a.From:
		return ErrRange
	case a.Reason == "":
		return ErrReason
	case a.before(r) != nil:
		return nil
	}
	if err := a.fits(); err != nil {
		return err
	}
	lost := []exportfile.Range{}
	for _, p := range r.Problems {
		if p.Lost() {
			lost = append(lost, p.Range)
		}
	}
	if there, ok := whole(a.Range, lost, last); ok {
		return &ThereError{Asked: a.Range, There: there, Lost: lost}
	}
	switch {
	case a.From > last && a.From-last > 1:
		return fmt.Errorf("%w: it ends at %d; give --from %d", ErrApart, last, last+1)
	case a.To > last && a.To-last > SkipMax:
		return ErrFar
	}
	return nil
}

// fits returns why no log, or no fold, takes the acceptance. It is written for ever, so
// it is tried before.
func (a Acceptance) fits() error {
	m, err := a.message("loss", time.Time{}, events.LossAccepted{From: a.From, To: a.To, Reason: a.Reason})
	if err == nil {
		err = eventlog.Check([]eventlog.Entry{eventlog.Fact(m)})
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	r, err := cluster.Decode(events.Space{}, 1, time.Time{}, m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	if r.Rejection != "" {
		return fmt.Errorf("%w: %s", ErrUnfit, r.Rejection)
	}
	return nil
}

// whole finds the first part of a range that is there and in none of the lost ones, which
// are in order.
func whole(r exportfile.Range, lost []exportfile.Range, last uint64) (exportfile.Range, bool) {
	next := r.From
	for _, l := range lost {
		if l.From <= next && next <= l.To {
			next = l.To + 1
		}
	}
	if next > r.To || next > last {
		return exportfile.Range{}, false
	}
	end := min(r.To, last)
	for _, l := range lost {
		if l.From > next {
			end = min(end, l.From-1)
		}
	}
	return exportfile.Range{From: next, To: end}, true
}

// Accept writes an acceptance into a log, which must have been checked. What was
// accepted before is not written again.
func Accept(ctx context.Context, log eventlog.Log, a Acceptance, r examine.Report, now func() time.Time) (Done, error) {
	if l := a.before(r); l != nil {
		return Done{Sequence: l.Sequence, Before: true}, nil
	}
	skipped, err := a.skip(ctx, log, now)
	if err != nil {
		return Done{}, err
	}
	m, err := a.message(fmt.Sprintf("loss/%d-%d", a.From, a.To), now(), events.LossAccepted{From: a.From, To: a.To, Reason: a.Reason})
	if err != nil {
		return Done{}, err
	}
	receipt, err := log.Append(ctx, eventlog.Fact(m))
	if err != nil {
		return Done{}, fmt.Errorf("accept the loss: %w", err)
	}
	return Done{Sequence: receipt.Last, Skipped: skipped}, nil
}

// before is the acceptance of all of the range that is in the log already, nil if none is.
func (a Acceptance) before(r examine.Report) *examine.Loss {
	for i := range r.Losses {
		if l := &r.Losses[i]; l.From <= a.From && a.To <= l.To {
			return l
		}
	}
	return nil
}

// skip appends until the log reaches to the end of the range.
func (a Acceptance) skip(ctx context.Context, log eventlog.Log, now func() time.Time) (skipped uint64, err error) {
	for {
		bounds, err := log.Bounds(ctx)
		if err != nil {
			return skipped, fmt.Errorf("skip lost sequences: %w", err)
		}
		if bounds.Last >= a.To {
			return skipped, nil
		}
		var batch []eventlog.Entry
		for n := bounds.Last + 1; n <= a.To && len(batch) < skipBatch; n++ {
			m, err := a.message(fmt.Sprintf("skipped/%d", n), now(), events.SequenceSkipped{To: a.To})
			if err != nil {
				return skipped, err
			}
			batch = append(batch, eventlog.Fact(m))
		}
		if _, err := log.Append(ctx, batch...); err != nil {
			return skipped, fmt.Errorf("skip lost sequences: %w", err)
		}
		skipped += uint64(len(batch))
	}
}

func (a Acceptance) message(id string, now time.Time, ev events.Event) (events.Message, error) {
	return events.Encode(events.LogSubject, events.Envelope{ID: id, Source: a.Source, Time: now.UTC(), Actor: a.Actor}, ev)
}
