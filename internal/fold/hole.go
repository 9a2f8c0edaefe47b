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

// acceptedHole returns nil if the log says that a hole was accepted, a *HoleError if
// it does not, or why it cannot be read.
func acceptedHole(ctx context.Context, log eventlog.Log, h hole, cause error) error {
	found, err := accepted(ctx, log, h.to+1, func(l events.LossAccepted) bool { return l.From <= h.from && h.to <= l.To })
	if err != nil {
		return err
	}
	if !found {
		return &HoleError{From: h.from, To: h.to, Err: cause}
	}
	return nil
}

// accepted looks in what a log holds from a sequence on for a loss that was
// accepted and fits. Other holes on the way are passed over.
func accepted(ctx context.Context, log eventlog.Log, from uint64, fits func(events.LossAccepted) bool) (bool, error) {
	bounds, err := log.Bounds(ctx)
	if err != nil {
		return false, err
	}
	for next := from; next <= bounds.Last; {
		var ended error
		for rec, err := range log.Read(ctx, next, bounds.Last) {
			if err != nil {
				ended = err
				break
			}
			next = rec.Sequence + 1
			if loss, ok := lossOf(rec); ok && fits(loss) {
				return true, nil
			}
		}
		h, ok := holeOf(ended, next)
		switch {
		case ok:
			next = h.to + 1
		default:
			return false, ended
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
