package eventlogtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

func testReadRange(t *testing.T, h Harness) {
	fill(t, h.Log, "a", 10)
	for _, c := range []struct{ from, to, first, last uint64 }{
		{0, 10, 1, 10}, {1, 10, 1, 10}, {1, 1, 1, 1}, {4, 7, 4, 7}, {10, 10, 10, 10}, {8, 7, 0, 0}, {11, 10, 0, 0},
	} {
		records := read(t, h.Log, c.from, c.to)
		if c.first == 0 {
			if len(records) != 0 {
				t.Errorf("read %d..%d: got %d records, want none", c.from, c.to, len(records))
			}

			continue
		}
		if uint64(len(records)) != c.last-c.first+1 || records[0].Sequence != c.first {
			t.Errorf("read %d..%d: got %d records from %d on", c.from, c.to, len(records), records[0].Sequence)
		}
	}
}

func testReadFollows(t *testing.T, h Harness) {
	fill(t, h.Log, "a", 3)
	other := h.Another(t)
	next := uint64(1)
	for rec, err := range h.Log.Read(within(t), 1, 0) {
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		if rec.Sequence != next {
			t.Fatalf("got sequence %d, want %d", rec.Sequence, next)
		}
		if next++; next > 20 {
			break
		}
		if next > 3 {
			appendOne(t, other, eventlog.Fact(message("b", "follow")))
		}
	}
}

func testReadWaits(t *testing.T, h Harness) {
	var (
		reader  sync.WaitGroup
		records []eventlog.Record
		failure error
	)
	ctx := within(t)
	reader.Go(func() {
		for rec, err := range h.Log.Read(ctx, 2, 4) {
			if err != nil {
				failure = err

				return
			}
			records = append(records, rec)
		}
	})
	fill(t, h.Another(t), "a", 6)
	reader.Wait()
	if failure != nil || len(records) != 3 || records[0].Sequence != 2 {
		t.Fatalf("got %d records and the error %v, want the three from 2 on", len(records), failure)
	}
}

func testReadCancel(t *testing.T, h Harness) {
	fill(t, h.Log, "a", 3)
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	var errs []error
	for rec, err := range h.Log.Read(ctx, 1, 0) {
		if err != nil {
			errs = append(errs, err)
		} else if rec.Sequence == 3 {
			time.AfterFunc(10*time.Millisecond, cancel)
		}
	}
	if len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
		t.Fatalf("got the errors %v, want one: %v", errs, context.Canceled)
	}
	for rec, err := range h.Log.Read(ctx, 1, 3) {
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("a cancelled read yielded %+v, %v", rec, err)
		}
	}
}

func testReadLeft(t *testing.T, h Harness) {
	fill(t, h.Log, "a", 5)
	seq := h.Log.Read(within(t), 2, 0)
	for range 3 { // The sequence can be used again and begins anew.
		for rec, err := range seq {
			if err != nil || rec.Sequence != 2 {
				t.Fatalf("got sequence %d and the error %v, want 2", rec.Sequence, err)
			}

			break
		}
	}
}

func testManyReaders(t *testing.T, h Harness) {
	const records, readers = 500, 10
	logs := []eventlog.Log{h.Log, h.Another(t)}
	ctx := within(t)
	errs := make(chan error, readers)
	for i := range readers {
		go func() { errs <- readContiguous(ctx, logs[i%2], uint64(i+1), records) }()
	}
	entries := make([]eventlog.Entry, records/5)
	for i := range entries {
		entries[i] = eventlog.Fact(message(fmt.Sprintf("a.%d", i), ""))
	}
	for range 5 {
		appendOne(t, h.Log, entries...)
	}
	for range readers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func readContiguous(ctx context.Context, l eventlog.Log, from, to uint64) error {
	next := from
	for rec, err := range l.Read(ctx, from, to) {
		if err != nil {
			return err
		}
		if rec.Sequence != next {
			return fmt.Errorf("reader from %d: got %d, want %d", from, rec.Sequence, next)
		}
		next++
	}
	if next != to+1 {
		return fmt.Errorf("reader from %d: ended before %d, want after %d", from, next, to)
	}

	return nil
}

func testBounds(t *testing.T, h Harness) {
	if got, want := bounds(t, h.Log), (eventlog.Bounds{First: 1, Last: 0}); got != want {
		t.Fatalf("an empty log has the bounds %+v, want %+v", got, want)
	}
	other := h.Another(t)
	for i := range uint64(5) {
		appendOne(t, h.Log, eventlog.Fact(message("a", "")))
		if got, want := bounds(t, other), (eventlog.Bounds{First: 1, Last: i + 1}); got != want {
			t.Fatalf("bounds are %+v, want %+v", got, want)
		}
	}
}

func testSequenceAt(t *testing.T, h Harness) {
	at := func(when time.Time) uint64 {
		t.Helper()
		seq, err := h.Log.SequenceAt(within(t), when)
		if err != nil {
			t.Fatalf("sequence at %v: %v", when, err)
		}

		return seq
	}
	if got := at(time.Now()); got != 0 {
		t.Fatalf("an empty log has sequence %d now, want 0", got)
	}
	fill(t, h.Log, "a", 20)
	records := all(t, h.Log)
	for i, rec := range records {
		last := rec.Sequence
		for _, r := range records[i+1:] {
			if r.Time.Equal(rec.Time) {
				last = r.Sequence
			}
		}
		if got := at(rec.Time); got != last {
			t.Errorf("sequence at the time of %d is %d, want %d", rec.Sequence, got, last)
		}
	}
	if got := at(records[0].Time.Add(-time.Nanosecond)); got != 0 {
		t.Errorf("sequence before all is %d, want 0", got)
	}
	if got := at(records[19].Time.Add(time.Hour)); got != 20 {
		t.Errorf("sequence after all is %d, want 20", got)
	}
	// Neither fits into nanoseconds since 1970, in which servers may count.
	if got := at(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)); got != 0 {
		t.Errorf("sequence at the beginning of time is %d, want 0", got)
	}
	if got := at(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)); got != 20 {
		t.Errorf("sequence at the end of time is %d, want 20", got)
	}
}

func testClose(t *testing.T, h Harness) {
	appendOne(t, h.Log, eventlog.Fact(message("a", "1")))
	var failure error
	for _, err := range h.Log.Read(within(t), 1, 0) {
		if err != nil {
			failure = err
		} else if err := h.Log.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	wantError(t, failure, eventlog.ErrClosed)
	if err := h.Log.Close(); err != nil {
		t.Fatalf("close again: %v", err)
	}
	failsWith(t, h.Log, eventlog.ErrClosed, eventlog.Fact(message("a", "2")))
	_, err := h.Log.Bounds(within(t))
	wantError(t, err, eventlog.ErrClosed)
	_, err = h.Log.SequenceAt(within(t), time.Now())
	wantError(t, err, eventlog.ErrClosed)
}
