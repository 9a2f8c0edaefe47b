package loss_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/examine"
	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/loss"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

func TestMain(m *testing.M) { testwait.Main(m) }

func span(from, to uint64) exportfile.Range { return exportfile.Range{From: from, To: to} }

// missing is a report of a log that lacks ranges.
func missing(list ...exportfile.Range) examine.Report {
	var r examine.Report
	for _, one := range list {
		r.Problems = append(r.Problems, examine.Problem{Code: examine.CodeMissing, Range: one})
	}
	return r
}

func TestCheck(t *testing.T) {
	holes := missing(span(5, 7), span(8, 8), span(15, 15))
	for _, c := range []struct {
		r     exportfile.Range
		there exportfile.Range
		want  error
	}{
		{span(5, 7), exportfile.Range{}, nil},
		{span(6, 8), exportfile.Range{}, nil},
		{span(21, 30), exportfile.Range{}, nil},
		{span(15, 15), exportfile.Range{}, nil},
		{span(4, 7), span(4, 4), loss.ErrThere},
		{span(5, 20), span(9, 14), loss.ErrThere},
		{span(8, 10), span(9, 10), loss.ErrThere},
		{span(20, 30), span(20, 20), loss.ErrThere},
		{span(1, 2), span(1, 2), loss.ErrThere},
		{span(0, 3), exportfile.Range{}, loss.ErrRange},
		{span(7, 5), exportfile.Range{}, loss.ErrRange},
		{span(21, 20+loss.SkipMax), exportfile.Range{}, nil},
		{span(21, 21+loss.SkipMax), exportfile.Range{}, loss.ErrFar},
		{span(22, 30), exportfile.Range{}, loss.ErrApart},
		{span(8, math.MaxUint64), span(9, 14), loss.ErrThere},
		{span(math.MaxUint64, math.MaxUint64), exportfile.Range{}, loss.ErrApart},
	} {
		err := loss.Acceptance{Range: c.r, Reason: "x"}.Check(holes, 20)
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", c.r, err, c.want)
		}
		var there *loss.ThereError
		if errors.As(err, &there) && there.There != c.there {
			t.Errorf("%s: %s is there, want %s", c.r, there.There, c.there)
		}
	}
	// What is wrong with a record that is there is no loss of it.
	newer := examine.Report{Problems: []examine.Problem{{Code: examine.CodeNewer, Range: span(5, 5)}}}
	if err := (loss.Acceptance{Range: span(5, 5), Reason: "x"}).Check(newer, 20); !errors.Is(err, loss.ErrThere) {
		t.Errorf("a record of a newer version: %v", err)
	}
	// What was accepted before need not be lost any more; a part of it is not all of it.
	before := examine.Report{Losses: []examine.Loss{{Range: span(5, 8), Sequence: 20}}}
	for r, want := range map[exportfile.Range]error{span(5, 8): nil, span(6, 7): nil, span(4, 8): loss.ErrThere, span(5, 9): loss.ErrThere} {
		if err := (loss.Acceptance{Range: r, Reason: "x"}).Check(before, 20); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s, of which 5..8 was accepted: %v, want %v", r, err, want)
		}
	}
	if err := (loss.Acceptance{Range: span(5, 7)}).Check(holes, 20); !errors.Is(err, loss.ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
}

