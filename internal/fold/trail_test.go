package fold_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// trailed is a state that leaves a trail.
type trailed struct {
	*cluster.State
	trail *fold.Trail
}

func (t trailed) Apply(r cluster.Record) (cluster.Change, error) {
	t.trail.Note(&r)
	return t.State.Apply(r)
}

// trail folds a log, and returns the trail of it.
func (s *store) trail() *fold.Trail {
	s.t.Helper()
	state := trailed{cluster.New(), fold.NewTrail()}
	loop, err := fold.New(state, fold.Options{Log: s, Role: "tester", Logger: zerolog.Nop()})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- loop.Run(ctx, fold.Idle{}, nil) }()
	synctest.Wait()
	stop()
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
	return state.trail
}

// reread are the sequences of a reading, how many records are missing before each, and
// why it ended.
func (s *store) reread(trail *fold.Trail, from, to uint64) (got, missing []uint64, err error) {
	for r, err := range trail.Read(context.Background(), s, events.Space{}, from, to) {
		if err != nil {
			return got, missing, err
		}
		got, missing = append(got, r.Sequence), append(missing, r.Missing)
	}
	return got, missing, nil
}

// another is what another log has under the same sequences, with sums that are right.
func (s *store) another(from, to uint64) {
	for n := from; n <= to; n++ {
		s.change(n)
	}
}

// TestTrail: a reading gives what was folded, all of it, or says that it does not. The
// log that is folded lacks 4..6, as accepted by 9, is sealed up to 9 by 10, and ends at 14.
func TestTrail(t *testing.T) {
	for name, c := range map[string]struct {
		harm     func(s *store)
		from, to uint64
		want     []uint64
		missing  []uint64
		unlike   *fold.UnlikeError
	}{
		"all":                      {nil, 1, 14, []uint64{1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14}, []uint64{0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0}, nil},
		"over the hole":            {nil, 2, 8, []uint64{2, 3, 7, 8}, []uint64{0, 0, 3, 0}, nil},
		"to the end of the hole":   {nil, 2, 6, []uint64{2, 3}, []uint64{0, 0}, nil},
		"into the hole":            {nil, 2, 5, []uint64{2, 3}, []uint64{0, 0}, nil},
		"from inside":              {nil, 5, 7, []uint64{7}, []uint64{0}, nil},
		"all of it inside":         {nil, 4, 5, nil, nil, nil},
		"before the hole":          {nil, 0, 3, []uint64{1, 2, 3}, []uint64{0, 0, 0}, nil},
		"one":                      {nil, 8, 8, []uint64{8}, []uint64{0}, nil},
		"beyond what was folded":   {func(s *store) { s.jobs(3) }, 13, 17, []uint64{13, 14}, []uint64{0, 0}, nil},
		"nothing of it":            {nil, 15, 20, nil, nil, nil},
		"another sealed record":    {func(s *store) { s.change(3) }, 1, 14, []uint64{1, 2}, []uint64{0, 0}, &fold.UnlikeError{From: 3, To: 3}},
		"another, and not asked":   {func(s *store) { s.change(3) }, 7, 8, []uint64{7, 8}, []uint64{0, 0}, nil},
		"another behind the seal":  {func(s *store) { s.change(14) }, 12, 14, []uint64{12, 13}, []uint64{0, 0}, &fold.UnlikeError{From: 14, To: 14}},
		"another, read alone":      {func(s *store) { s.change(12) }, 12, 12, nil, nil, &fold.UnlikeError{From: 12, To: 12}},
		"another's block":          {func(s *store) { s.another(10, 14) }, 9, 14, []uint64{9}, []uint64{0}, &fold.UnlikeError{From: 10, To: 10}},
		"another time":             {func(s *store) { s.records[4].Time = s.records[4].Time.Add(1) }, 7, 14, []uint64{7}, []uint64{0}, &fold.UnlikeError{From: 8, To: 8}},
		"a hole since":             {func(s *store) { s.lose(11, 12) }, 9, 14, []uint64{9, 10}, []uint64{0, 0}, &fold.UnlikeError{From: 11, To: 12, Missing: true, Err: eventlog.ErrGap}},
		"a hole to the end of it":  {func(s *store) { s.lose(11, 12) }, 9, 11, []uint64{9, 10}, []uint64{0, 0}, &fold.UnlikeError{From: 11, To: 11, Missing: true, Err: eventlog.ErrGap}},
		"a larger hole":            {func(s *store) { s.lose(3, 7) }, 2, 8, []uint64{2}, []uint64{0}, &fold.UnlikeError{From: 3, To: 7, Missing: true, Err: eventlog.ErrGap}},
		"what was lost came back":  {func(s *store) { s.refill() }, 2, 8, []uint64{2, 3, 7, 8}, []uint64{0, 0, 3, 0}, nil},
		"it is read from there":    {func(s *store) { s.refill() }, 5, 7, []uint64{7}, []uint64{0}, nil},
		"a hole in what came back": {func(s *store) { s.refill(); s.lose(5, 5) }, 2, 8, []uint64{2, 3, 7, 8}, []uint64{0, 0, 3, 0}, nil},
		"a newer major version":    {func(s *store) { s.major(8) }, 7, 14, []uint64{7}, []uint64{0}, &fold.UnlikeError{From: 8, To: 8, Err: events.ErrUnknownMajor}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t)
				s.jobs(8)
				s.lose(4, 6)
				s.accept(4, 6)
				s.seal()
				s.jobs(4)
				trail := s.trail()
				if c.harm != nil {
					c.harm(s)
				}
				got, missing, err := s.reread(trail, c.from, c.to)
				if !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(missing, c.missing) {
					t.Errorf("read %v behind %v, want %v behind %v", got, missing, c.want, c.missing)
				}
				unlike, failed := errors.AsType[*fold.UnlikeError](err)
				switch {
				case c.unlike == nil:
					if err != nil {
						t.Errorf("ended with %v", err)
					}
				case !failed:
					t.Errorf("ended with %v, want %v", err, c.unlike)
				case unlike.From != c.unlike.From || unlike.To != c.unlike.To || unlike.Missing != c.unlike.Missing || !errors.Is(err, c.unlike.Err) && c.unlike.Err != nil:
					t.Errorf("ended with %v, want %v", err, c.unlike)
				case !errors.Is(err, fold.ErrUnlike) || !strings.Contains(err.Error(), "docs/operating.md"):
					t.Errorf("%q does not say what to do", err)
				}
			})
		})
	}
}

