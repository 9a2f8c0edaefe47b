package exportfile_test

import (
	"context"
	"iter"
	"testing"

	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

func TestMain(m *testing.M) { testwait.Main(m) }

// holed is a log that has lost some of its records.
type holed struct {
	eventlog.Log
	lost map[uint64]bool
}

// Read fails at what is missing, as any log does.
func (h holed) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for rec, err := range h.Log.Read(ctx, from, to) {
			if err == nil && h.lost[rec.Sequence] {
				got := rec.Sequence
				for h.lost[got] {
					got++
				}
				yield(eventlog.Record{}, &eventlog.GapError{Want: rec.Sequence, Got: got})
				return
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}
