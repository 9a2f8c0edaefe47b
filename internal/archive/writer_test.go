package archive

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/objects"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

func TestWriter(t *testing.T) {
	l := newLedger(t)
	l.fill(20, 4)
	store := objects.NewDir(t.TempDir(), nil)
	write(t, l, store, l.sealed-10)
	v := wantWhole(t, store, l, 0)
	if v.From != 1 || v.To > l.sealed || v.Segments < 5 || v.Compared != v.Segments {
		t.Errorf("%+v", v)
	}
	first := chainOf(recordsOf(t, l, 1, 1))
	for m, err := range New(store).refreshed(t).Manifests(t.Context()) {
		if err != nil || m.Log != first || m.Stream != "TAURUS" || m.Partitions != 64 || m.To-m.From+1 < 10 || m.Seal <= m.To {
			t.Errorf("%+v, %v", m, err)
		}
	}
}

// TestWriterGoesOn as more comes, and one that is started again does.
func TestWriterGoesOn(t *testing.T) {
	l := newLedger(t)
	store := objects.NewDir(t.TempDir(), nil)
	for range 4 {
		l.fill(4, 5)
		write(t, l, store, l.sealed-10)
		wantWhole(t, store, l, 0)
	}
}

// TestKilledAnywhere: whatever step of the store the writer dies at, before it has an effect
// or after, whoever is started next goes on, and nothing is lost or twice.
func TestKilledAnywhere(t *testing.T) {
	l := newLedger(t)
	l.fill(5, 5)
	for _, after := range []bool{false, true} {
		for step := 1; ; step++ {
			dir := objects.NewDir(t.TempDir(), nil)
			ctx, die := context.WithCancel(t.Context())
			m := &mortal{Store: dir, step: step, after: after, die: die}
			o := options(l, New(m))
			o.Written = func(m *Manifest) {
				if m.To >= l.sealed-10 {
					die()
				}
			}
			if err := NewWriter(o).Run(ctx); err != nil {
				t.Fatal(err)
			}
			died := m.dead
			die()
			known := New(dir).refreshed(t).known()
			write(t, l, dir, l.sealed-10)
			wantWhole(t, dir, l, 0)
			// What was there before is there still, as it was.
			for i, from := range New(dir).refreshed(t).known()[:len(known)] {
				if from != known[i] {
					t.Fatalf("step %d: a segment is gone", step)
				}
			}
			if !died {
				if step < 10 {
					t.Fatalf("there were %d steps only", step)
				}
				break
			}
		}
	}
}

