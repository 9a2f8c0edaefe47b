package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// DueEarly is how far before its time a run may be decided: clocks differ a little.
	// Beyond it the planner's is wrong, and the run does not count.
	DueEarly = 10 * time.Second
	// PhasesHeld bounds how often a schedule is changed, paused or resumed before a run
	// of it is decided; with more the newest takes the place of the one before.
	PhasesHeld = 64
	// ForgetAfter is how long the log's subjects of a run are remembered once the run is
	// no longer kept. What lives then and comes back is not known any more.
	ForgetAfter = 30 * 24 * time.Hour
)

// Series is what the log says of the runs of a job that nothing runs of itself. It
// outlives the submissions of the job, so that no time is due twice.
type Series struct {
	// Phases are the stretches of time in which the schedule was one and the same,
	// oldest first. The last is that of now; those before it are there as long as
	// times of them may have to be decided.
	Phases []Phase
	// Through is the last time that was decided; no earlier one is due.
	Through time.Time
	// Number is that of the last run that was asked for.
	Number uint64
	// Runs are what became of the times of the schedule and of what was asked for,
	// oldest first: all that go on, and as many of the others as the job keeps.
	Runs []Run

	// gone are jobs of runs that are kept no more, in order of Since.
	gone []gone
}

// Phase is a stretch of time in which a schedule was the same.
type Phase struct {
	From     time.Time
	Schedule *job.Schedule
	// Paused reports whether what is due is held back, By whom and Why.
	Paused  bool
	By, Why string
}

// Run is what became of one run of a series, or of several times that were left out.
type Run struct {
	// Outcome is that of RunDue, "started" of a run that was asked for.
	Outcome string
	// At is the time of the schedule, the last of several, or when it was asked for.
	At time.Time
	// Number is that of a run that was asked for, 0 of one of the schedule.
	Number uint64
	// Count is how many times of the schedule it stands for, From the first.
	Count uint32
	From  time.Time
	// Why is the reason, By who asked for it.
	Why, By string
	// Sequence is that of the event, DecidedAt its time.
	Sequence  uint64
	DecidedAt time.Time
	// Job is the id of what was started, which has Sequence as its run. Ended reports
	// whether it is over and nothing of it lives.
	Job string
	// Key is the idempotency key, Parameters are what it was given.
	Key        string
	Parameters map[string]string
	// Over reports whether nothing of it is wanted any more, though tasks may live.
	Over    bool
	Ended   bool
	EndedAt time.Time
	// End is "completed", "failed" or "stopped", and Reason says more.
	End, Reason string
}

// gone is a job that is no longer kept.
type gone struct {
	id    string
	since time.Time
}

// Lives reports whether the run goes on.
func (r *Run) Lives() bool { return r.Job != "" && !r.Ended }

// Live lists the runs that go on.
func (s *Series) Live() (live []*Run) {
	if s == nil {
		return nil
	}
	for i := range s.Runs {
		if s.Runs[i].Lives() {
			live = append(live, &s.Runs[i])
		}
	}
	return live
}

// Phase is that of now, nil if there is none.
func (s *Series) Phase() *Phase {
	if s == nil || len(s.Phases) == 0 {
		return nil
	}
	return &s.Phases[len(s.Phases)-1]
}

// Parent names the series that a job is a run of.
type Parent struct {
	ID string
	// Run is that of the series when this one began.
	Run uint64
	// At is the time of the schedule, or when it was asked for; Number is that of a run
	// that was asked for.
	At     time.Time
	Number uint64
	// Parameters are what the run was given.
	Parameters map[string]string
	// Replaces reports whether it begins its tasks when the runs before it are over.
	Replaces bool
}

// Alive reports whether a task of the job may be running or about to, of any run.
func (j *Job) Alive() bool {
	for _, s := range j.Slots {
		for _, t := range s.Tasks {
			if t.Live() {
				return true
			}
		}
	}
	return false
}

// Known reports whether any task of the job is known, be it over.
func (j *Job) Known() bool { return j.tasks > 0 }

// isSeries reports whether nothing of the job runs itself.
func (j *Job) isSeries() bool { return j.Spec.Series() }

// beginSeries takes up the schedule of a job that was submitted.
func (j *Job) beginSeries(r *Record) {
	if !j.isSeries() {
		return
	}
	if j.Series == nil {
		j.Series = &Series{}
	}
	if r.Time.After(j.Series.Through) {
		j.Series.Through = r.Time
	}
	j.Series.Phases = []Phase{{From: r.Time, Schedule: j.Spec.Schedule}}
}

// heldAt reports whether the schedule was paused at a time that is not decided yet.
func (s *Series) heldAt(at time.Time) bool {
	for _, phase := range slices.Backward(s.Phases) {
		if phase.From.Before(at) {
			return phase.Paused
		}
	}
	return false
}