// TestTrailOfTrimmed: what a log no longer keeps is told as that, with the first sequence that
// it keeps; from there on it is read.
func TestTrailOfTrimmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		s.jobs(8)
		trail := s.trail()
		s.lose(1, 2)
		for _, from := range []uint64{0, 1} {
			got, _, err := s.reread(trail, from, 8)
			cut, ok := errors.AsType[*eventlog.TruncatedError](err)
			if len(got) != 0 || !ok || cut.First != 3 || errors.Is(err, fold.ErrUnlike) {
				t.Errorf("from %d: %v, %v", from, got, err)
			}
		}
		if got, _, err := s.reread(trail, 3, 8); err != nil || len(got) != 6 {
			t.Errorf("from 3: %v, %v", got, err)
		}
	})
}

// refill puts records where others were lost.
func (s *store) refill() {
	other := newStore(s.t)
	other.jobs(14)
	for n := range uint64(14) {
		if !slices.ContainsFunc(s.records, func(r eventlog.Record) bool { return r.Sequence == n+1 }) {
			s.records = append(s.records, other.records[n])
		}
	}
	slices.SortFunc(s.records, func(a, b eventlog.Record) int { return int(a.Sequence) - int(b.Sequence) })
}

// major makes a record one of a newer program's.
func (s *store) major(sequence uint64) {
	for i := range s.records {
		if r := &s.records[i]; r.Sequence == sequence {
			m, err := events.Encode(r.Subject, events.Envelope{ID: "newer", Time: storeStart}, events.Unknown{TypeName: "taurus.job.submitted.v2"})
			if err != nil {
				s.t.Fatal(err)
			}
			r.Message = m
		}
	}
}

// TestTrailOfAnyLog: wherever there are holes and however long a log is, the trail has
// what was noted, and only that.
func TestTrailOfAnyLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trail := fold.NewTrail()
		var folded []uint64
		next := uint64(0)
		for range rapid.IntRange(0, 6).Draw(t, "ranges") {
			next += rapid.Uint64Range(1, 5).Draw(t, "hole")
			for range rapid.SampledFrom([]int{1, 2, 3, 4095, 4096, 4097, 9000}).Draw(t, "records") {
				trail.Note(&cluster.Record{Sequence: next})
				folded = append(folded, next)
				next++
			}
		}
		for range 20 {
			at := rapid.Uint64Range(0, next+2).Draw(t, "at")
			n, found := slices.BinarySearch(folded, at)
			from, upTo := uint64(0), uint64(0)
			if n < len(folded) {
				from = folded[n]
			}
			if found {
				upTo = at
			} else if n > 0 {
				upTo = folded[n-1]
			}
			if trail.From(at) != from || trail.UpTo(at) != upTo {
				t.Fatalf("at %d: from %d, up to %d; want %d, %d", at, trail.From(at), trail.UpTo(at), from, upTo)
			}
		}
	})
}

// BenchmarkTrail is what each record costs that is folded.
func BenchmarkTrail(b *testing.B) {
	trail := fold.NewTrail()
	r := cluster.Record{Time: time.Unix(1, 0)}
	b.ReportAllocs()
	for b.Loop() {
		r.Sequence++
		trail.Note(&r)
	}
}
