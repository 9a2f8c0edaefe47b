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
	planner *planning.Machine
	past    past
	// told are the decisions that stand, by job; again are those that were made again
	// since the last record; made are all since the planner's last record about the job.
	told  map[string]string
	again map[string]bool
	made  map[string]map[string]bool
	out   []Decision
}

// New begins a rehearsal at the beginning of a log.
func New(space events.Space) *Rehearsal {
	state := cluster.New()
	return &Rehearsal{
		space: space, state: state, planner: planning.New(space, "rehearsal", state), past: past{state: cluster.New()},
		told: map[string]string{}, again: map[string]bool{}, made: map[string]map[string]bool{},
	}
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
	change, err := r.state.Apply(rec)
	if err != nil {
		return nil, change, err
	}
	r.past.add(rec)
	if rec.Subject.Role == events.RolePlan {
		delete(r.told, rec.Subject.Job)
		delete(r.made, rec.Subject.Job)
		r.planner.BoundKills(r.state.AutomaticKills.Bound)
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
// that was made by who had not folded all of the log yet.
func (r *Rehearsal) atTheTimeOf(rec cluster.Record) {
	j := r.state.Jobs[rec.Subject.Job]
	if rec.Subject.Role != events.RolePlan || j == nil {
		return
	}
	if d := planning.DecideBounded(r.state, j, rec.Time, r.state.AutomaticKills.Bound, 0); d.Event != nil {
		r.tell(Decision{After: r.state.Sequence, Time: rec.Time, Job: j.ID, Event: d.Event})
	}
	c := newCandidate(r.state, rec)
	if r.made[j.ID][c.what] {
		return
	}
	if d, found := r.past.find(c, j.LastPlan); found {
		r.tell(d)
	}
}

// tell gives a decision out.
func (r *Rehearsal) tell(d Decision) {
	r.out = append(r.out, d)
	if r.made[d.Job] == nil {
		r.made[d.Job] = map[string]bool{}
	}
	r.made[d.Job][Essence(d.Event)] = true
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
	r.tell(Decision{After: r.state.Sequence, Time: at, Job: subject.Job, Event: d.Event})
}
