package fold

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Clock tells the log's time: the local clock, corrected by what the records
// prove. Due times (the end of a back-off, the next kill) are timestamps of the
// log; taken by a clock that is off by an hour they would come an hour late, or at
// once and again and again.
//
// A record was stored before it was read, so the log's clock is at its time or
// later. One of our own was stored after it was decided, so the log's clock was at
// its time or earlier, then. As long as the local clock agrees with both it is
// believed. A Clock is not safe for concurrent use.
type Clock struct {
	now    func() time.Time
	start  time.Time
	offset time.Duration // of the log's clock from ours
}

// NewClock returns a clock that goes by now, which also has to stamp the events
// of this process (ce-time).
func NewClock(now func() time.Time) *Clock { return &Clock{now: now, start: now()} }

// Now is the time by the log's clock.
func (c *Clock) Now() time.Time { return c.at(c.now()) }

// at is the time by the log's clock when the local one says now.
func (c *Clock) at(now time.Time) time.Time { return c.even(now).Add(c.offset) }

// even goes on evenly from the start, whoever sets the clock meanwhile.
func (c *Clock) even(now time.Time) time.Time { return c.start.Add(now.Sub(c.start)) }

// Observe learns from a record as it arrives; own says that this process decided
// it. It tells whether the correction changed by so much that what was planned by
// it is to be looked at again.
func (c *Clock) Observe(r cluster.Record, own bool) (changed bool) {
	return c.observe(r, own, c.now())
}

func (c *Clock) observe(r cluster.Record, own bool, now time.Time) (changed bool) {
	before, local := c.offset, c.even(now)
	c.offset = max(c.offset, r.Time.Sub(local))
	if own {
		age := now.Round(0).Sub(r.Envelope.Time)
		c.offset = min(c.offset, r.Time.Sub(local.Add(-age)))
	}
	return (c.offset - before).Abs() > time.Second
}
