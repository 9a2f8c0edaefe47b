package rehearsal

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Overdue is how long, by the log's clock, a decision may be left undone before that is
// a difference: a planner may be away, or slow.
const Overdue = 10 * time.Second

// Difference is a decision that one planner made and the other did not.
type Difference struct {
	// Sequence is that of the recorded decision; where nothing was recorded, the last
	// one that was folded when the other decided.
	Sequence uint64
	Time     time.Time
	Job      string
	// Cause is the sequence that led to the recorded decision, 0 if that is not said.
	Cause uint64
	// Recorded is nil if the recorded planner decided nothing, Decided if the other did.
	Recorded, Decided events.Event
}

// Comparison holds the decisions of a planner against those that were recorded. It is
// told both in the order of sequences, decisions after the record that they follow.
type Comparison struct {
	// From and To bound the records that are compared; To 0 is the end.
	From, To uint64
	// Recorded counts the recorded decisions, Same those that the other would have made.
	Recorded, Same uint64

	open  map[string][]Decision
	found []Difference
}

// Decided takes in a decision of the other planner.
func (c *Comparison) Decided(d Decision) {
	if c.open == nil {
		c.open = map[string][]Decision{}
	}
	c.open[d.Job] = append(c.open[d.Job], d)
}

// Record takes in a record, and what became of it.
func (c *Comparison) Record(r cluster.Record, change cluster.Change) {
	if r.Subject.Role != events.RolePlan {
		return
	}
	open := c.open[r.Subject.Job]
	delete(c.open, r.Subject.Job)
	if !c.within(r.Sequence) || change.Judgement != cluster.Counted {
		return
	}
	c.Recorded++
	what := Essence(r.Event)
	for _, d := range open {
		if d.Event != nil && Essence(d.Event) == what {
			c.Same++
			return
		}
	}
	diff := Difference{Sequence: r.Sequence, Time: r.Time, Job: r.Subject.Job, Cause: r.Envelope.Cause, Recorded: r.Event}
	if n := len(open); n > 0 {
		diff.Decided = open[n-1].Event
	}
	c.found = append(c.found, diff)
}

func (c *Comparison) within(sequence uint64) bool {
	return sequence >= c.From && (c.To == 0 || sequence <= c.To)
}

// Differences are all that were found, once the log has ended at a time: what the other
// has decided long before, and nobody has recorded, is one as well.
func (c *Comparison) Differences(end time.Time) []Difference {
	found := c.found
	for job, open := range c.open {
		d := open[len(open)-1]
		if d.Event != nil && c.within(d.After) && end.Sub(d.Time) >= Overdue {
			found = append(found, Difference{Sequence: d.After, Time: d.Time, Job: job, Decided: d.Event})
		}
	}
	return found
}
