package service

import (
	"fmt"
	"sync"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// SkewMax is how far the local clock may be from the log's before the service
	// is not ready: due times are measured against the log's timestamps.
	SkewMax = 2 * time.Second
	// SkewMemory is how long evidence of a skew counts when no newer comes: a
	// clock may have been set since, and a quiet log would never tell.
	SkewMemory = time.Minute
)

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
// own that the log dates before we decided it means that it is ahead. Records
// that are read again are not judged again. It is safe for concurrent use.
type SkewWatch struct {
	source string
	now    func() time.Time
	since  time.Time

	mu            sync.Mutex
	last          uint64 // the newest sequence judged
	behind, ahead evidence
}

// evidence is by how much a clock is off, and when that was seen.
type evidence struct {
	by time.Duration
	at time.Time
}

// holds reports whether the evidence makes a service unready.
func (e evidence) holds(now time.Time) bool {
	return e.by > SkewMax && now.Sub(e.at).Abs() < SkewMemory
}

// NewSkewWatch makes a watch for the instance that writes its events as source
// (ce-source). Events that carry that source but an earlier time than now are
// of a namesake's before us and not judged.
func NewSkewWatch(source string, now func() time.Time) *SkewWatch {
	return &SkewWatch{source: source, now: now, since: now()}
}

// Observe judges one record, at the time that it arrives.
func (w *SkewWatch) Observe(rec eventlog.Record) {
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if rec.Sequence <= w.last {
		return
	}
	w.last = rec.Sequence
	w.behind = evidence{by: rec.Time.Sub(now), at: now}
	if decided, own := w.decidedAt(rec); own {
		w.ahead = evidence{by: decided.Sub(rec.Time), at: now}
	}
}

// Ready returns a *SkewError while the last evidence is above SkewMax.
func (w *SkewWatch) Ready() error {
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.behind.holds(now):
		return &SkewError{Skew: -w.behind.by}
	case w.ahead.holds(now):
		return &SkewError{Skew: w.ahead.by}
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
