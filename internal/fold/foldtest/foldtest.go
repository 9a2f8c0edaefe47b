package foldtest

import (
	"context"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Newer is an event of a major version that this program does not know: the one thing
// that stops a fold.
func Newer() events.Message {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m, err := events.Encode(events.Space{}.Job("newer"), events.Envelope{ID: "newer", Time: at}, events.Unknown{TypeName: "taurus.job.scaled.v2"})
	if err != nil {
		panic(err) // What it is made of is all above.
	}
	return m
}

// Records are all that is in a log, from the first on.
func Records(t testing.TB, log eventlog.Log) []eventlog.Record {
	t.Helper()
	ctx := context.Background() // A test may look at the log when its own has ended.
	bounds, err := log.Bounds(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if bounds.Last == 0 {
		return nil
	}
	var all []eventlog.Record
	for rec, err := range log.Read(ctx, 1, bounds.Last) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rec)
	}
	return all
}

// Events are those of one type in a log.
func Events[E events.Event](t testing.TB, log eventlog.Log) []E {
	t.Helper()
	var all []E
	for _, rec := range Records(t, log) {
		_, ev, err := events.Decode(rec.Message)
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := ev.(E); ok {
			all = append(all, e)
		}
	}
	return all
}

// State is what a log of the default number of partitions folds into.
func State(t testing.TB, log eventlog.Log) *cluster.State {
	t.Helper()
	state := cluster.New()
	for _, rec := range Records(t, log) {
		decoded, err := cluster.Decode(events.Space{}, rec.Sequence, rec.Time, rec.Message)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := state.Apply(decoded); err != nil {
			t.Fatal(err)
		}
	}
	return state
}
