package ranges

import (
	"iter"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Max is how many ranges an event may have, which keeps it below the log's
// largest message. What is beyond it follows in further events.
const Max = 4096

// Builder gathers slots into as few ranges as there can be. The zero value is
// empty and ready.
type Builder struct {
	ranges []events.SlotRange
	last   map[uint32]int // the newest range of an attempt
}

// Add adds an attempt of a slot, and reports whether it did: not where that would
// need a range more than Max. Slots come in order, each attempt once.
func (b *Builder) Add(slot, attempt uint32) bool {
	if at, ok := b.last[attempt]; ok && slot > 0 && b.ranges[at].To == slot-1 {
		b.ranges[at].To = slot
		return true
	}
	if len(b.ranges) == Max {
		return false
	}
	if b.last == nil {
		b.last = map[uint32]int{}
	}
	b.last[attempt] = len(b.ranges)
	b.ranges = append(b.ranges, events.SlotRange{From: slot, To: slot, Attempt: attempt})
	return true
}

// Empty reports whether nothing was added.
func (b *Builder) Empty() bool { return len(b.ranges) == 0 }

// Ranges returns what was added, nil for nothing.
func (b *Builder) Ranges() []events.SlotRange { return b.ranges }

// All lists the attempts of slots that ranges name: slot, attempt.
func All(ranges []events.SlotRange) iter.Seq2[uint32, uint32] {
	return func(yield func(slot, attempt uint32) bool) {
		for _, r := range ranges {
			for n := uint64(r.From); n <= uint64(r.To); n++ { // To may be the highest there is.
				if !yield(uint32(n), r.Attempt) {
					return
				}
			}
		}
	}
}
