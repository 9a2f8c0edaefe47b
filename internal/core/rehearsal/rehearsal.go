package rehearsal

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Decision is what a planner would append; no Event says that it would append nothing
// any more.
type Decision struct {
	// After is the last sequence that it has folded then.
	After uint64
	Time  time.Time
	Job   string
	Event events.Event
}

// wakesMax bounds how often it is looked at the time between two records.
const wakesMax = 10_000

// Rehearsal is a planner of this build over a recorded log. It is not safe for
// concurrent use.
type Rehearsal struct {
	space   events.Space
	state   *cluster.State
	planner machine.Machine
	// told are the decisions that stand, by job; again are those that were made again
	// since the last record.
	told  map[string]string
	again map[string]bool
	out   []Decision
	// unheard is what was known of who listens to Mesos before the newest record about it,
	// and until when a planner may have decided without that.
	unheard struct {
		before cluster.Hearing
		until  time.Time
	}
}

// New begins a rehearsal at the beginning of a log.
func New(space events.Space) *Rehearsal {
	state := cluster.New()
	r := &Rehearsal{space: space, state: state, planner: planning.New(space, "rehearsal", state), told: map[string]string{}, again: map[string]bool{}}
	return r
}

// Next takes in the next record, and returns what the planner decides up to its time,
// and with it. What it would decide again is not told again. The error is
// cluster.ErrOutOfOrder.
func (r *Rehearsal) Next(rec cluster.Record) ([]Decision, cluster.Change, error) {
	r.out = nil
	if r.state.Sequence == 0 {
		r.step(rec.Time, machine.CaughtUp{})
	}
	for range wakesMax {
		wake := r.planner.Wake()
		if wake.IsZero() || wake.After(rec.Time) {
			break
		}
		r.step(wake, machine.Tick{})
	}
	r.atTheTimeOf(rec)
	hearing := r.state.Hearing
	change, err := r.state.Apply(rec)
	if err != nil {
		return nil, change, err
	}
	if rec.Subject.Role == events.RoleLauncher {
		r.unheard.before, r.unheard.until = hearing, rec.Time.Add(Overdue)
	}
	if rec.Subject.Role == events.RolePlan {
		delete(r.told, rec.Subject.Job)
	}
	r.again = map[string]bool{}
	told := change
	if told.Judgement == cluster.Rejected {
		told.Judgement = cluster.Skipped // It is no decision of this planner's, none of which is in the log.
	}
	r.step(rec.Time, machine.Folded{Record: &rec, Change: told})
	for r.step(rec.Time, machine.Tick{}) {
	}
	for job := range r.told { // Each that stands was looked at again.
		if !r.again[job] {
			delete(r.told, job)
			r.out = append(r.out, Decision{After: rec.Sequence, Time: rec.Time, Job: job})
		}
	}
	return r.out, change, nil
}

// atTheTimeOf decides once more at the very time of a recorded decision: one that was made
// late, since nobody was there, may be another than one that is made in time. So may be one
// that was made by who had not folded yet that a launcher is gone: what was decided then was due
// only after that record, which no other decision is.
func (r *Rehearsal) atTheTimeOf(rec cluster.Record) {
	j := r.state.Jobs[rec.Subject.Job]
	if rec.Subject.Role != events.RolePlan || j == nil {
		return
	}
	if !rec.Time.After(r.unheard.until) {
		now := r.state.Hearing
		r.state.Hearing = r.unheard.before
		r.decideNow(j, rec.Time)
		r.state.Hearing = now
	}
	r.decideNow(j, rec.Time)
}

func (r *Rehearsal) decideNow(j *cluster.Job, now time.Time) {
	if d := planning.DecideAmong(r.state, j, now); d.Event != nil {
		r.out = append(r.out, Decision{After: r.state.Sequence, Time: now, Job: j.ID, Event: d.Event})
	}
}

// step tells the planner something, and reports whether it would append anything. That
// is not folded: the planner is asked again once the next record is.
func (r *Rehearsal) step(at time.Time, in machine.Input) bool {
	var wanted []machine.Append
	for _, e := range r.planner.Step(machine.Moment{Now: at, Log: at}, in) {
		if a, ok := e.(machine.Append); ok {
			wanted = append(wanted, a)
		}
	}
	for _, a := range wanted {
		for _, d := range a.Drafts {
			r.decided(at, d)
		}
		answer := machine.Outcome{Answer: machine.Stored, Last: r.state.Sequence + 1}
		r.planner.Step(machine.Moment{Now: at, Log: at}, machine.Appended{Ticket: a.Ticket, Outcome: answer})
	}
	return len(wanted) > 0
}

func (r *Rehearsal) decided(at time.Time, d machine.Draft) {
	subject, err := r.space.Parse(d.Subject)
	if err != nil {
		return
	}
	what := Essence(d.Event)
	r.again[subject.Job] = true
	if r.told[subject.Job] == what {
		return
	}
	r.told[subject.Job] = what
	r.out = append(r.out, Decision{After: r.state.Sequence, Time: at, Job: subject.Job, Event: d.Event})
}
