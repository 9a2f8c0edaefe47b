package projection_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// A piece is of the size that was asked for, but for one event, whether it is at hand or
// not; and what is at hand is bounded too.
func TestPiecesAreBounded(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	const total, data = 1200, 40 << 10 // More than projection.FeedKeptBytes.
	for range total {
		w.append(spaceOf().Plan("a"), events.TasksPlanned{Reason: strings.Repeat("x", data)})
	}
	p := running(t, w.log)
	kept, bytes := p.AtHand()
	if bytes > projection.FeedKeptBytes || kept == 0 || kept == total {
		t.Errorf("%d events of %d bytes are at hand", kept, bytes)
	}
	const most = 200_000
	for _, filter := range []projection.Filter{{}, {Job: "a"}} {
		pieces := 0
		for from := uint64(1); from <= total; pieces++ {
			piece, err := p.Piece(t.Context(), from, filter, most)
			if err != nil {
				t.Fatal(err)
			}
			size, last := 0, 0
			for i := range piece.Events {
				last = piece.Events[i].Size()
				size += last
			}
			if len(piece.Events) == 0 || size-last >= most || piece.Next != from+uint64(len(piece.Events)) {
				t.Fatalf("%+v from %d: %d events of %d bytes, next %d", filter, from, len(piece.Events), size, piece.Next)
			}
			from = piece.Next
		}
		if pieces < total/4 {
			t.Errorf("%d pieces", pieces)
		}
	}
	list, next, err := p.JobEvents(t.Context(), "a", 1, total, 1000)
	if err != nil || len(list) > projection.PageBytes/data || next != uint64(len(list))+1 {
		t.Errorf("a page has %d events, next %d; %v", len(list), next, err)
	}
}

// The newest event is at hand however large it is, and what the log lacks is not asked
// for.
func TestWhatIsAtHandJumpsOverWhatTheLogLacks(t *testing.T) {
	t.Parallel()
	f := projection.NewFeed(4, 10_000)
	push := func(sequence uint64, data int) {
		f.Push(projection.Event{Sequence: sequence, Data: []byte(`"` + strings.Repeat("x", data) + `"`)})
	}
	expect := func(from uint64, held bool, want ...uint64) {
		t.Helper()
		got, ok := f.Since(from)
		if ok != held || len(got) != len(want) {
			t.Fatalf("from %d: %v, held %v; want %v, %v", from, got, ok, want, held)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("from %d: %v, want %v", from, got, want)
			}
		}
	}
	for n := range uint64(3) {
		push(n+1, 1)
	}
	push(5, 1) // The log has no 4.
	expect(1, false)
	expect(2, true, 2, 3, 5)
	push(20, 1)
	expect(5, false)
	expect(20, true, 20)
	push(21, 1_000_000)
	expect(20, false)
	expect(21, true, 21)
	push(22, 1)
	expect(22, true, 22)
}

// Who looks at all jobs takes turns, with as much time between them as one takes.
func TestScansLeaveTimeForTheFold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := projection.New(memory.New())
		const each, scans = time.Second, 5
		var inside atomic.Int32
		began := time.Now()
		done := make(chan error, scans)
		for range scans {
			go func() {
				done <- p.Scan(t.Context(), func(*projection.Model) {
					if inside.Add(1) != 1 {
						t.Error("two at once")
					}
					time.Sleep(each)
					inside.Add(-1)
				})
			}()
		}
		for range scans {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != (2*scans-1)*each {
			t.Errorf("%d scans of %v took %v", scans, each, took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Scan(ctx, func(*projection.Model) { t.Error("let in") }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		time.Sleep(each) // The last one's turn ends.
	})
}
