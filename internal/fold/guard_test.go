package fold_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/mark"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// store is a log that a test can harm: it holds records by their sequences, and
// says what is missing as others do.
type store struct {
	mu      sync.Mutex
	t       testing.TB
	records []eventlog.Record
	grown   chan struct{}
	chain   chain.Verifier
	added   int
	// broken is closed when those who read have to begin anew; asked counts how often the
	// bounds were asked for, and away is at which time they cannot be had.
	broken      chan struct{}
	asked, away int
	// snaps are where a fold may begin; resumed is behind which record the last did, rejected
	// what it says of rejected records.
	snaps    snaps
	resumed  uint64
	rejected fold.Rejected
	// purged is up to where records were removed in good order.
	purged uint64
}

func newStore(t testing.TB) *store {
	return &store{t: t, grown: make(chan struct{}), broken: make(chan struct{})}
}

var storeStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// add appends an event, and keeps the hash up to it as somebody who runs beside
// does.
func (s *store) add(subject string, ev events.Event) uint64 {
	s.t.Helper()
	return s.put(subject, ev, true)
}

// unsummed appends an event as somebody does who does not know how.
func (s *store) unsummed(subject string, ev events.Event) {
	s.t.Helper()
	s.put(subject, ev, false)
}

func (s *store) put(subject string, ev events.Event, summed bool) uint64 {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	last := uint64(0)
	if n := len(s.records); n > 0 {
		last = s.records[n-1].Sequence
	}
	m, err := events.Encode(subject, events.Envelope{ID: fmt.Sprint(last + 1), Time: storeStart}, ev)
	if err != nil {
		s.t.Fatal(err)
	}
	if !summed {
		delete(m.Header, events.HeaderSum)
	}
	r := eventlog.Record{Sequence: last + 1, Time: storeStart.Add(time.Duration(s.added) * time.Second), Message: m}
	s.added++
	if head, _, _ := s.chain.Head(); head == last {
		if err := s.chain.Add(r.Sequence, r.Time, m); err != nil {
			s.t.Fatal(err)
		}
	}
	s.records = append(s.records, r)
	close(s.grown)
	s.grown = make(chan struct{})
	return r.Sequence
}

func (s *store) jobs(n int) {
	for range n {
		s.add(events.NewSpace(0).Job("web"), events.JobDeleted{Run: 1})
	}
}

func (s *store) seal() {
	through, hash, _ := s.chain.Head()
	s.add(events.SealSubject, events.LogSealed{Through: through, Hash: hash.String()})
}

// restart has everybody read anew.
func (s *store) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.broken)
	s.broken = make(chan struct{})
}

// forge seals what nobody has, up to a sequence, which may be to come.
func (s *store) forge(through uint64) {
	s.chain = chain.Verifier{} // It would tell.
	s.add(events.SealSubject, events.LogSealed{Through: through, Hash: strings.Repeat("0a", 32)})
}

func (s *store) accept(from, to uint64) {
	s.add(events.LogSubject, events.LossAccepted{From: from, To: to, Reason: "test"})
}

// lose drops the records of a range. Behind a lost end the next record gets the
// first number of it.
func (s *store) lose(from, to uint64) {
	var kept []eventlog.Record
	for _, r := range s.records {
		if r.Sequence < from || r.Sequence > to {
			kept = append(kept, r)
		}
	}
	s.records = kept
	if n := len(kept); n == 0 || kept[n-1].Sequence < from {
		// Whoever appends now goes on from what is left.
		s.chain = chain.Verifier{}
		for _, r := range kept {
			_ = s.chain.Add(r.Sequence, r.Time, r.Message)
		}
	}
}

// change changes a record as nobody may, with a sum that fits.
func (s *store) change(sequence uint64) {
	for i := range s.records {
		if r := &s.records[i]; r.Sequence == sequence {
			m, err := events.Encode(r.Subject, events.Envelope{ID: "forged", Time: storeStart}, events.JobDeleted{Run: 7})
			if err != nil {
				s.t.Fatal(err)
			}
			r.Message = m
		}
	}
}

