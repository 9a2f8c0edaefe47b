package fold_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/internal/snapshot"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// snaps are snapshots as they were written, the newest first.
type snaps [][]byte

func (s snaps) Newest(_ context.Context, format string) iter.Seq[*snapshot.Snapshot] {
	return func(yield func(*snapshot.Snapshot) bool) {
		for _, data := range s {
			if snap, err := snapshot.Decode(data); err == nil && snap.Format == format && !yield(snap) {
				return
			}
		}
	}
}

// snapshots are those that can be made of the log as it is, one at each seal.
func (s *store) snapshots() (made snaps) {
	s.t.Helper()
	state, m := cluster.New(), mark.Mark{}
	var v chain.Verifier
	for _, rec := range s.records {
		r, err := cluster.Decode(events.NewSpace(0), rec.Sequence, rec.Time, rec.Message)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := v.Add(rec.Sequence, rec.Time, rec.Message); err != nil {
			s.t.Fatal(err)
		}
		_, r.Head.Hash, r.Head.Known = v.Head()
		if _, err := state.Apply(r); err != nil {
			s.t.Fatal(err)
		}
		if m.Sequence = r.Sequence; r.Sequence == 1 {
			m.First = r.Head.Hash
		}
		snap, err := snapshot.Of(state, m, &r)
		if errors.Is(err, snapshot.ErrUnsealed) {
			continue
		}
		if err != nil {
			s.t.Fatal(err)
		}
		data, err := snap.Encode()
		if err != nil {
			s.t.Fatal(err)
		}
		made = append(made, data)
	}
	slices.Reverse(made)
	return made
}

// Count implements eventlog.Counted.
func (s *store) Count(context.Context) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(len(s.records)), nil
}

// TestBegins: where a fold begins, by what the log is, and how far it was folded before.
func TestBegins(t *testing.T) {
	foreign := func(t *testing.T) snaps {
		o := newStore(t)
		o.jobs(11)
		o.seal()
		o.jobs(9)
		o.seal()
		return o.snapshots()
	}
	for name, c := range map[string]struct {
		harm   func(s *store)
		marked uint64 // 0 for never
		from   func(t *testing.T, s *store) snaps
		want   uint64 // 0 for the first record
	}{
		"the newest":                   {func(*store) {}, 0, nil, 22},
		"was folded to the end":        {func(*store) {}, 25, nil, 22},
		"was folded up to it":          {func(*store) {}, 22, nil, 22},
		"was folded less":              {func(*store) {}, 21, nil, 11},
		"was folded hardly":            {func(*store) {}, 3, nil, 0},
		"the newest is lost":           {func(s *store) { s.lose(20, 30) }, 0, nil, 11},
		"a seal is another":            {func(s *store) { s.change(22) }, 0, nil, 11},
		"a record is another":          {func(s *store) { s.change(21) }, 0, nil, 22},
		"of another log":               {func(*store) {}, 0, func(t *testing.T, _ *store) snaps { return foreign(t) }, 0},
		"there is a hole":              {func(s *store) { s.lose(5, 5); s.accept(5, 5) }, 0, nil, 0},
		"the beginning is gone":        {func(s *store) { s.lose(1, 5); s.accept(1, 5) }, 0, nil, 0},
		"there is none":                {func(*store) {}, 0, func(*testing.T, *store) snaps { return nil }, 0},
		"the newest cannot be read":    {func(*store) {}, 0, func(_ *testing.T, s *store) snaps { all := s.snapshots(); all[0] = all[0][:90]; return all }, 11},
		"others stand behind the seal": {func(s *store) { s.lose(23, 25); s.jobs(9) }, 25, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t)
				for range 2 {
					s.jobs(10)
					s.seal()
				}
				s.jobs(3)
				all := s.snapshots()
				if c.from != nil {
					all = c.from(t, s)
				}
				marks := &kept{}
				if c.marked != 0 {
					part := &store{t: t, records: s.records[:c.marked:c.marked], grown: make(chan struct{}), broken: make(chan struct{})}
					if _, _, err := part.run(marks); err != nil {
						t.Fatal(err)
					}
				}
				c.harm(s)
				s.snaps, s.resumed = all, 0
				_, _, _ = s.run(marks)
				if s.resumed != c.want {
					t.Errorf("it began behind %d, want %d", s.resumed, c.want)
				}
			})
		})
	}
}

// TestBeginsAlike: whoever begins at a snapshot comes to the same state and the same mark.
func TestBeginsAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		s.jobs(3)
		s.unsummed(events.NewSpace(0).Job("web"), events.JobDeleted{Run: 1}) // It is rejected.
		s.seal()
		s.jobs(4)
		all := s.snapshots()
		run := func(from snaps) (fold.Rejected, mark.Mark, string) {
			marks := &kept{}
			s.snaps, s.resumed = from, 0
			state, acted, err := s.run(marks)
			if err != nil || !acted || (s.resumed != 0) != (from != nil) {
				t.Fatalf("%v, acted %t, began at %d", err, acted, s.resumed)
			}
			data, err := cluster.Encode(state)
			if err != nil {
				t.Fatal(err)
			}
			return s.rejected, marks.mark, string(data)
		}
		rejected, marked, state := run(nil)
		r, m, st := run(all)
		if r != rejected || m != marked || st != state || rejected.Count != 1 {
			t.Errorf("%+v %+v\n%s\nand not\n%+v %+v\n%s", r, m, st, rejected, marked, state)
		}
	})
}
