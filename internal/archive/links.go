package archive

import (
	"errors"
	"fmt"
	"slices"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// links holds items of the log against the seals among them.
type links struct {
	chain *chain.Verifier
	// open are the ranges of records that are missing, or not what was sealed, and of
	// which no acceptance of the loss has come yet.
	open []loss
}

// loss is a range of records that are missing or, if it was changed, of which some are
// not what was sealed: nobody knows which.
type loss struct {
	exportfile.Range

	changed bool
}

// accepted reports whether an operator has accepted it.
func (l loss) accepted(by events.LossAccepted) bool {
	if l.changed {
		return by.From <= l.To && l.From <= by.To
	}
	return by.From <= l.From && l.To <= by.To
}

// newLinks goes on behind the hash up to the record before a sequence.
func newLinks(from uint64, before chain.Hash) *links {
	return &links{chain: chain.Behind(from-1, before)}
}

// seal is what a seal among the items says that fits.
type seal struct {
	sequence, through uint64
	hash              chain.Hash
}

// add takes the next item, and returns what it seals, if it is a seal and fits.
func (l *links) add(item exportfile.Item) (s seal, sealed bool) {
	if item.Lost.From != 0 {
		l.open = append(l.open, loss{Range: item.Lost})
		if err := l.chain.Skip(item.Lost.From, item.Lost.To); err != nil {
			l.chain.Forget()
		}
		return seal{}, false
	}
	rec := item.Record
	sum, ev := ofTheLog(item)
	leaf := chain.Leaf{Sequence: rec.Sequence, Time: rec.Time, Sum: sum}
	before := l.chain.Good()
	err := l.chain.AddLeaf(leaf, ev)
	if b, ok := errors.AsType[*chain.BrokenError](err); ok {
		l.open = append(l.open, loss{exportfile.Range{From: b.From(), To: max(b.From(), b.To())}, true})
		l.chain.Forget()
		err = l.chain.AddLeaf(leaf, ev)
	}
	if err != nil {
		_ = l.chain.AddLeaf(leaf, nil) // Of the future: it seals nothing.
	}
	switch ev := ev.(type) {
	case events.LogSealed:
		if hash, err := chain.ParseHash(ev.Hash); err == nil && l.chain.Good() > before {
			return seal{rec.Sequence, ev.Through, hash}, true
		}
	case events.LossAccepted:
		l.open = slices.DeleteFunc(l.open, func(open loss) bool { return open.accepted(ev) })
	default:
	}
	return seal{}, false
}

// ofTheLog is the sum of a record, and its event if that says something of the log itself
// and stands where it may.
func ofTheLog(item exportfile.Item) (sum [32]byte, ev events.Event) {
	m := item.Record.Message
	sum, err := events.CheckedSum(m)
	if err != nil || m.Subject != events.SealSubject && m.Subject != events.LogSubject {
		return sum, nil
	}
	_, decoded, err := events.Decode(m)
	if err != nil {
		return sum, nil
	}
	_, isSeal := decoded.(events.LogSealed)
	_, isLoss := decoded.(events.LossAccepted)
	if isSeal && m.Subject == events.SealSubject || isLoss && m.Subject == events.LogSubject {
		return sum, decoded
	}
	return sum, nil
}

// end holds what was added against a manifest. What was lost, or changed, in the segment
// is seen by the records behind it alone.
func (l *links) end(m *Manifest) error {
	last, hash, known := l.chain.Head()
	if last != m.To {
		return fmt.Errorf("%w: the segment of %d..%d ends with %d", ErrBroken, m.From, m.To, last)
	}
	if known && hash != m.after() {
		return fmt.Errorf("%w: the hash behind the segment of %d..%d is %.12s, and by the seal at %d it is %.12s", ErrBroken, m.From, m.To, hash, m.Seal, m.After)
	}
	return nil
}