func (s *store) Append(context.Context, ...eventlog.Entry) (eventlog.Receipt, error) {
	return eventlog.Receipt{}, eventlog.ErrUnavailable
}

func (s *store) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		s.mu.Lock()
		broken := s.broken
		s.mu.Unlock()
		for next := max(from, 1); to == 0 || next <= to; {
			s.mu.Lock()
			records, grown, purged := s.records, s.grown, s.purged
			s.mu.Unlock()
			if len(records) == 0 && next <= purged {
				yield(eventlog.Record{}, &eventlog.TruncatedError{First: purged + 1})
				return
			}
			if len(records) > 0 && records[0].Sequence > next && next == 1 {
				yield(eventlog.Record{}, &eventlog.TruncatedError{First: records[0].Sequence})
				return
			}
			for _, r := range records {
				if r.Sequence < next || to != 0 && next > to {
					continue
				}
				if r.Sequence > next {
					yield(eventlog.Record{}, &eventlog.GapError{Want: next, Got: r.Sequence})
					return
				}
				if !yield(r, nil) {
					return
				}
				next++
			}
			if to != 0 && next > to {
				return
			}
			select {
			case <-grown:
			case <-broken:
				yield(eventlog.Record{}, eventlog.ErrUnavailable)
				return
			case <-ctx.Done():
				yield(eventlog.Record{}, ctx.Err())
				return
			}
		}
	}
}

func (s *store) Bounds(context.Context) (eventlog.Bounds, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked++; s.asked == s.away {
		return eventlog.Bounds{}, eventlog.ErrUnavailable
	}
	if len(s.records) == 0 {
		return eventlog.Bounds{First: s.purged + 1, Last: s.purged}, nil
	}
	return eventlog.Bounds{First: s.records[0].Sequence, Last: s.records[len(s.records)-1].Sequence}, nil
}

func (s *store) SequenceAt(context.Context, time.Time) (uint64, error) { return 0, nil }

func (s *store) Close() error { return nil }

// kept are marks in memory.
type kept struct {
	mark  mark.Mark
	found bool
	saves int
	fail  error // once
	// unread is why there is no saying what was saved.
	unread error
}

func (k *kept) Load() (mark.Mark, bool, error) { return k.mark, k.found, k.unread }

func (k *kept) Save(m mark.Mark) error {
	if err := k.fail; err != nil {
		k.fail = nil
		return err
	}
	k.mark, k.found = m, true
	k.saves++
	return nil
}

// eager is a machine that wants something as soon as it may.
type eager struct {
	acted   *bool
	resumed *uint64
}

func (e eager) Step(_ machine.Moment, in machine.Input) []machine.Effect {
	switch in := in.(type) {
	case machine.CaughtUp:
		*e.acted = true
	case machine.Resumed:
		*e.resumed = in.Record.Sequence
	}
	return nil
}

func (eager) Wake() time.Time { return time.Time{} }

// run folds a log until all is read, and says what it folded and whether the
// machine was let act.
func (s *store) run(marks fold.Marks) (state *cluster.State, acted bool, err error) {
	return s.runFor(marks, 0)
}

// runFor is run, for a log that takes its time.
func (s *store) runFor(marks fold.Marks, long time.Duration) (state *cluster.State, acted bool, err error) {
	synctest.Wait()
	state = cluster.New()
	loop, err := fold.New(state, fold.Options{Log: s, Role: "tester", Logger: zerolog.Nop(), Marks: marks, Snapshots: s.snaps})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- loop.Run(ctx, eager{&acted, &s.resumed}, nil) }()
	time.Sleep(long)
	synctest.Wait()
	stop()
	err = <-done
	s.rejected = loop.Rejected()
	return state, acted, err
}

// TestGuard: what became of a log, seen by a service that had folded it before.
func TestGuard(t *testing.T) { testGuard(t, false) }

