package eventlogtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// race has n writers, each with a handle of its own where that makes a
// difference, append at once, and returns how many were not refused.
func race(t *testing.T, h Harness, n int, entries func(writer int) []eventlog.Entry) int {
	t.Helper()
	logs := []eventlog.Log{h.Log, h.Another(t), h.Another(t)}
	ctx := within(t)
	errs := make([]error, n)
	start := make(chan struct{})
	var writers sync.WaitGroup
	for i := range n {
		writers.Go(func() {
			<-start
			_, errs[i] = logs[i%len(logs)].Append(ctx, entries(i)...)
		})
	}
	close(start)
	writers.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, eventlog.ErrConflict) {
			t.Fatalf("a loser got %v, want %v", err, eventlog.ErrConflict)
		}
	}

	return won
}

func testOneWinner(t *testing.T, h Harness) {
	last := uint64(0)
	for round := range 20 {
		won := race(t, h, 9, func(i int) []eventlog.Entry {
			return []eventlog.Entry{eventlog.Decision(message("a", fmt.Sprint(i)), last)}
		})
		b := bounds(t, h.Log)
		if won != 1 || b.Last != last+1 {
			t.Fatalf("round %d: %d writers won, the log grew from %d to %d, want one and by one", round, won, last, b.Last)
		}
		last = b.Last
	}
}

func testOneBatchWinner(t *testing.T, h Harness) {
	const size = 3
	last := [size]uint64{}
	for round := range uint64(5) {
		won := race(t, h, 6, func(i int) []eventlog.Entry {
			batch := make([]eventlog.Entry, size)
			for k := range batch {
				batch[k] = eventlog.Decision(message(fmt.Sprintf("a.%d", k), fmt.Sprint(i)), last[k])
			}

			return batch
		})
		b := bounds(t, h.Log)
		if won != 1 || b.Last != (round+1)*size {
			t.Fatalf("round %d: %d writers won and the log ends at %d, want one and %d", round, won, b.Last, (round+1)*size)
		}
		for k := range last {
			last[k] = round*size + uint64(k) + 1
		}
	}
}

// testInFlight has writers of one subject run into each other without regard.
// A store may refuse one whose expectation would have come true, as three
// replicas do; it must never accept one whose expectation did not hold.
func testInFlight(t *testing.T, h Harness) {
	race(t, h, 60, func(i int) []eventlog.Entry {
		return []eventlog.Entry{eventlog.Decision(message("a", fmt.Sprint(i/4)), uint64(i/4))}
	})
	records := all(t, h.Log)
	if len(records) == 0 {
		t.Fatal("nobody won")
	}
	for _, rec := range records {
		if want := fmt.Sprint(rec.Sequence - 1); string(rec.Data) != want {
			t.Fatalf("sequence %d was accepted with the expectation %s, want %s", rec.Sequence, rec.Data, want)
		}
	}
}
