package projection_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestOldEventsOverALoss: behind what was lost, and accepted, old events have their own
// results, and the past is what was folded of it.
func TestOldEventsOverALoss(t *testing.T) {
	t.Parallel()
	const total = 150
	w := &writer{log: memory.New()}
	for n := range uint64(total) {
		w.append(spaceOf().Job(fmt.Sprint("job-", n%3)), events.JobStopped{Run: 1, Reason: fmt.Sprint(n)})
	}
	// Holes at, before and over the places where results are packed anew.
	holes := [][2]uint64{{1, 4}, {32, 32}, {40, 75}, {100, 101}}
	for _, h := range holes {
		w.append(events.LogSubject, events.LossAccepted{From: h[0], To: h[1], Reason: "test"})
	}
	lossy := &replica{Log: w.log}
	lossy.set(func(rec *eventlog.Record) bool {
		for _, h := range holes {
			if h[0] <= rec.Sequence && rec.Sequence <= h[1] {
				return true
			}
		}
		return false
	})
	fresh := map[uint64]projection.Event{}
	p := readBy(t, lossy, lossy)
	for from := uint64(1); from <= w.n; {
		piece, err := p.Piece(t.Context(), from, projection.Filter{}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range piece.Events {
			fresh[ev.Sequence] = ev
		}
		from = piece.Next
	}
	for job := range 3 {
		id := fmt.Sprint("job-", job)
		list, _, err := p.JobEvents(t.Context(), id, 1, w.n, total)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range list {
			if !reflect.DeepEqual(ev, fresh[ev.Sequence]) || ev.Job != id {
				t.Errorf("%d is told as\n%+v, was\n%+v", ev.Sequence, ev, fresh[ev.Sequence])
			}
		}
	}
	history := projection.NewHistory(p)
	for at, want := range map[uint64]uint64{0: 0, 5: 5, 31: 31, 32: 31, 33: 33, 60: 39, 76: 76, total: total} {
		m, err := history.AsOf(t.Context(), at)
		if err != nil || m.Sequence() != want {
			t.Errorf("at %d: %v, %v; want that at %d", at, m, err, want)
		}
	}
	if _, err := history.AsOf(t.Context(), 3); !errors.Is(err, eventlog.ErrTruncated) {
		t.Errorf("at what is lost of the beginning: %v", err)
	}
}
