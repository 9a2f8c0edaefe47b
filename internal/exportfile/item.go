package exportfile

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Item is the next of a log: a record, or that some are missing.
type Item struct {
	Record eventlog.Record
	// Lost is a range of sequences without records; its zero value says that there
	// is a record.
	Lost Range
}

// Range is a range of sequences, both ends included.
type Range struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// String is for people.
func (r Range) String() string {
	if r.From == r.To {
		return fmt.Sprint(r.From)
	}
	return fmt.Sprintf("%d..%d", r.From, r.To)
}

// Len is how many sequences there are in the range.
func (r Range) Len() uint64 { return r.To - r.From + 1 }

// Last is the last sequence of the item.
func (i Item) Last() uint64 {
	if i.Lost.From != 0 {
		return i.Lost.To
	}
	return i.Record.Sequence
}

// Log reads a log, from one sequence up to another, both included. It goes on behind
// what is missing, up to the end.
func Log(ctx context.Context, log eventlog.Log, from, to uint64) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		p := part{next: max(from, 1), to: to, yield: yield}
		for p.next <= to {
			missing, err := p.read(ctx, log)
			if p.stopped || err == nil && missing.From == 0 {
				return
			}
			if !yield(Item{Lost: missing}, err) || err != nil {
				return
			}
			p.next = missing.To + 1
		}
	}
}

// part is what lies between two holes.
type part struct {
	next, to uint64
	yield    func(Item, error) bool
	stopped  bool
}

// read reads up to the first records that are missing, and returns which these are;
// none at the end.
func (p *part) read(ctx context.Context, log eventlog.Log) (missing Range, err error) {
	for rec, err := range log.Read(ctx, p.next, p.to) {
		if gap, ok := errors.AsType[*eventlog.GapError](err); ok && gap.Got > gap.Want {
			return Range{From: gap.Want, To: min(gap.Got-1, p.to)}, nil
		}
		if cut, ok := errors.AsType[*eventlog.TruncatedError](err); ok {
			return Range{From: p.next, To: min(cut.First-1, p.to)}, nil
		}
		if err != nil {
			return Range{}, err
		}
		p.next = rec.Sequence + 1
		if p.stopped = !p.yield(Item{Record: rec}, nil); p.stopped {
			return Range{}, nil
		}
	}
	return Range{}, nil
}
