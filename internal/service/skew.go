package service

import (
	"fmt"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

// SkewMax is how far the local clock may be from the log's before the service
// is not ready: due times are measured against the log's timestamps.
const SkewMax = 2 * time.Second

// SkewError says how far the clocks are apart.
type SkewError struct {
	// Skew is local clock minus the log's clock, at the least.
	Skew time.Duration
}

// Error names the limit and the mend.
func (e *SkewError) Error() string {
	where := "ahead of"
	if e.Skew < 0 {
		where = "behind"
	}
	return fmt.Sprintf("the local clock is %v %s the log's, the most is %v: synchronise the clocks (NTP) of this host and of NATS",
		e.Skew.Abs().Round(time.Millisecond), where, SkewMax)
}

// SkewWatch compares the local clock with the timestamps of the records that
// pass. Records may be old, so it goes only by what age does not explain: a
// record of the future means that the local clock is behind; a record of our
// own that the log dates before we decided it means that it is ahead. It is safe
// for concurrent use.
type SkewWatch struct {
	source string
	now    func() time.Time
	since  time.Time

	mu            sync.Mutex
	behind, ahead time.Duration
}

// NewSkewWatch makes a watch for the instance that writes its events as source
// (ce-source). Events that carry that source but an earlier time than now are
// of a namesake's before us and not judged.
func NewSkewWatch(source string, now func() time.Time) *SkewWatch {
	return &SkewWatch{source: source, now: now, since: now()}
}

// Observe judges one record, at the time that it arrives.
func (w *SkewWatch) Observe(rec eventlog.Record) {
	future := rec.Time.Sub(w.now())
	decided, own := w.decidedAt(rec)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behind = max(future, 0)
	if own {
		w.ahead = max(decided.Sub(rec.Time), 0)
	}
}

// Ready returns a *SkewError while the last evidence is above SkewMax.
func (w *SkewWatch) Ready() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.behind > SkewMax:
		return &SkewError{Skew: -w.behind}
	case w.ahead > SkewMax:
		return &SkewError{Skew: w.ahead}
	}
	return nil
}

// decidedAt is the local time at which this process decided rec, if it did.
func (w *SkewWatch) decidedAt(rec eventlog.Record) (time.Time, bool) {
	if rec.Header[events.HeaderSource] != w.source {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, rec.Header[events.HeaderTime])
	if err != nil || at.Before(w.since) {
		return time.Time{}, false
	}
	return at, true
}
