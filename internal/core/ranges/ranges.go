package ranges

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// Max is how many ranges an event may have, which keeps it below the log's
	// largest message. What is beyond it follows in further events.
	Max = 4096
	// SlotsMax is how many attempts all ranges of an event may name together: as
	// many as a job may have tasks (internal/job).
	SlotsMax = 100_000
	// SlotEnd is above the number of every slot.
	SlotEnd = 1 << 20
	// AttemptMax is the highest attempt.
	AttemptMax = math.MaxInt32
)

// Builder gathers slots into as few ranges as there can be. The zero value is
// empty and ready.
type Builder struct {
	ranges []events.SlotRange
	count  int            // of the attempts added
	last   map[uint32]int // the newest range of an attempt
}

// Add adds an attempt of a slot, and reports whether it did: not where Check would
// refuse the ranges then. Slots come in order, each attempt once.
func (b *Builder) Add(slot, attempt uint32) bool {
	if b.count == SlotsMax || slot >= SlotEnd || attempt == 0 || attempt > AttemptMax {
		return false
	}
	if at, ok := b.last[attempt]; ok && slot > 0 && b.ranges[at].To == slot-1 {
		b.ranges[at].To = slot
		b.count++
		return true
	}
	if len(b.ranges) == Max {
		return false
	}
	b.count++
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

// Check returns what is wrong with ranges, nil if nothing is: a Builder makes none
// that it refuses. Its work does not depend on how many slots they name.
func Check(ranges []events.SlotRange) error {
	if len(ranges) > Max {
		return fmt.Errorf("slots has %d ranges, the most is %d", len(ranges), Max)
	}
	named := uint64(0)
	for _, r := range ranges {
		switch {
		case r.From > r.To:
			return fmt.Errorf("slots has a range from %d to %d", r.From, r.To)
		case r.To >= SlotEnd:
			return fmt.Errorf("slots names slot %d, the last is %d", r.To, SlotEnd-1)
		case r.Attempt == 0 || r.Attempt > AttemptMax:
			return fmt.Errorf("slots names attempt %d, it must be from 1 to %d", r.Attempt, AttemptMax)
		}
		named += uint64(r.To-r.From) + 1
	}
	if named > SlotsMax {
		return fmt.Errorf("slots names %d attempts, the most is %d", named, SlotsMax)
	}
	return nil
}

// Count is how many attempts ranges name that Check has nothing against.
func Count(ranges []events.SlotRange) int {
	n := 0
	for _, r := range ranges {
		n += int(r.To-r.From) + 1
	}
	return n
}

// Distinct are slots in order, none twice.
func Distinct(slots []uint32) []uint32 { return slices.Compact(slices.Sorted(slices.Values(slots))) }

// All lists the attempts of slots that ranges name: slot, attempt. It ends after
// SlotsMax, whatever they name.
func All(ranges []events.SlotRange) iter.Seq2[uint32, uint32] {
	return func(yield func(slot, attempt uint32) bool) {
		left := SlotsMax
		for _, r := range ranges {
			for n := uint64(r.From); n <= uint64(r.To); n++ { // To may be the highest there is.
				if left == 0 || !yield(uint32(n), r.Attempt) {
					return
				}
				left--
			}
		}
	}
}