// TestGuardWithSnapshots: a service that may begin at a snapshot sees the same. What was changed
// before the seal at which that was made it does not see, nor does what it folds depend on it.
func TestGuardWithSnapshots(t *testing.T) { testGuard(t, true) }

func testGuard(t *testing.T, snapshots bool) {
	unseen := map[string]uint64{"a sealed record changed": 21, "a change, another accepted": 22}
	for name, c := range map[string]struct {
		harm func(s *store)
		// want is the error, nil for none; acted says that the machine may act.
		want error
		says string
		last uint64
	}{
		"nothing":                     {func(*store) {}, nil, "", 21},
		"more":                        {func(s *store) { s.jobs(5) }, nil, "", 26},
		"the last record lost":        {func(s *store) { s.lose(21, 21) }, fold.ErrShort, "accept-loss --from 21 --to 21", 0},
		"the end lost":                {func(s *store) { s.lose(13, 21) }, fold.ErrShort, "13..21 are missing", 0},
		"all lost":                    {func(s *store) { s.lose(1, 21) }, fold.ErrShort, "1..21 are missing", 0},
		"the end lost, and others":    {func(s *store) { s.lose(13, 21); s.jobs(20) }, fold.ErrOther, "a record of 11..21 was changed", 0},
		"another log":                 {func(s *store) { s.lose(1, 21); s.jobs(30) }, fold.ErrOther, "even its first record", 0},
		"another log, and shorter":    {func(s *store) { s.lose(1, 21); s.jobs(5) }, fold.ErrOther, "even its first record", 0},
		"an unsealed record changed":  {func(s *store) { s.change(20) }, fold.ErrOther, "a record of 11..21", 0},
		"a sealed record changed":     {func(s *store) { s.change(3) }, chain.ErrBroken, "a record of 1..10", 0},
		"a hole":                      {func(s *store) { s.lose(5, 7) }, eventlog.ErrGap, "5..7 are missing; the last record before is of 2026-03-01T12:00:03Z", 0},
		"the beginning lost":          {func(s *store) { s.lose(1, 4) }, eventlog.ErrTruncated, "1..4 are missing", 0},
		"the end lost, and accepted":  {func(s *store) { s.lose(13, 21); s.accept(13, 21) }, nil, "", 13},
		"accepted much later":         {func(s *store) { s.lose(13, 21); s.jobs(20); s.accept(13, 21); s.jobs(1) }, nil, "", 34},
		"another loss accepted":       {func(s *store) { s.lose(13, 21); s.jobs(20); s.accept(25, 30) }, fold.ErrOther, "", 0},
		"accepted, and another loss":  {func(s *store) { s.lose(13, 21); s.jobs(20); s.accept(13, 21); s.accept(25, 30) }, nil, "", 34},
		"not all of it accepted":      {func(s *store) { s.lose(13, 21); s.accept(13, 20) }, fold.ErrShort, "", 0},
		"accepted elsewhere":          {func(s *store) { s.lose(13, 21); s.add(events.SealSubject, events.LossAccepted{From: 13, To: 21}) }, fold.ErrShort, "", 0},
		"all lost, and accepted":      {func(s *store) { s.lose(1, 21); s.accept(1, 21) }, nil, "", 1},
		"a hole, and accepted":        {func(s *store) { s.lose(5, 7); s.accept(5, 7); s.jobs(2) }, nil, "", 24},
		"a hole over a seal":          {func(s *store) { s.lose(9, 14); s.accept(8, 15) }, nil, "", 22},
		"two holes, both accepted":    {func(s *store) { s.lose(5, 7); s.lose(15, 15); s.accept(5, 7); s.accept(15, 15) }, nil, "", 23},
		"two holes, one accepted":     {func(s *store) { s.lose(5, 7); s.lose(15, 15); s.accept(5, 7) }, eventlog.ErrGap, "15 is missing", 0},
		"half of a hole accepted":     {func(s *store) { s.lose(5, 7); s.accept(5, 6) }, eventlog.ErrGap, "5..7 are missing", 0},
		"the beginning, accepted":     {func(s *store) { s.lose(1, 4); s.accept(1, 4) }, nil, "", 22},
		"a change, accepted":          {func(s *store) { s.change(3); s.accept(3, 3) }, nil, "", 22},
		"a change, another accepted":  {func(s *store) { s.change(3); s.accept(13, 13) }, chain.ErrBroken, "", 0},
		"a change, an older accepted": {func(s *store) { s.seal(); s.change(15); s.accept(3, 3) }, chain.ErrBroken, "a record of 11..21", 0},
		"the other half accepted":     {func(s *store) { s.lose(5, 7); s.accept(6, 7) }, eventlog.ErrGap, "5..7 are missing", 0},
		"a hole, accepted elsewhere":  {func(s *store) { s.lose(5, 7); s.add(events.SealSubject, events.LossAccepted{From: 5, To: 7}) }, eventlog.ErrGap, "", 0},
		"a hole, accepted by nobody":  {func(s *store) { s.lose(5, 7); s.unsummed(events.LogSubject, events.LossAccepted{From: 5, To: 7}) }, eventlog.ErrGap, "", 0},
		"an end, accepted by nobody":  {func(s *store) { s.lose(13, 21); s.unsummed(events.LogSubject, events.LossAccepted{From: 13, To: 21}) }, fold.ErrShort, "", 0},
		"sealed by nobody": {func(s *store) {
			s.unsummed(events.SealSubject, events.LogSealed{Through: 21, Hash: chain.Hash{1}.String()})
		}, nil, "", 22},
		"a forged seal":                {func(s *store) { s.forge(15) }, chain.ErrBroken, "a record of 11..15 was changed", 0},
		"a forged seal, accepted":      {func(s *store) { s.forge(15); s.jobs(2); s.accept(11, 22) }, nil, "", 25},
		"a forged seal to come":        {func(s *store) { s.forge(100) }, chain.ErrBroken, "a record of 11..22 was changed", 0},
		"one to come, accepted":        {func(s *store) { s.forge(1 << 60); s.jobs(2); s.accept(11, 22); s.jobs(3) }, nil, "", 28},
		"a hole at the mark, accepted": {func(s *store) { s.jobs(2); s.lose(20, 22); s.accept(20, 22) }, nil, "", 24},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t)
				s.jobs(10)
				s.seal()
				s.jobs(10)
				marks := &kept{}
				if _, acted, err := s.run(marks); err != nil || !acted || marks.mark.Sequence != 21 {
					t.Fatalf("%v, acted %t, marked %+v", err, acted, marks.mark)
				}
				before := marks.mark
				if last := unseen[name]; snapshots {
					s.snaps = s.snapshots()
					if last != 0 {
						c.want, c.last = nil, last
					}
				}
				if first := s.records[0]; before.First != chain.Next(chain.Hash{}, 1, first.Time, first.Message) {
					t.Errorf("the first record is marked by %v", before.First)
				}
				c.harm(s)
				state, acted, err := s.run(marks)
				if !errors.Is(err, c.want) {
					t.Fatalf("%v, want %v", err, c.want)
				}
				if c.want != nil {
					if acted || marks.mark != before {
						t.Errorf("acted %t, and marked %+v, before it said %v", acted, marks.mark, err)
					}
					if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "docs/operating.md") {
						t.Errorf("%q, want %q and the way out", err, c.says)
					}
					return
				}
				if !acted || marks.mark.Sequence != c.last || state.Sequence != c.last {
					t.Errorf("acted %t, marked %+v at %d, want %d", acted, marks.mark, state.Sequence, c.last)
				}
				// What is good once is good again, and the guard is as sharp as before.
				if _, _, err := s.run(marks); err != nil {
					t.Errorf("again: %v", err)
				}
				s.jobs(1)
				if _, _, err := s.run(marks); err != nil {
					t.Errorf("with one more: %v", err)
				}
				s.lose(c.last+1, c.last+1)
				refused := fold.ErrShort
				if snapshots && unseen[name] != 0 {
					refused = chain.ErrBroken // All of it is folded now, and that is what comes first.
				}
				if _, acted, err := s.run(marks); !errors.Is(err, refused) || acted {
					t.Errorf("the end lost after that: %v, acted %t", err, acted)
				}
			})
		})
	}
}

