package projection_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// replica is a log that gives what one of its servers has: harm changes a record, or
// has it missing.
type replica struct {
	eventlog.Log

	mu   sync.Mutex
	harm func(*eventlog.Record) (missing bool)
}

func (r *replica) set(harm func(*eventlog.Record) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.harm = harm
}

func (r *replica) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		gap := uint64(0)
		for rec, err := range r.Log.Read(ctx, from, to) {
			r.mu.Lock()
			harm := r.harm
			r.mu.Unlock()
			switch {
			case err == nil && harm != nil && harm(&rec):
				if gap == 0 {
					gap = rec.Sequence
				}
				continue
			case err == nil && gap != 0:
				yield(eventlog.Record{}, &eventlog.GapError{Want: gap, Got: rec.Sequence})
				return
			}
			if !yield(rec, err) {
				return
			}
		}
		if gap != 0 {
			yield(eventlog.Record{}, &eventlog.GapError{Want: gap, Got: to + 1})
		}
	}
}

// other makes a record of a sequence another one, with a sum that is right.
func other(sequence uint64) func(*eventlog.Record) bool {
	return func(rec *eventlog.Record) bool {
		if rec.Sequence != sequence {
			return false
		}
		m, err := events.Encode(rec.Subject, events.Envelope{ID: "forged", Time: rec.Time}, events.JobStopped{Reason: "a lie"})
		if err != nil {
			panic(err)
		}
		rec.Message = m
		return false
	}
}

func lacks(from, to uint64) func(*eventlog.Record) bool {
	return func(rec *eventlog.Record) bool { return from <= rec.Sequence && rec.Sequence <= to }
}

// TestReadingsAreThoseThatWereFolded: old events, feeds of them and the past are told as
// they were folded, or not at all, whatever the server has that is asked.
func TestReadingsAreThoseThatWereFolded(t *testing.T) {
	t.Parallel()
	w := &writer{log: memory.New()}
	const total = projection.FeedKept + 300
	for range total {
		w.append(spaceOf().Job("a"), events.JobStopped{Run: 1, Reason: "true"})
	}
	lines := &bytes.Buffer{}
	now := time.Unix(1_700_000_000, 0)
	old := &replica{Log: w.log}
	p, err := projection.Of(fold.Options{Log: w.log, Role: "projection", Logger: zerolog.New(lines), Now: func() time.Time { return now }}, old)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(p)
	defer func() { _ = stop() }()
	history := projection.NewHistory(p)
	ways := map[string]func() error{
		"?at=": func() error {
			m, err := history.AsOf(t.Context(), 200)
			if (err == nil) != (m != nil) {
				t.Errorf("%v and %v", m, err)
			}
			return err
		},
		"the history of a job": func() error {
			list, _, err := p.JobEvents(t.Context(), "a", 90, total, 20)
			return told(t, list, err)
		},
		"a feed":          func() error { return piece(t, p, projection.Filter{}) },
		"a feed of a job": func() error { return piece(t, p, projection.Filter{Job: "a"}) },
	}
	for name, c := range map[string]struct {
		harm func(*eventlog.Record) bool
		says string
	}{
		"another record":    {other(100), "the record at sequence 100 is another one than was there"},
		"records are gone":  {lacks(100, 102), "100..102 are missing that were there"},
		"all of it is gone": {lacks(1, total), "are missing that were there"},
	} {
		old.set(c.harm)
		for way, read := range ways {
			err := read()
			unlike, ok := errors.AsType[*fold.UnlikeError](err)
			if !ok || !strings.Contains(err.Error(), c.says) || !strings.Contains(unlike.Detail(), c.says) {
				t.Errorf("%s by %s: %v", name, way, err)
			}
			if notice := p.Notice(); !strings.Contains(notice, "a reading at 2023-11-14T22:13:20Z was not what was folded") || !strings.Contains(notice, c.says) {
				t.Errorf("%s by %s: operators are told %q", name, way, notice)
			}
		}
	}
	if n := strings.Count(lines.String(), "is not what was folded"); n != 2 { // In the text of its error, too.
		t.Errorf("it was logged so:\n%s", lines)
	}
	old.set(nil)
	for way, read := range ways {
		if err := read(); err != nil {
			t.Errorf("whole again, %s: %v", way, err)
		}
	}
}

// piece reads a piece of a feed that begins in the past.
func piece(t *testing.T, p *projection.Projection, filter projection.Filter) error {
	piece, err := p.Piece(t.Context(), 95, filter, 1<<20)
	return told(t, piece.Events, err)
}

// told holds events against what was written.
func told(t *testing.T, list []projection.Event, err error) error {
	if err == nil && len(list) == 0 {
		t.Error("nothing is told")
	}
	for _, ev := range list {
		if !strings.Contains(string(ev.Data), `"true"`) {
			t.Errorf("%+v is told", ev)
		}
	}
	return err
}
