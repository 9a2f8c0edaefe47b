package projection

import (
	"fmt"
	"maps"
	"reflect"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// NewKeeping returns a projection with only so many events at hand.
func NewKeeping(log eventlog.Log, kept int) *Projection {
	p := New(log)
	p.feed = newFeed(kept, FeedKeptBytes)
	return p
}

// ResultBytes is what the results of all events take.
func (p *Projection) ResultBytes() int {
	n := cap(p.results.open)
	for _, block := range p.results.full {
		n += cap(block) + int(reflect.TypeFor[[]byte]().Size())
	}
	return n
}

// Miscounted compares the censuses with those of a count from the beginning.
func (m *Model) Miscounted() error {
	if len(m.censuses) != len(m.state.Jobs) {
		return fmt.Errorf("%d censuses of %d jobs", len(m.censuses), len(m.state.Jobs))
	}
	for id := range maps.Keys(m.state.Jobs) {
		if got, want := m.censuses[id], newCensus(m.state.Jobs[id]); !reflect.DeepEqual(got, want) {
			return fmt.Errorf("job %s: %+v, want %+v", id, got, want)
		}
	}
	return nil
}

// AtHand is how many events are at hand, and of how many bytes.
func (p *Projection) AtHand() (events, bytes int) {
	return int(p.feed.last - p.feed.first + 1), p.feed.bytes
}

// Feed is a feed by itself.
type Feed struct{ *feed }

// NewFeed returns a feed that keeps so many events and bytes.
func NewFeed(kept, most int) Feed { return Feed{newFeed(kept, most)} }

// Push adds the next event.
func (f Feed) Push(e Event) { f.push(e) }

// Since is the sequences from one on, and whether they are at hand.
func (f Feed) Since(from uint64) (sequences []uint64, held bool) {
	piece, _, held := f.since(from, Filter{}, 1<<30)
	for i := range piece.Events {
		sequences = append(sequences, piece.Events[i].Sequence)
	}
	return sequences, held
}
