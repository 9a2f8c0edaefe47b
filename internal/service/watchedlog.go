package service

import (
	"context"
	"iter"

	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Watch returns log with every record that is read shown to w. It has
// eventlog.Sized if log has.
func Watch(log eventlog.Log, w *SkewWatch) eventlog.Log {
	watched := watchedLog{Log: log, watch: w}
	if sized, ok := log.(eventlog.Sized); ok {
		return sizedLog{watchedLog: watched, Sized: sized}
	}
	return watched
}

type watchedLog struct {
	eventlog.Log
	watch *SkewWatch
}

type sizedLog struct {
	watchedLog
	eventlog.Sized
}

// Read implements eventlog.Log.
func (l watchedLog) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for rec, err := range l.Log.Read(ctx, from, to) {
			if err == nil {
				l.watch.Observe(rec)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}
