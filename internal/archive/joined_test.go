package archive

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/eventlogtest"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

// TestJoinedIsALog: with nothing archived it is the log that it has.
func TestJoinedIsALog(t *testing.T) {
	eventlogtest.Run(t, func(t *testing.T) eventlogtest.Harness {
		t.Helper()
		log := memory.New()
		j := Join(log, New(objects.NewDir(t.TempDir(), nil)))
		t.Cleanup(func() { _ = log.Close() })
		return eventlogtest.Harness{
			Log: j, Another: func(testing.TB) eventlog.Log { return Join(log, New(objects.NewDir(t.TempDir(), nil))) },
			Forget: func(t testing.TB) {
				t.Helper()
				b, err := log.Bounds(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				log.Forget(b.Last)
			},
		}
	})
}

// TestJoinedReadsWhatIsGone: with all archived but the last record at once, it reads as a
// log that keeps all.
func TestJoinedReadsWhatIsGone(t *testing.T) {
	eventlogtest.RunReads(t, func(t *testing.T) eventlogtest.Harness {
		t.Helper()
		log := &shrinking{Log: memory.New(), store: objects.NewDir(t.TempDir(), nil)}
		t.Cleanup(func() { _ = log.Close() })
		return eventlogtest.Harness{
			Log: Join(log, New(log.store)), Another: func(testing.TB) eventlog.Log { return Join(log, New(log.store)) },
		}
	})
}

// shrinking is a log that archives whatever is appended, and keeps the last record alone.
type shrinking struct {
	*memory.Log
	store objects.Store

	mu     sync.Mutex
	newest *Manifest
}

func (s *shrinking) Append(ctx context.Context, entries ...eventlog.Entry) (eventlog.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	receipt, err := s.Log.Append(ctx, entries...)
	if err != nil {
		return receipt, err
	}
	if s.newest, err = sealless(context.WithoutCancel(ctx), s.Log, s.store, s.newest, receipt.Last); err != nil {
		return receipt, err
	}
	s.Forget(receipt.Last - 1)
	return receipt, nil
}

// TestJoinedAnyRange of a log that was trimmed anywhere reads as the log did.
func TestJoinedAnyRange(t *testing.T) {
	l := newLedger(t)
	l.fill(9, 4)
	dir := objects.NewDir(t.TempDir(), nil)
	write(t, l, dir, l.sealed-10)
	bounds, err := New(dir).refreshed(t).Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := recordsOf(t, l, 1, l.last())
	rapid.Check(t, func(rt *rapid.T) {
		cut := rapid.Uint64Range(0, bounds.Last).Draw(rt, "trimmed")
		j := Join(trimmed(l, cut), New(dir))
		from := rapid.Uint64Range(1, l.last()).Draw(rt, "from")
		to := rapid.Uint64Range(from, l.last()).Draw(rt, "to")
		wantSame(t, recordsOf(t, j, from, to), all[from-1:to])
		if b, err := j.Bounds(t.Context()); err != nil || b.First != 1 || b.Last != l.last() {
			rt.Fatalf("%+v, %v", b, err)
		}
		at := start.Add(time.Duration(rapid.IntRange(0, int(l.last())+2).Draw(rt, "at")) * time.Second)
		want, _ := l.SequenceAt(t.Context(), at)
		if got, err := j.SequenceAt(t.Context(), at); err != nil || got != want {
			rt.Fatalf("%v: %d, %v, want %d", at, got, err, want)
		}
	})
}

// TestBeyondBoth: what neither keeps is told with the first sequence that there is.
func TestBeyondBoth(t *testing.T) {
	l := newLedger(t)
	l.fill(9, 4)
	dir, empty := objects.NewDir(t.TempDir(), nil), objects.NewDir(t.TempDir(), nil)
	write(t, l, dir, 20)
	bounds, err := New(dir).refreshed(t).Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Only the last segment is left of an archive.
	part := objects.NewDir(t.TempDir(), nil)
	known := New(dir).refreshed(t).known()
	newest, err := New(dir).refreshed(t).Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range []string{newest.File, name(newest.From)} {
		content, err := objects.Read(t.Context(), dir, object, 1<<30)
		if err == nil {
			err = part.Put(t.Context(), object, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	gap := trimmed(l, bounds.Last+2)
	for name, c := range map[string]struct {
		log     eventlog.Log
		store   objects.Store
		from    uint64
		first   uint64 // with a TruncatedError
		gapWant uint64 // with a GapError
	}{
		"no archive":                 {trimmed(l, 12), empty, 5, 13, 0},
		"before the archive":         {trimmed(l, bounds.Last), part, 1, known[len(known)-1], 0},
		"between archive and log":    {gap, dir, bounds.Last + 1, bounds.Last + 3, 0},
		"over what is between":       {gap, dir, 3, 0, bounds.Last + 1},
		"nothing is kept of the log": {trimmed(l, l.last()), empty, 5, l.last() + 1, 0},
	} {
		j := Join(c.log, New(c.store))
		var got error
		for _, err := range j.Read(t.Context(), c.from, 0) {
			got = err
			if err != nil {
				break
			}
		}
		cut, isCut := errors.AsType[*eventlog.TruncatedError](got)
		missing, isGap := errors.AsType[*eventlog.GapError](got)
		if c.first != 0 && (!isCut || cut.First != c.first) || c.gapWant != 0 && (!isGap || missing.Want != c.gapWant) {
			t.Errorf("%s: %v, want the first %d, or a gap at %d", name, got, c.first, c.gapWant)
		}
	}
}

// TestSeam: an archive that is not of the log is noticed where a reading goes over to it.
func TestSeam(t *testing.T) {
	l := newLedger(t)
	l.fill(9, 4)
	dir := objects.NewDir(t.TempDir(), nil)
	write(t, l, dir, l.sealed-10)
	bounds, err := New(dir).refreshed(t).Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := newLedger(t)
	other.job(2)
	other.fill(9, 4)
	for _, cut := range []uint64{10, bounds.Last - 1, bounds.Last} {
		var got error
		for rec, err := range Join(trimmed(other, cut), New(dir)).Read(t.Context(), 1, 0) {
			if got = err; err != nil {
				break
			}
			if rec.Sequence > cut {
				t.Fatalf("cut at %d: it goes on with %d", cut, rec.Sequence)
			}
		}
		changed, ok := errors.AsType[*eventlog.ChangedError](got)
		if !ok || changed.Sequence < cut || changed.Sequence > cut+1 || !errors.Is(got, ErrOther) {
			t.Errorf("cut at %d: %v", cut, got)
		}
	}
}

// TestArchiveAway is a log that is away, for a while.
func TestArchiveAway(t *testing.T) {
	l := newLedger(t)
	l.fill(9, 4)
	dir := objects.NewDir(t.TempDir(), nil)
	write(t, l, dir, l.sealed-10)
	m := &mortal{Store: dir, step: 2, die: func() {}}
	j := Join(trimmed(l, 12), New(m))
	for range 3 {
		var got error
		for _, err := range j.Read(t.Context(), 1, 5) {
			got = err
		}
		if !errors.Is(got, eventlog.ErrUnavailable) {
			t.Errorf("%v, want ErrUnavailable", got)
		}
	}
	m.dead, m.step = false, -1
	if got := recordsOf(t, j, 1, 20); len(got) != 20 {
		t.Errorf("%d records", len(got))
	}
	wantSame(t, recordsOf(t, j, 13, 20), recordsOf(t, l, 13, 20))
}
