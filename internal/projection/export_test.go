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
	p.feed = newFeed(kept)
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