// TestMarksComeFirst: nothing is carried out before what it follows from is marked.
func TestMarksComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		s.jobs(3)
		marks := &kept{fail: errors.New("the disk broke")}
		state := cluster.New()
		loop, err := fold.New(state, fold.Options{Log: s, Role: "tester", Logger: zerolog.Nop(), Marks: marks})
		if err != nil {
			t.Fatal(err)
		}
		c := &carrier{}
		m := &scripted{state: state, reply: map[string][]machine.Effect{"caught up": {ping(1)}}}
		err = loop.Run(t.Context(), m, c)
		if err == nil || !strings.Contains(err.Error(), "the disk broke") || !strings.Contains(err.Error(), "--state-dir") {
			t.Errorf("ended with %v", err)
		}
		if len(c.carried) > 0 {
			t.Errorf("%v was carried out, and not marked", c.carried)
		}
	})
}

// TestMarksAreFew: a burst is marked once, not record by record.
func TestMarksAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		s.jobs(500)
		marks := &kept{}
		if _, _, err := s.run(marks); err != nil {
			t.Fatal(err)
		}
		if marks.mark.Sequence != 500 || marks.saves > 3 {
			t.Errorf("marked %d with %d writes", marks.mark.Sequence, marks.saves)
		}
		// Nor is it while nothing comes.
		loop, err := fold.New(cluster.New(), fold.Options{Log: s, Role: "tester", Logger: zerolog.Nop(), Marks: marks})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- loop.Run(ctx, fold.Idle{}, nil) }()
		synctest.Wait()
		before := marks.saves
		time.Sleep(time.Hour)
		synctest.Wait()
		stop()
		if err := <-done; err != nil || marks.saves != before {
			t.Errorf("%d writes in an hour without a record, %v", marks.saves-before, err)
		}
	})
}

