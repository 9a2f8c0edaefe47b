package fold

import (
	"context"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// buffered is how many decoded records may wait for their fold.
const buffered = 4096

// Feed is a log being followed.
type Feed struct {
	space    events.Space
	follower *eventlog.Follower
	records  chan cluster.Record
	failed   chan error
}

// Start follows log, whose subjects are those of space, from its first record until
// ctx ends.
func Start(ctx context.Context, log eventlog.Log, space events.Space) *Feed {
	f := &Feed{
		space:    space,
		follower: eventlog.NewFollower(log, 1),
		records:  make(chan cluster.Record, buffered),
		failed:   make(chan error, 1),
	}
	go func() {
		f.failed <- f.follower.Run(ctx, func(rec eventlog.Record) error { return f.push(ctx, rec) })
	}()
	return f
}

func (f *Feed) push(ctx context.Context, rec eventlog.Record) error {
	decoded, err := cluster.Decode(f.space, rec.Sequence, rec.Time, rec.Message)
	if err != nil {
		return err
	}
	select {
	case f.records <- decoded:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Records are the records to fold.
func (f *Feed) Records() <-chan cluster.Record { return f.records }

// Failed yields once why the feed ended.
func (f *Feed) Failed() <-chan error { return f.failed }

// Known is closed once it is known how far the log reached at the start and all
// of that was read.
func (f *Feed) Known() <-chan struct{} { return f.follower.CaughtUp() }

// Tail is the last sequence of the log when the feed started; valid after Known.
func (f *Feed) Tail() uint64 { return f.follower.Tail() }
