package projection

import "context"

// feedChunk is how many events one who follows is given at once, or how many are
// looked at for that.
const feedChunk = 256

// Piece is what one who follows is given at once.
type Piece struct {
	Events []Event
	// Next is where to go on; what lies before it was looked at.
	Next uint64
	// Changed is nil while there is more at once, and otherwise closed when there is.
	Changed <-chan struct{}
}

// Piece returns folded events that filter chooses from sequence from on (0 is read as
// 1): the next few of them, until they have most bytes, the one that is too many
// with them. Who follows asks for the next piece once it has done with this, so
// nothing is held for it but that. What is no longer at hand is read from the log; the
// error may be eventlog.ErrTruncated.
func (p *Projection) Piece(ctx context.Context, from uint64, filter Filter, most int) (Piece, error) {
	from = max(from, 1)
	piece, first, held := p.feed.since(from, filter, most)
	if held {
		return piece, nil
	}
	if filter.Job == "" {
		return p.old(ctx, filter, from, min(first-1, from+feedChunk-1), most)
	}
	// Of one job only what is about it is read.
	list, next, err := p.jobEvents(ctx, filter.Job, from, first-1, feedChunk, most)
	if next == 0 {
		next = first
	}
	piece = Piece{Next: next}
	for _, ev := range list {
		if filter.Matches(ev) {
			piece.Events = append(piece.Events, ev)
		}
	}
	return piece, err
}
