package machine

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Clock tells the log's time: the local clock, corrected by what the records
// prove. Due times (the end of a back-off, the next kill) are timestamps of the
// log; told by a clock that is off by an hour they would come an hour late, or at
// once and again and again.
//
// A record was stored before it was read, so the log's clock is at its time or
// later. One of our own was stored after it was decided, so the log's clock was at
// its time or earlier, then. As long as the local clock agrees with both it is
// believed.
type Clock struct {
	start  time.Time
	offset time.Duration // of the log's clock from ours
}

// NewClock returns the clock of a process whose local clock says now, and also
// stamps its events (ce-time).
func NewClock(now time.Time) Clock { return Clock{start: now} }

// At is the moment at which the local clock says now.
func (c *Clock) At(now time.Time) Moment { return Moment{Now: now, Log: c.local(now).Add(c.offset)} }

// local goes on evenly from the start, whoever sets the clock meanwhile.
func (c *Clock) local(now time.Time) time.Time { return c.start.Add(now.Sub(c.start)) }

// Observe learns from a record as it arrives; own reports whether this
// process decided it. Observe reports whether the correction changed by so much
// that what was planned by it is to be looked at again.
func (c *Clock) Observe(now time.Time, r *cluster.Record, own bool) (changed bool) {
	before, local := c.offset, c.local(now)
	c.offset = max(c.offset, r.Time.Sub(local))
	if own {
		age := now.Round(0).Sub(r.Envelope.Time)
		c.offset = min(c.offset, r.Time.Sub(local.Add(-age)))
	}
	return (c.offset - before).Abs() > time.Second
}
