package fold

import (
	"errors"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// Marks keep how far a service has folded. internal/mark has one on a disk.
type Marks interface {
	// Load returns the mark that was saved last, false if there is none.
	Load() (mark.Mark, bool, error)
	// Save keeps a mark; when it returns the mark survives the process.
	Save(m mark.Mark) error
}

// guard holds what is read of a log against its seals, and against the mark of
// what was folded before. What it finds of the latter it says once all that the log
// held at the start is read, since the acceptance of a loss may come last; nothing
// is done before.
type guard struct {
	chain *chain.Verifier
	// mark is what to hold the log against; marked reports whether there is one.
	mark    mark.Mark
	marked  bool
	decided bool
	// excused reports whether a loss was accepted, since the mark was made, that it is in.
	excused bool
	other   *OtherError
	lastAt  time.Time
}

// newGuard begins before the first record, or where a snapshot was held against the log, and
// against the mark.
func newGuard(marks Marks, at *beginning) (*guard, error) {
	g := &guard{chain: &chain.Verifier{}}
	if at != nil {
		g.chain, g.lastAt = at.chain, at.Time
	}
	if marks == nil {
		return g, nil
	}
	var err error
	g.mark, g.marked, err = marks.Load()
	return g, err
}

// admit takes in a record that comes next, and tells it the log's hash. The error is
// a *chain.BrokenError.
func (g *guard) admit(r *cluster.Record) error { return g.take(r, ofTheLog(r)) }

// admitUnsealed is admit for a seal that is to be passed over.
func (g *guard) admitUnsealed(r *cluster.Record) error { return g.take(r, nil) }

func (g *guard) take(r *cluster.Record, ev events.Event) error {
	if err := g.chain.AddLeaf(chain.Leaf{Sequence: r.Sequence, Time: r.Time, Sum: r.Sum}, ev); err != nil {
		return err
	}
	_, r.Head.Hash, r.Head.Known = g.chain.Head()
	g.lastAt = r.Time
	if g.marked && !g.decided {
		g.compare(r, ev)
	}
	return nil
}

// ofTheLog is the event of a record as the chain and the mark go by it. One that stands
// where it may not comes rejected, without its event; whoever seals the log or accepts a
// loss writes sums, and the state rejects what has none only once it folds it.
func ofTheLog(r *cluster.Record) events.Event {
	if r.Unsummed {
		return nil
	}
	return r.Event
}

// compare holds a record against the mark.
func (g *guard) compare(r *cluster.Record, ev events.Event) {
	if loss, ok := ev.(events.LossAccepted); ok {
		// What was accepted up to the one that the mark knows was before the mark.
		known := r.Sum == g.mark.Loss
		g.excused = !known && (g.excused || loss.From <= g.mark.Sequence && g.mark.Sequence <= loss.To)
	}
	if r.Sequence == 1 && g.mark.First != (chain.Hash{}) && r.Head.Hash != g.mark.First {
		g.other = &OtherError{Mark: g.mark, Foreign: true}
	}
	if r.Sequence != g.mark.Sequence {
		return
	}
	if g.other == nil && g.mark.Known && r.Head.Known && r.Head.Hash != g.mark.Hash {
		g.other = &OtherError{Mark: g.mark, Got: r.Head.Hash, Good: g.chain.Good()}
	}
}

// decide says what the mark tells of a log that ended at tail when the service
// started, all of which is read: nil, *ShortError or *OtherError.
func (g *guard) decide(tail uint64) error {
	if g.decided || !g.marked {
		return nil
	}
	switch {
	case g.excused:
	case g.other != nil && g.other.Foreign:
		return g.other
	case tail < g.mark.Sequence:
		return &ShortError{Folded: g.mark.Sequence, FoldedAt: g.mark.Time, Last: tail, LastAt: g.lastAt}
	case g.other != nil:
		return g.other
	}
	g.decided = true
	return nil
}

// empty is decide for a log in which there was nothing.
func (g *guard) empty() error {
	if g.marked && g.mark.Sequence > 0 {
		return &ShortError{Folded: g.mark.Sequence, FoldedAt: g.mark.Time}
	}
	return nil
}

// broken takes what is wrong with a seal out of an error.
func broken(err error) (*chain.BrokenError, bool) {
	var b *chain.BrokenError
	return b, errors.As(err, &b)
}
