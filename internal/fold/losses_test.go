package fold_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// measured is a log that counts what is read of it.
type measured struct {
	*store
	reads, records atomic.Int64
}

func (m *measured) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		m.reads.Add(1)
		m.store.Read(ctx, from, to)(func(r eventlog.Record, err error) bool {
			m.records.Add(1)
			return yield(r, err)
		})
	}
}

// TestManyHolesAreLookedUpOnce: a log of many holes that were accepted is read twice, to
// fold it and to look for that, not once more for each of them; whether one acceptance is
// of all of them, or each has its own, or what was changed was accepted too.
func TestManyHolesAreLookedUpOnce(t *testing.T) {
	const holes = 1000
	for name, accept := range map[string]func(*store){
		"each":           func(s *store) { s.acceptEach(holes) },
		"each, reversed": func(s *store) { s.acceptReversed(holes) },
		"all":            func(s *store) { s.accept(1, 2*holes) },
		"changes":        func(s *store) { s.acceptEach(holes); s.accept(2*holes+1, 4*holes) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t)
				s.jobs(2 * holes)
				var kept []eventlog.Record
				for _, r := range s.records {
					if r.Sequence%2 == 0 {
						kept = append(kept, r)
					}
				}
				if name == "changes" {
					for range holes / 2 {
						s.jobs(1)
						s.seal()
					}
					kept = append(kept, s.records[2*holes:]...)
					s.records = kept
					for n := uint64(2*holes + 1); n < 3*holes; n += 2 {
						s.change(n)
					}
				} else {
					s.records = kept
				}
				accept(s)
				log := &measured{store: s}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				feed := fold.Start(ctx, log, events.Space{}, nil)
				got := 0
				for got < len(s.records) {
					select {
					case <-feed.Records():
						got++
					case err := <-feed.Failed():
						t.Fatalf("after %d records: %v", got, err)
					}
				}
				// Each hole ends a reading, that of the fold and that ahead of it, with an error.
				if records, most := log.records.Load(), int64(2*len(s.records)+2*holes+10); records > most {
					t.Errorf("%d records were read of %d, more than %d", records, len(s.records), most)
				}
				if reads := log.reads.Load(); reads > 3*holes+10 {
					t.Errorf("the log was read %d times for %d holes", reads, holes)
				}
				stop()
				<-feed.Failed()
			})
		})
	}
}

// acceptEach accepts that 1, 3, 5 and so on are lost, each by itself.
func (s *store) acceptEach(holes int) {
	for n := range uint64(holes) {
		s.accept(2*n+1, 2*n+1)
	}
}

func (s *store) acceptReversed(holes int) {
	for n := uint64(holes); n > 0; n-- {
		s.accept(2*n-1, 2*n-1)
	}
}
