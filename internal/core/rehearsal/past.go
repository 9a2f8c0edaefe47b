package rehearsal

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
)

// past is what was known Overdue ago, and what has come since: a planner that is a little
// behind has folded some of that.
type past struct {
	state *cluster.State
	since []cluster.Record
}

// add takes in a record.
func (p *past) add(rec cluster.Record) {
	p.since = append(p.since, rec)
	p.forget(rec.Time)
}

// forget folds what every planner has folded at a time.
func (p *past) forget(now time.Time) {
	for len(p.since) > 0 && now.Sub(p.since[0].Time) > Overdue {
		_, _ = p.state.Apply(p.since[0]) // It was folded before, in this order.
		p.since = p.since[1:]
	}
}

// find finds where a planner would have made a recorded decision that had folded its last
// one about the job, and all that is older than Overdue. It looks only where something has
// changed that the decision goes by.
func (p *past) find(c *candidate, last uint64) (Decision, bool) {
	if d, found := c.between(c.full, c.rec.Time, 0); found {
		return d, true
	}
	p.forget(c.rec.Time)
	state, changed := p.state.Clone(), true
	for i, next := range p.since {
		if changed && state.Sequence >= last {
			d, found := c.between(state, next.Time, killsIn(p.since[i:], c.rec.Subject.Job))
			if found || c.givenUp() {
				return d, found
			}
			changed = false
		}
		change, err := state.Apply(next)
		if err != nil {
			return Decision{}, false
		}
		changed = changed || c.concerns(state, change) || planning.KillsOf(next.Event) > 0
	}
	return Decision{}, false
}

// killsIn is how many tasks records about other jobs end that nobody asked for.
func killsIn(records []cluster.Record, job string) (n uint64) {
	for _, rec := range records {
		if rec.Subject.Job != job {
			n += planning.KillsOf(rec.Event)
		}
	}
	return n
}