// change lets another phase of the schedule begin.
func (s *Series) change(next Phase) {
	last := s.Phase()
	if last == nil {
		s.Phases = []Phase{next}
		return
	}
	if next.From.Before(last.From) {
		next.From = last.From // The log's time went back.
	}
	if len(s.Phases) == PhasesHeld {
		next.From = last.From
		s.Phases = s.Phases[:len(s.Phases)-1]
	}
	s.Phases = append(slices.Clip(s.Phases), next)
}

// reschedule follows a change of the job's spec.
func (j *Job) reschedule(r *Record) {
	now := j.Series.Phase()
	if !j.isSeries() || now == nil || sameTimes(now.Schedule, j.Spec.Schedule) {
		return
	}
	next := *now
	next.From, next.Schedule = r.Time, j.Spec.Schedule
	j.Series.change(next)
}

// sameTimes reports whether two schedules are due at the same times.
func sameTimes(a, b *job.Schedule) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.TimeZone == b.TimeZone && slices.Equal(a.Cron, b.Cron)
}

func (s *State) steerSchedule(j *Job, ev events.ScheduleSteered, r *Record) Change {
	now := j.Series.Phase()
	if ev.Run != j.Run || j.Over() || now == nil || j.Spec.Schedule == nil {
		return Change{Judgement: Outranked, Job: j}
	}
	paused := ev.Action == events.SchedulePause
	if !paused && ev.Action != events.ScheduleResume {
		return s.reject(r, fmt.Sprintf("action is %q", legible(ev.Action, subjectMax)))
	}
	if paused == now.Paused {
		return Change{Judgement: Repeated, Job: j}
	}
	next := Phase{From: r.Time, Schedule: now.Schedule, Paused: paused, By: r.Envelope.By(), Why: ev.Reason}
	j.Series.change(next)
	j.ChangedAt = r.Time
	j.settle(r.Sequence)
	return Change{Job: j}
}

// runDue follows what became of times of the schedule.
func (s *State) runDue(j *Job, ev events.RunDue, r *Record) Change {
	switch {
	case ev.Run != j.Run || j.Over() || j.Spec == nil:
		return Change{Judgement: Outranked, Job: j}
	case j.Spec.Schedule == nil || j.Series == nil:
		return s.reject(r, "the job is not periodic")
	case !slices.Contains([]string{events.RunStarted, events.RunSkipped, events.RunMissed, events.RunHeld}, ev.Outcome):
		return s.reject(r, fmt.Sprintf("outcome is %q", legible(ev.Outcome, subjectMax)))
	case !ev.At.After(j.Series.Through):
		return Change{Judgement: Repeated, Job: j}
	case ev.At.After(r.Time.Add(DueEarly)):
		return Change{Judgement: Outranked, Job: j}
	case j.Series.heldAt(ev.At) != (ev.Outcome == events.RunHeld):
		return Change{Judgement: Outranked, Job: j} // Its planner did not know yet what users want.
	}
	j.Series.Through = ev.At
	j.Series.dropPhases()
	run := Run{
		Outcome: ev.Outcome, At: ev.At, Count: max(ev.Count, 1), From: ev.From, Why: ev.Reason, Sequence: r.Sequence, DecidedAt: r.Time,
	}
	c := Change{Job: j}
	if ev.Outcome == events.RunStarted {
		parent := Parent{ID: j.ID, Run: j.Run, At: ev.At, Replaces: ev.Replaces}
		if ev.Replaces {
			s.stopRuns(j, "replaced by the run of "+ev.At.UTC().Format(time.RFC3339), r, &c)
		}
		s.start(j, &run, ev.Version, parent, r, &c)
	}
	j.Series.Runs = append(slices.Clip(j.Series.Runs), run)
	s.tidy(j, r, &c)
	return c
}

// requestRun follows a user who wants a run now.
func (s *State) requestRun(j *Job, ev events.RunRequested, r *Record) Change {
	switch {
	case ev.Run != j.Run || j.Over() || j.Spec == nil:
		return Change{Judgement: Outranked, Job: j}
	case !j.isSeries() || j.Series == nil:
		return s.reject(r, "the job has no runs of its own")
	case ev.Number <= j.Series.Number:
		return Change{Judgement: Repeated, Job: j}
	}
	j.Series.Number = ev.Number
	run := Run{
		Outcome: events.RunStarted, At: r.Time, Number: ev.Number, Count: 1, Why: ev.Reason, By: r.Envelope.By(), Key: ev.IdempotencyKey,
		Parameters: ev.Parameters,
		Sequence:   r.Sequence, DecidedAt: r.Time,
	}
	c := Change{Job: j}
	s.start(j, &run, ev.Version, Parent{ID: j.ID, Run: j.Run, At: r.Time, Number: ev.Number, Parameters: ev.Parameters}, r, &c)
	j.Series.Runs = append(slices.Clip(j.Series.Runs), run)
	j.settle(r.Sequence)
	s.tidy(j, r, &c)
	return c
}

