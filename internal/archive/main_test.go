package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/exportfile"
	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

func TestMain(m *testing.M) { testwait.Main(m) }

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ledger is a log with its seals, as planners write it.
type ledger struct {
	*memory.Log
	t      testing.TB
	chain  chain.Verifier
	sealed uint64
}

// newLedger is one whose records come a second after another.
func newLedger(t testing.TB) *ledger {
	t.Helper()
	now := start
	return &ledger{t: t, Log: memory.New(memory.WithClock(func() time.Time {
		now = now.Add(time.Second)
		return now
	}))}
}

func (l *ledger) append(subject string, ev events.Event) uint64 {
	l.t.Helper()
	m, err := events.Encode(subject, events.Envelope{ID: "e", Source: "test", Time: start}, ev)
	if err != nil {
		l.t.Fatal(err)
	}
	receipt, err := l.Append(l.t.Context(), eventlog.Fact(m))
	if err != nil {
		l.t.Fatal(err)
	}
	for rec, err := range l.Read(l.t.Context(), receipt.Last, receipt.Last) {
		if err == nil {
			err = l.chain.Add(rec.Sequence, rec.Time, rec.Message)
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
	return receipt.Last
}

func (l *ledger) job(n int) {
	for i := range n {
		l.append(events.NewSpace(0).Job(fmt.Sprint("web", i)), events.JobScaled{Run: uint64(i), Group: "web"})
	}
}

// seal seals the log as it is now, after so many more records have come.
func (l *ledger) seal(late int) uint64 {
	through, hash, _ := l.chain.Head()
	l.job(late)
	l.sealed = through
	return l.append(events.SealSubject, events.LogSealed{Through: through, Hash: hash.String(), Records: 1})
}

// fill writes seals with some records before each.
func (l *ledger) fill(seals, each int) {
	for i := range seals {
		l.job(each)
		l.seal(i % 3)
	}
}

func (l *ledger) last() uint64 {
	b, err := l.Bounds(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return b.Last
}

// options are those of a writer of small segments.
func options(log eventlog.Log, a *Archive) Options {
	return Options{Log: log, Stream: "TAURUS", Partitions: 64, Archive: a, Records: 10, Logger: zerolog.Nop()}
}

// write has a writer archive a log up to a sequence or, with 0, all that the newest seal is
// over.
func write(t testing.TB, log eventlog.Log, store objects.Store, through uint64, change ...func(*Options)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := options(log, New(store))
	if through > 0 {
		if newest, err := New(store).refreshed(t).Newest(ctx); err == nil && newest != nil && newest.To >= through {
			return
		}
	}
	o.Written = func(m *Manifest) {
		if m.To >= through {
			cancel()
		}
	}
	for _, c := range change {
		c(&o)
	}
	if err := NewWriter(o).Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// recordsOf are those of a log, or a part of them.
func recordsOf(t testing.TB, log eventlog.Log, from, to uint64) (records []eventlog.Record) {
	t.Helper()
	for rec, err := range log.Read(t.Context(), from, to) {
		if err != nil {
			t.Fatalf("read %d..%d: %v", from, to, err)
		}
		records = append(records, rec)
	}
	return records
}

func wantSame(t testing.TB, got, want []eventlog.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range got {
		if !got[i].Same(want[i]) {
			t.Fatalf("got %+v, want %+v", got[i], want[i])
		}
	}
}

// archived are the records that an archive has of a range.
func archived(ctx context.Context, a *Archive, from, to uint64) (records []eventlog.Record, err error) {
	for item, err := range a.Read(ctx, from, to) {
		if err != nil {
			return records, err
		}
		if item.Lost.From == 0 {
			records = append(records, item.Record)
		}
	}
	return records, nil
}

// wantWhole wants an archive to verify, to have the records of a log, and to have no file
// that nobody knows but so many.
func wantWhole(t testing.TB, store objects.Store, log eventlog.Log, left int) Verification {
	t.Helper()
	a := New(store)
	v, err := a.Verify(t.Context(), log)
	if err != nil || !v.Whole || len(v.Left) > left {
		t.Fatalf("%+v, %v", v, err)
	}
	got, err := archived(t.Context(), a, v.From, v.To)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, recordsOf(t, log, v.From, v.To))
	return v
}

var errDied = errors.New("the process has died")

// mortal is a store whose user dies at one of its steps: before that has an effect, or
// after.
type mortal struct {
	objects.Store
	die func()

	mu    sync.Mutex
	step  int // that is the last one
	after bool
	dead  bool
	once  bool // It is a failure, and no death.
}

// step reports whether the user dies before, or after, what comes now.
func (m *mortal) next() (before, after bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return true, true
	}
	if m.step--; m.step == 0 {
		m.dead = !m.once
		return !m.after, true
	}
	return false, false
}

func (m *mortal) do(f func() error) error {
	before, after := m.next()
	if before {
		m.die()
		return errDied
	}
	err := f()
	if after {
		m.die()
		return errDied
	}
	return err
}

func (m *mortal) Put(ctx context.Context, name string, content []byte) error {
	return m.do(func() error { return m.Store.Put(ctx, name, content) })
}

func (m *mortal) Get(ctx context.Context, name string, offset, length int64) (in io.ReadCloser, err error) {
	err = m.do(func() error {
		in, err = m.Store.Get(ctx, name, offset, length)
		return err
	})
	return in, err
}

func (m *mortal) List(ctx context.Context, prefix, after string) iter.Seq2[objects.Object, error] {
	if err := m.do(func() error { return nil }); err != nil {
		return func(yield func(objects.Object, error) bool) { yield(objects.Object{}, err) }
	}
	return m.Store.List(ctx, prefix, after)
}

// refreshed is the archive as it is.
func (a *Archive) refreshed(t testing.TB) *Archive {
	t.Helper()
	if err := a.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// chainOf is the hash up to the last of some records, the first of a log.
func chainOf(records []eventlog.Record) string {
	var hash chain.Hash
	for _, rec := range records {
		hash = chain.Next(hash, rec.Sequence, rec.Time, rec.Message)
	}
	return hash.String()
}

// holed is a log that has lost some of its records.
type holed struct {
	eventlog.Log
	lost map[uint64]bool
}

// Read fails at what is missing, as any log does.
func (h holed) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for rec, err := range h.Log.Read(ctx, from, to) {
			if err == nil && h.lost[rec.Sequence] {
				got := rec.Sequence
				for h.lost[got] {
					got++
				}
				yield(eventlog.Record{}, &eventlog.GapError{Want: rec.Sequence, Got: got})
				return
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// sealless archives all that a log has, as if it were sealed, and returns its last manifest:
// for logs that hold anything.
func sealless(ctx context.Context, log eventlog.Log, store objects.Store, before *Manifest, through uint64) (*Manifest, error) {
	m, hash := Manifest{Stream: "TAURUS", Partitions: 64, From: 1}, chain.Hash{}
	if before != nil {
		m.From, m.Log, m.Previous, hash = before.To+1, before.Log, before.own, before.after()
	}
	s, err := newSegment(m, hash)
	if err != nil {
		return nil, err
	}
	for item, err := range exportfile.Log(ctx, log, m.From, through) {
		if err == nil {
			err = s.add(item)
		}
		if err != nil {
			return nil, err
		}
		hash = chain.Next(hash, item.Record.Sequence, item.Record.Time, item.Record.Message)
		if item.Record.Sequence == 1 {
			s.manifest.Log = logOf(item.Record)
		}
	}
	made, file, err := s.finish(through+1, hash)
	if err != nil {
		return nil, err
	}
	content, err := made.encode()
	if err == nil {
		err = errors.Join(store.Put(ctx, made.File, file), store.Put(ctx, name(made.From), content))
	}
	return &made, err
}