// TestMarkThatKnowsLittle: a mark that was made behind a loss, before the next seal,
// knows no hash; one of a log without its first record does not know that one. A log
// that has them again is not another for that.
func TestMarkThatKnowsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		s.jobs(10)
		marks := &kept{found: true, mark: mark.Mark{Sequence: 7, Hash: chain.Hash{1}}}
		if _, acted, err := s.run(marks); err != nil || !acted || marks.mark.Sequence != 10 {
			t.Errorf("%v, acted %t, marked %+v", err, acted, marks.mark)
		}
	})
}

// TestMarkUnread: what is not known is not guarded by.
func TestMarkUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		s.jobs(3)
		unread := errors.New("the disk broke")
		if _, acted, err := s.run(&kept{unread: unread}); !errors.Is(err, unread) || acted {
			t.Errorf("%v, acted %t", err, acted)
		}
	})
}

// TestPurged: a log of which nothing is kept is not one in which nothing ever was.
func TestPurged(t *testing.T) {
	for name, marks := range map[string]fold.Marks{"without a mark": nil, "with one": &kept{found: true, mark: mark.Mark{Sequence: 5}}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStore(t)
			s.purged = 10
			_, acted, err := s.run(marks)
			if err == nil || acted || !strings.Contains(err.Error(), "missing") {
				t.Errorf("%s: %v, acted %t", name, err, acted)
			}
		})
	}
}