// start makes a job of a run.
func (s *State) start(j *Job, run *Run, version uint64, parent Parent, r *Record, c *Change) {
	spec := j.SpecOf(version)
	if spec == nil {
		spec = j.Spec
	}
	run.Job = job.RunID(j.ID, parent.At, parent.Number)
	child := s.job(run.Job)
	s.dropOver(child, r.Sequence)
	child.beginRun(r, run.Key)
	child.Parent = &parent
	child.settle(r.Sequence)
	child.take(spec.RunSpec(run.Job, parent.Parameters), r)
	c.Others = append(c.Others, child)
}

// stopRuns stops the runs that go on.
func (s *State) stopRuns(j *Job, why string, r *Record, c *Change) {
	for _, run := range j.Series.Live() {
		child := s.Jobs[run.Job]
		if child == nil || child.Run != run.Sequence || child.Over() {
			continue
		}
		child.Stopped, child.StoppedAt, child.StopReason, child.ChangedAt = true, r.Time, why, r.Time
		child.settle(r.Sequence)
		c.Others = append(c.Others, child)
		s.tellSeries(child, r, c)
	}
}

// tellSeries tells a series of a run of it: whether it is over, and has ended. Runs that
// wait for that are looked at again.
func (s *State) tellSeries(child *Job, r *Record, c *Change) {
	if child.Parent == nil || !child.Over() {
		return
	}
	j := s.Jobs[child.Parent.ID]
	if j == nil || j.Series == nil {
		return
	}
	at := slices.IndexFunc(j.Series.Runs, func(run Run) bool { return run.Job == child.ID && run.Sequence == child.Run })
	if at < 0 || j.Series.Runs[at].Ended || j.Series.Runs[at].Over && child.Alive() {
		return
	}
	j.Series.Runs = slices.Clone(j.Series.Runs) // Views of the old may be in use.
	run := &j.Series.Runs[at]
	c.Others = append(c.Others, j)
	if run.Over = true; child.Alive() {
		return
	}
	run.Ended, run.EndedAt = true, r.Time
	run.End, run.Reason = child.ending()
	for _, other := range j.Series.Live() {
		if waits := s.Jobs[other.Job]; waits != nil && waits.Parent != nil && waits.Parent.Replaces {
			c.Others = append(c.Others, waits)
		}
	}
	s.tidy(j, r, c)
}

// ending is how a job that is over came to be, in a word and a sentence.
func (j *Job) ending() (word, reason string) {
	if j.Outcome != OutcomeNone && (!j.Stopped || j.StoppedAt.After(j.OutcomeAt)) {
		return string(j.Outcome), j.OutcomeReason
	}
	return "stopped", j.StopReason
}

// tidy drops the oldest of the runs that have ended, and of the times that nothing was
// started at, beyond what the job keeps; and forgets those that were dropped long ago.
func (s *State) tidy(j *Job, r *Record, c *Change) {
	keep := 0
	if !j.Deleted {
		keep = cmp.Or(j.Spec.KeepRuns(), job.DefaultKeepRuns)
	}
	ended, others := 0, 0
	kept := make([]Run, 0, len(j.Series.Runs))
	for _, run := range slices.Backward(j.Series.Runs) {
		switch {
		case run.Lives():
		case run.Job != "":
			if ended++; ended > keep {
				s.leave(j, run, r, c)
				continue
			}
		default:
			if others++; others > keep {
				continue
			}
		}
		kept = append(kept, run)
	}
	slices.Reverse(kept)
	j.Series.Runs = kept
	for len(j.Series.gone) > 0 && r.Time.Sub(j.Series.gone[0].since) > ForgetAfter {
		id := j.Series.gone[0].id
		j.Series.gone = j.Series.gone[1:]
		if s.forgetClosed(id) {
			c.Gone = append(c.Gone, id)
		}
	}
}

// leave takes a run that has ended out of sight.
func (s *State) leave(j *Job, run Run, r *Record, c *Change) {
	child := s.open(run.Job)
	if child == nil {
		return
	}
	j.Series.gone = append(j.Series.gone, gone{run.Job, r.Time}) // A clone has its own.
	if child.Run == run.Sequence && !child.Deleted {
		child.Deleted = true
		s.forget(child)
		c.Others = append(c.Others, child)
	}
}

// dropPhases drops those that are over and of which every time is decided.
func (s *Series) dropPhases() {
	n := 0
	for n+1 < len(s.Phases) && !s.Phases[n+1].From.After(s.Through) {
		n++
	}
	s.Phases = s.Phases[n:]
}

func (s *Series) clone() *Series {
	if s == nil {
		return nil
	}
	c := *s
	c.gone = slices.Clone(s.gone)
	return &c
}

// HoldSchedules has nothing come due any more, for who looks at what follows from a
// state by itself. It is for clones: no record says so.
func (s *State) HoldSchedules() {
	for _, j := range s.Jobs {
		if phase := j.Series.Phase(); phase != nil && phase.Schedule != nil {
			j.Series.Phases = []Phase{{Schedule: phase.Schedule, Paused: true}}
		}
	}
}
