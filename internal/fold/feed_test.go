package fold_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/internal/fold/foldtest"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

func TestMain(m *testing.M) { testwait.Main(m) }

func put(t *testing.T, log eventlog.Log, id string) {
	t.Helper()
	m, err := events.Encode(events.Space{}.Job(id), events.Envelope{ID: id, Time: time.Now()}, events.JobStopped{Run: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(context.Background(), eventlog.Fact(m)); err != nil {
		t.Fatal(err)
	}
}

// TestFeed yields every record, decoded, in order: more than it buffers, and
// those that come later; and says how far the log reached at the start.
func TestFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 10_000
		log := memory.New(memory.WithClock(time.Now))
		for i := range n {
			put(t, log, fmt.Sprint(i))
		}
		ctx, stop := context.WithCancel(t.Context())
		feed := fold.Start(ctx, log, events.Space{}, nil)
		for i := range n + 3 {
			if i == n {
				synctest.Wait()
				select {
				case <-feed.Known():
				default:
					t.Error("the end of the log is not known, though all of it was read")
				}
				for late := range 3 {
					put(t, log, fmt.Sprint(n+late))
				}
			}
			r := <-feed.Records()
			if r.Sequence != uint64(i+1) || r.Subject.Job != fmt.Sprint(i) || r.Envelope.ID != fmt.Sprint(i) {
				t.Fatalf("record %d is %+v", i, r)
			}
		}
		if feed.Tail() != n {
			t.Errorf("tail %d, want %d", feed.Tail(), n)
		}
		stop()
		if err := <-feed.Failed(); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

// TestFeedOfAnEmptyLog has caught up at once.
func TestFeedOfAnEmptyLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		feed := fold.Start(ctx, memory.New(), events.Space{}, nil)
		<-feed.Known()
		if feed.Tail() != 0 {
			t.Errorf("tail %d", feed.Tail())
		}
		stop()
		<-feed.Failed()
	})
}

// TestFeedEnds at what must not be skipped, and at a log without its beginning.
func TestFeedEnds(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(*memory.Log)
		want error
	}{
		"newer major version": {func(log *memory.Log) {
			if _, err := log.Append(context.Background(), eventlog.Fact(foldtest.Newer())); err != nil {
				t.Fatal(err)
			}
		}, events.ErrUnknownMajor},
		"truncated": {func(log *memory.Log) { log.Forget(1) }, eventlog.ErrTruncated},
		"closed":    {func(log *memory.Log) { _ = log.Close() }, eventlog.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := memory.New()
				put(t, log, "a")
				put(t, log, "b")
				c.harm(log)
				feed := fold.Start(t.Context(), log, events.Space{}, nil)
				if err := <-feed.Failed(); !errors.Is(err, c.want) {
					t.Errorf("ended with %v, want %v", err, c.want)
				}
			})
		})
	}
}

// TestFeedThatNobodyReads ends with its context all the same.
func TestFeedThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memory.New()
		for i := range 5000 {
			put(t, log, fmt.Sprint(i))
		}
		ctx, stop := context.WithCancel(t.Context())
		feed := fold.Start(ctx, log, events.Space{}, nil)
		synctest.Wait()
		stop()
		if err := <-feed.Failed(); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}