// TestGuardWhileTheLogIsAway: what the guard has to ask the log it asks again.
func TestGuardWhileTheLogIsAway(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(s *store)
		last uint64
	}{
		"empty":               {func(s *store) { s.lose(1, 21) }, 0},
		"a hole, accepted":    {func(s *store) { s.lose(5, 7); s.accept(5, 7) }, 22},
		"a change, accepted":  {func(s *store) { s.change(3); s.accept(3, 3) }, 22},
		"two holes, accepted": {func(s *store) { s.lose(5, 7); s.lose(9, 9); s.accept(5, 7); s.accept(9, 9) }, 23},
	} {
		for away := 1; away < 6; away++ {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t)
				s.jobs(10)
				s.seal()
				s.jobs(10)
				c.harm(s)
				s.away = away
				state, acted, err := s.runFor(nil, time.Minute)
				if err != nil || !acted || state.Sequence != c.last {
					t.Errorf("%s, away at request %d: %v, acted %t, folded %d", name, away, err, acted, state.Sequence)
				}
			})
		}
	}
}

// TestGuardWhileItRuns: the log loses its end while it is followed; once it is read again
// that is seen, also if it has grown since, and nothing more is folded.
func TestGuardWhileItRuns(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(s *store)
		want error
		says string
		last uint64
	}{
		"nothing":                       {func(*store) {}, nil, "", 21},
		"more":                          {func(s *store) { s.jobs(2) }, nil, "", 23},
		"the end lost":                  {func(s *store) { s.lose(20, 21) }, fold.ErrShort, "accept-loss --from 20 --to 21", 21},
		"the end lost, and as long":     {func(s *store) { s.lose(21, 21); s.jobs(1) }, fold.ErrOther, "accept-loss --from 11 --to 21", 21},
		"the end lost, and longer":      {func(s *store) { s.lose(15, 21); s.jobs(30) }, fold.ErrOther, "at sequence 21", 21},
		"the last one gone, and longer": {func(s *store) { s.jobs(2); s.lose(21, 21) }, nil, "", 23},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t)
				s.jobs(10)
				s.seal()
				s.jobs(10)
				state := cluster.New()
				loop, err := fold.New(state, fold.Options{Log: s, Role: "tester", Logger: zerolog.Nop(), Marks: &kept{}})
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- loop.Run(ctx, fold.Idle{}, nil) }()
				synctest.Wait()
				s.mu.Lock()
				s.grown = make(chan struct{}) // Nobody hears of it before they read again.
				s.mu.Unlock()
				c.harm(s)
				s.restart()
				time.Sleep(time.Minute)
				synctest.Wait()
				stop()
				if err := <-done; !errors.Is(err, c.want) || c.want != nil && (!strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "docs/operating.md")) {
					t.Errorf("%v, want %v and %q", err, c.want, c.says)
				}
				if state.Sequence != c.last {
					t.Errorf("folded up to %d, want %d", state.Sequence, c.last)
				}
			})
		})
	}
}

// TestHeads: each record comes with the log's hash, unknown from a loss to the next
// seal.
func TestHeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		s.jobs(4)
		s.lose(2, 3)
		s.jobs(1)
		s.accept(2, 3)
		s.chain = chain.Verifier{}
		for _, r := range s.records {
			if r.Sequence == 4 {
				_ = s.chain.Skip(2, 3)
			}
			if err := s.chain.Add(r.Sequence, r.Time, r.Message); err != nil {
				t.Fatal(err)
			}
		}
		s.seal()
		s.jobs(1)
		feed := fold.Start(t.Context(), s, events.Space{}, nil)
		var known []bool
		var missing []uint64
		var last cluster.Head
		for range 6 {
			r := <-feed.Records()
			known, missing, last = append(known, r.Head.Known), append(missing, r.Missing), r.Head
		}
		if want := []bool{true, false, false, false, true, true}; !reflect.DeepEqual(known, want) {
			t.Errorf("known %v, want %v", known, want)
		}
		if want := []uint64{0, 2, 0, 0, 0, 0}; !reflect.DeepEqual(missing, want) {
			t.Errorf("missing %v, want %v", missing, want)
		}
		if _, want, _ := s.chain.Head(); last.Hash != want {
			t.Errorf("%v, want %v", last.Hash, want)
		}
	})
}