// TestTwoWriters beside each other, who end segments elsewhere, make one archive.
func TestTwoWriters(t *testing.T) {
	l := newLedger(t)
	l.fill(30, 5)
	dir := objects.NewDir(t.TempDir(), nil)
	done := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, records := range []uint64{7, 12} {
		go func() {
			o := options(l, New(dir))
			o.Records = records
			o.Written = func(m *Manifest) {
				if m.To >= l.sealed-20 {
					cancel()
				}
			}
			done <- NewWriter(o).Run(ctx)
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	wantWhole(t, dir, l, 100)
}

// TestOldEnough: a segment that does not grow ends at the last seal once it is so old.
func TestOldEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(t)
		l.job(3)
		l.seal(0)
		l.job(2)
		a := New(objects.NewDir(t.TempDir(), nil))
		ctx, cancel := context.WithCancel(t.Context())
		o := options(l, a)
		o.Age = time.Hour
		w := NewWriter(o)
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if got := w.Sequence(); got != 0 {
			t.Errorf("archived up to %d before its time", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := w.Sequence(); got != 3 {
			t.Errorf("archived up to %d, want what the seal is over", got)
		}
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		if got := w.Sequence(); got != 3 {
			t.Errorf("archived up to %d without another seal", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestStoreAway: what goes wrong for a while is tried again.
func TestStoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(t)
		l.fill(6, 5)
		dir := objects.NewDir(t.TempDir(), nil)
		failed := 0
		for step := range 12 {
			m := &mortal{Store: dir, step: step + 1, die: func() {}, once: true}
			write(t, l, m, 0, func(o *Options) {
				o.Failed = func(err error) {
					failed++
					if !errors.Is(err, errDied) {
						t.Error(err)
					}
				}
			})
			l.fill(2, 6)
		}
		if failed == 0 {
			t.Error("nothing has failed")
		}
		wantWhole(t, dir, l, 0)
	})
}

// TestOfAnotherLog: nothing is added to the archive of another log, of one that has lost
// its end, or of one that lacks what comes next.
func TestOfAnotherLog(t *testing.T) {
	l := newLedger(t)
	l.fill(8, 5)
	dir := objects.NewDir(t.TempDir(), nil)
	write(t, l, dir, 20)
	v := wantWhole(t, dir, l, 0)
	other := newLedger(t)
	other.job(1)
	other.fill(8, 6)
	short := newLedger(t)
	short.job(5)
	for name, c := range map[string]struct {
		log  eventlog.Log
		want error
	}{"another": {other, ErrOther}, "shorter": {short, ErrOther}, "trimmed further": {trimmed(l, v.To+1), ErrBehind}} {
		err := NewWriter(options(c.log, New(dir))).Run(t.Context())
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	// Where the log begins right behind the archive the seal is compared.
	write(t, trimmed(l, v.To), dir, v.To+5)
	wantWhole(t, dir, trimmed(l, 0), 0)
}

// trimmed is a copy of a log that keeps what is behind a sequence.
func trimmed(l *ledger, through uint64) eventlog.Log {
	times := make([]time.Time, 0, l.last())
	log := newLedger(l.t)
	for _, rec := range recordsOf(l.t, l, 1, l.last()) {
		times = append(times, rec.Time)
		if _, err := log.Append(l.t.Context(), eventlog.Fact(rec.Message)); err != nil {
			l.t.Fatal(err)
		}
	}
	if got := recordsOf(l.t, log, uint64(len(times)), uint64(len(times))); !got[0].Time.Equal(times[len(times)-1]) {
		l.t.Fatal("the copy has other times")
	}
	log.Forget(through)
	return log
}

// TestLostRecords: of a loss nothing is archived before it is accepted, and then the hole.
func TestLostRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(t)
		l.fill(3, 5)
		before := l.sealed
		l.job(3)
		firstLost := l.last() - 1
		lost := map[uint64]bool{firstLost: true, firstLost + 1: true}
		log := holed{l, lost}
		dir := objects.NewDir(t.TempDir(), nil)
		w := NewWriter(options(log, New(dir)))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		l.job(1)
		l.seal(0) // By one who had folded what is lost.
		l.job(12)
		l.seal(0)
		synctest.Wait()
		if got := w.Sequence(); got == 0 || got > before {
			t.Errorf("archived up to %d, and the loss behind %d is not accepted", got, before)
		}
		l.append(events.LogSubject, events.LossAccepted{From: firstLost, To: firstLost + 1, Reason: "test"})
		l.job(3)
		l.seal(0)
		l.job(10)
		l.seal(1)
		synctest.Wait()
		if got := w.Sequence(); got != l.sealed {
			t.Errorf("archived up to %d, want %d", got, l.sealed)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		a := New(dir)
		if v, err := a.Verify(t.Context(), nil); err != nil || !v.Whole {
			t.Fatalf("%+v, %v", v, err)
		}
		holes := uint64(0)
		for item, err := range a.Read(t.Context(), 1, l.sealed) {
			if err != nil {
				t.Fatal(err)
			}
			if item.Lost.From != 0 {
				holes += item.Lost.Len()
			}
		}
		if holes != uint64(len(lost)) {
			t.Errorf("%d records are told as lost, want %d", holes, len(lost))
		}
	})
}

// TestFileIsAnExport: what is in the file of a segment any program reads.
func TestFileIsAnExport(t *testing.T) {
	for size := range uint64(9) {
		l := newLedger(t)
		l.fill(4, int(size)+2)
		dir := t.TempDir()
		store := objects.NewDir(dir, nil)
		write(t, l, store, 0, func(o *Options) { o.Records = size + 1 })
		files, err := filepath.Glob(filepath.Join(dir, "segments", "*.zst"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, ".ndjson.zst") {
				t.Error(file)
			}
			checkExport(t, file)
		}
	}
}