// TestCheckWhatFoldsReject: an acceptance that is written stays, and the command then
// says that it is there; one that no fold takes would close the way out for good.
func TestCheckWhatFoldsReject(t *testing.T) {
	fine := loss.Acceptance{Range: span(5, 7), Reason: "line one\nline two", Actor: "ann", Source: "taurus/cli"}
	if err := fine.Check(missing(span(5, 7)), 20); err != nil {
		t.Errorf("two lines: %v", err)
	}
	for name, change := range map[string]func(*loss.Acceptance){
		"a reason that is too long": func(a *loss.Acceptance) { a.Reason = strings.Repeat("x", 64<<10+1) },
		"an actor that is no text":  func(a *loss.Acceptance) { a.Actor = "\xff" },
		"an actor of two lines":     func(a *loss.Acceptance) { a.Actor = "a\nb" },
	} {
		a := fine
		change(&a)
		if err := a.Check(missing(span(5, 7)), 20); !errors.Is(err, loss.ErrUnfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func submit(t *testing.T, log eventlog.Log, n int) {
	t.Helper()
	for range n {
		m, err := events.Encode(events.NewSpace(0).Job("web"), events.Envelope{ID: "x", Time: time.Now()}, events.JobDeleted{Run: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.Append(t.Context(), eventlog.Fact(m)); err != nil {
			t.Fatal(err)
		}
	}
}

// report examines a log of which the services' marks say that it was so long.
func report(t *testing.T, log eventlog.Log) examine.Report {
	t.Helper()
	a := examine.New(events.NewSpace(0))
	bounds, err := log.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for item, err := range exportfile.Log(t.Context(), log, 1, bounds.Last) {
		if err != nil {
			t.Fatal(err)
		}
		a.Add(item)
	}
	return a.Report()
}

// TestNoSequenceIsGivenOutTwice: behind a lost end the log goes on after it. Wherever
// the command is interrupted, it goes on when it is given again.
func TestNoSequenceIsGivenOutTwice(t *testing.T) {
	const last, lost = 10, 2777
	a := loss.Acceptance{Range: span(last+1, lost), Reason: "the disk broke", Actor: "ann", Source: "taurus/cli"}
	for stop := range 16 { // Each append asks before and after.
		appends, begun := 0, false
		log := memory.New(memory.WithFault(func(entries []eventlog.Entry, _ bool) error {
			if len(entries) > eventlog.MaxBatch {
				t.Errorf("%d entries at once", len(entries))
			}
			if begun {
				appends++
			}
			if stop > 0 && appends == stop {
				begun, appends = false, 0
				return eventlog.ErrUnavailable
			}
			return nil
		}))
		submit(t, log, last)
		begun = true
		done, err := loss.Accept(t.Context(), log, a, report(t, log), time.Now)
		if stop > 0 && err != nil {
			r := report(t, log)
			bounds, _ := log.Bounds(t.Context())
			if err := a.Check(r, bounds.Last); err != nil {
				t.Fatalf("interrupted at %d it cannot be given again: %v", stop, err)
			}
			if len(r.Losses) == 0 && bounds.Last > last && r.Whole {
				t.Fatalf("interrupted at %d the log is whole: %+v", stop, r)
			}
			done, err = loss.Accept(t.Context(), log, a, r, time.Now)
		}
		if err != nil {
			t.Fatal(err)
		}
		r := report(t, log)
		if done.Sequence != lost+1 || done.Skipped > lost-last || !r.Whole || len(r.Losses) != 1 || r.Losses[0].By != "ann" || r.Losses[0].Range != a.Range {
			t.Fatalf("stop %d: %+v, %+v", stop, done, r)
		}
		if again, err := loss.Accept(t.Context(), log, a, r, time.Now); err != nil || !again.Before || again.Sequence != done.Sequence {
			t.Errorf("again: %+v, %v", again, err)
		}
		folds(t, log, a)
		_ = log.Close()
	}
}

// folds checks that the state knows of the loss.
func folds(t *testing.T, log eventlog.Log, a loss.Acceptance) {
	t.Helper()
	state := cluster.New()
	bounds, _ := log.Bounds(context.Background())
	for rec, err := range log.Read(t.Context(), 1, bounds.Last) {
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := cluster.Decode(events.NewSpace(0), rec.Sequence, rec.Time, rec.Message)
		if err == nil {
			_, err = state.Apply(decoded)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []cluster.Loss{{Sequence: bounds.Last, At: state.Time, By: "ann", From: a.From, To: a.To, Reason: a.Reason}}
	if !reflect.DeepEqual(state.Losses, want) || state.Skipped != 0 {
		t.Errorf("%+v, %d skipped", state.Losses, state.Skipped)
	}
}

// TestAHoleIsNotFilled: later records are there, so nothing need be skipped.
func TestAHoleIsNotFilled(t *testing.T) {
	log := memory.New()
	defer func() { _ = log.Close() }()
	submit(t, log, 9)
	done, err := loss.Accept(t.Context(), log, loss.Acceptance{Range: span(5, 7), Reason: "x"}, missing(span(5, 7)), time.Now)
	if err != nil || done.Sequence != 10 || done.Skipped != 0 {
		t.Errorf("%+v, %v", done, err)
	}
}
