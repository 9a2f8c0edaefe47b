package rehearsal

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/pkg/events"
)

// candidate is a recorded decision that is looked for in what could have been decided.
type candidate struct {
	rec  cluster.Record
	what string
	// full is all that was in the log.
	full *cluster.State
	// bound is that on automatic kills which the decision says, kills how many it is of.
	bound uint32
	kills uint64
	// beside is how many of those are wanted about other jobs; it is not known before it is
	// counted.
	beside  uint64
	counted bool
	// looks is what looking for it has cost.
	looks int
}

const (
	// looksMax bounds what looking for one decision costs: it is for about a second.
	looksMax = 1_000_000
	// lookAtJob is what a look at a job costs beside one for each of its slots.
	lookAtJob = 100
)

// givenUp reports whether so much has been looked at that it is given up.
func (c *candidate) givenUp() bool { return c.looks > looksMax }

// look decides once.
func (c *candidate) look(s *cluster.State, j *cluster.Job, now time.Time, taken uint64) planning.Decision {
	c.looks += lookAtJob + len(j.Slots)
	return planning.DecideBounded(s, j, now, c.boundIn(s), taken)
}

func newCandidate(full *cluster.State, rec cluster.Record) *candidate {
	c := &candidate{rec: rec, what: Essence(rec.Event), full: full, kills: planning.KillsOf(rec.Event)}
	if ev, dooms := rec.Event.(events.TasksDoomed); dooms {
		c.bound = ev.KillBound
	}
	return c
}

// concerns reports whether a change may change what is decided about the job.
func (c *candidate) concerns(s *cluster.State, change cluster.Change) bool {
	id := c.rec.Subject.Job
	if change.Agents || change.Hearing {
		return true
	}
	touches := func(j *cluster.Job) bool { return j.ID == id || slices.Contains(s.Dependants(j.ID), id) }
	return change.Job != nil && touches(change.Job) || slices.ContainsFunc(change.Others, touches)
}

// between looks for the decision at a time from which on more was known than is in s,
// whenever something was due after that, when the record was stored, and when it says that
// it was decided: it may have been under way for long.
func (c *candidate) between(s *cluster.State, from time.Time, unheard uint64) (Decision, bool) {
	j := s.Jobs[c.rec.Subject.Job]
	if j == nil {
		return Decision{}, false
	}
	if said := c.rec.Envelope.Time; !said.IsZero() && said.Before(c.rec.Time) {
		if d, found := c.at(s, j, said, unheard); found {
			return d, true
		}
	}
	for at := from; ; {
		if d, found := c.at(s, j, at, unheard); found || !at.Before(c.rec.Time) || c.givenUp() {
			return d, found
		}
		if wake := c.look(s, j, at, 0).Wake; wake.After(at) && wake.Before(c.rec.Time) {
			at = wake
		} else {
			at = c.rec.Time
		}
	}
}

// at looks for the decision at a time; unheard is how many tasks end, by what is not in s
// yet, that nobody asked for.
func (c *candidate) at(s *cluster.State, j *cluster.Job, now time.Time, unheard uint64) (Decision, bool) {
	for _, taken := range c.taken(s, now, unheard) {
		if ev := c.look(s, j, now, taken).Event; ev != nil && Essence(ev) == c.what {
			return Decision{After: s.Sequence, Time: now, Job: j.ID, Event: ev}, true
		}
	}
	return Decision{}, false
}

// boundIn is the bound on automatic kills that who decided heeds: as the record says itself,
// or as the log says.
func (c *candidate) boundIn(s *cluster.State) uint32 {
	if c.kills > 0 {
		return c.bound
	}
	return s.AutomaticKills.Bound
}

// taken is how many automatic kills may have been under way: none, or as many as leave room
// for just those that were recorded, if others would have wanted so many.
func (c *candidate) taken(s *cluster.State, now time.Time, unheard uint64) []uint64 {
	left := planning.KillsLeft(s, now, c.boundIn(s), 0)
	if left <= c.kills || left-c.kills > unheard+c.wantedBeside() {
		return []uint64{0}
	}
	return []uint64{0, left - c.kills}
}

// wantedBeside is how many tasks would be ended about other jobs that nobody asked for, were
// there no bound: a planner decides about one job after the other, in any order.
func (c *candidate) wantedBeside() uint64 {
	if c.counted {
		return c.beside
	}
	c.counted = true
	for id, j := range c.full.Jobs {
		if id != c.rec.Subject.Job && len(j.Slots) > 0 {
			c.beside += planning.KillsOf(planning.DecideAmong(c.full, j, c.rec.Time).Event)
		}
	}
	return c.beside
}
