package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

func (s *State) applyJob(j *Job, r *Record) Change {
	switch ev := r.Event.(type) {
	case events.JobSubmitted:
		s.dropOver(j, r.Sequence)
		j.submit(ev, r)
		j.settle(r.Sequence)
		j.beginSeries(r)
	case events.JobScaled:
		return s.scale(j, ev, r)
	case events.JobUpdated:
		return s.update(j, ev, r)
	case events.VersionTagged:
		return s.tag(j, ev)
	case events.KillRequested:
		return s.askKill(j, ev, r)
	case events.JobRestarted:
		return s.restart(j, ev, r)
	case events.RolloutSteered:
		return s.steer(j, ev, r)
	case events.JobStopped:
		if ev.Run != j.Run {
			return Change{Judgement: Outranked, Job: j}
		}
		j.Stopped, j.StoppedAt, j.StopReason, j.ChangedAt = true, r.Time, ev.Reason, r.Time
		j.endRollout(RolloutCancelled, "the job was stopped", r)
		j.settle(r.Sequence)
		c := Change{Job: j}
		if j.Series != nil && !ev.KeepRuns {
			s.stopRuns(j, "job "+j.ID+" stopped", r, &c)
		}
		return c
	case events.ScheduleSteered:
		return s.steerSchedule(j, ev, r)
	case events.RunRequested:
		return s.requestRun(j, ev, r)
	case events.JobDeleted:
		if ev.Run != j.Run {
			return Change{Judgement: Outranked, Job: j}
		}
		j.Deleted, j.ChangedAt = true, r.Time
		j.settle(r.Sequence)
		s.forget(j)
		c := Change{Job: j}
		if j.Series != nil {
			s.stopRuns(j, "job "+j.ID+" deleted", r, &c)
			s.tidy(j, r, &c)
		}
		return c
	default:
		return s.skip(j)
	}
	return Change{Job: j}
}

// forget keeps of a deleted job what the log expects next on its subjects, and
// what still lives: its ends and its spec nobody asks for again.
func (s *State) forget(j *Job) {
	j.Spec, j.Versions, j.indexes, j.Requests = nil, nil, nil, nil
	for _, slot := range j.Slots {
		slot.LastEnd, slot.seat = nil, seat{}
		slot.Tasks = slices.DeleteFunc(slot.Tasks, func(t *Task) bool {
			if t.Live() {
				return false
			}
			s.drop(j, t)
			return true
		})
		if len(slot.Tasks) == 0 {
			slot.Tasks = nil
		}
	}
}

// dropOver drops the tasks of a run that begins only now and that are over: they were of
// another run, which the log has lost, and nothing of how they ended is this one's.
func (s *State) dropOver(j *Job, run uint64) {
	for _, slot := range j.Slots {
		slot.Tasks = slices.DeleteFunc(slot.Tasks, func(t *Task) bool {
			if t.Live() || t.Run != run {
				return false
			}
			s.drop(j, t)
			return true
		})
	}
}

// beginRun begins a new run, as yet without a spec.
func (j *Job) beginRun(r *Record, key string) {
	*j = Job{
		ID: j.ID, Run: r.Sequence, Version: 1,
		SubmittedAt: r.Time, SubmittedBy: r.Envelope.By(), IdempotencyKey: key, ChangedAt: r.Time,
		LastJob: j.LastJob, LastPlan: j.LastPlan, LastKill: j.LastKill, Slots: j.Slots, tasks: j.tasks, Series: j.Series, after: j.after,
		Requests: j.Requests, doomed: j.doomed, queued: j.queued,
	}
	for _, slot := range j.Slots {
		slot.dismissed = dismissal{}
		slot.Counted, slot.Served = 0, 0
		slot.Tally, slot.LastEnd, slot.seat = restart.Tally{}, nil, seat{}
	}
}

// take makes a spec the first of the run.
func (j *Job) take(spec *job.Spec, r *Record) {
	j.Spec, j.Target, j.Stood = spec, j.Version, j.Version
	j.Versions = []*Version{j.newVersion(j.Version, spec, r)}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			j.identify(t)
		}
	}
}

// submit begins a new run. Tasks of earlier runs stay until they are over; the
// planner dooms them.
func (j *Job) submit(ev events.JobSubmitted, r *Record) {
	j.beginRun(r, ev.IdempotencyKey)
	// What a spec leaves out has one meaning, given here; nobody who reads the
	// state derives it again. The api does the same before it appends, but logs
	// may hold what others wrote.
	spec, err := job.Stored(ev.Spec, job.DefaultLimits())
	if err != nil {
		// The api validated it, so a foreign hand wrote it. One bad job must not
		// stop every service: it fails alone, and says why.
		j.Outcome, j.OutcomeAt, j.OutcomeReason = OutcomeFailed, r.Time, "job spec unreadable: "+err.Error()
		return
	}
	j.take(spec, r)
}

func (s *State) scale(j *Job, ev events.JobScaled, r *Record) Change {
	if ev.Run != j.Run {
		return Change{Judgement: Outranked, Job: j}
	}
	if why := j.unscalable(ev); why != "" {
		return s.reject(r, why)
	}
	j.scaleTo(ev, r)
	j.settle(r.Sequence)
	return Change{Job: j}
}

// unscalable returns why a job cannot be scaled so, empty if it can.
func (j *Job) unscalable(to events.JobScaled) string {
	if why := j.misnumbered(to.Version); why != "" {
		return why
	}
	if n := j.replicas(to); n > replicasMax {
		return fmt.Sprintf("makes it %d tasks in the job, the most is %d", n, replicasMax)
	}
	return ""
}

// scaleTo makes the version of the job that differs in the replicas of one group.
func (j *Job) scaleTo(to events.JobScaled, r *Record) {
	if j.Spec == nil {
		return
	}
	j.noteScale(to)
	j.advance(j.scaled(to, r), r)
	j.followVersion()
}

// update makes the spec of an event that of the job. One that cannot be read says
// nothing: the job goes on as it is.
func (s *State) update(j *Job, ev events.JobUpdated, r *Record) Change {
	if ev.Run != j.Run {
		return Change{Judgement: Outranked, Job: j}
	}
	if why := j.misnumbered(ev.Version); why != "" {
		return s.reject(r, why)
	}
	spec, err := job.Stored(ev.Spec, job.DefaultLimits())
	if err != nil {
		return s.reject(r, "spec unreadable: "+err.Error())
	}
	if j.Spec != nil && spec.Kind != j.Spec.Kind {
		return s.reject(r, fmt.Sprintf("makes a job of kind %s one of kind %s", j.Spec.Kind, spec.Kind))
	}
	if j.Spec != nil && spec.Series() != j.isSeries() {
		return s.reject(r, "makes a job that runs one whose runs are jobs of their own, or the other way")
	}
	if j.Spec != nil {
		was, v := j.VersionOf(j.Target), j.newVersion(ev.Version, spec, r)
		v.RevertOf, v.Key = ev.RevertOf, ev.IdempotencyKey
		j.advance(v, r)
		if j.isSeries() {
			j.followVersion() // Nothing of it runs that could be rolled.
			j.reschedule(r)
		} else {
			j.turn(was, CauseUpdate, r)
		}
	}
	j.settle(r.Sequence)
	return Change{Job: j}
}

// misnumbered returns why the next version cannot have a number, empty if it can.
func (j *Job) misnumbered(version uint64) string {
	if version <= j.Version || version > j.Version+versionStep {
		return fmt.Sprintf("version is %d, that of the job is %d", version, j.Version)
	}
	return ""
}

// replicas is how many tasks the job wants once it is scaled.
func (j *Job) replicas(ev events.JobScaled) (n uint64) {
	if j.Spec == nil {
		return 0
	}
	for i := range j.Spec.Tasks {
		if g := &j.Spec.Tasks[i]; g.Name == ev.Group {
			n += uint64(ev.Replicas)
		} else {
			n += uint64(g.Replicas)
		}
	}
	return n
}

// Group returns the group of that name, nil if the spec has none.
func (j *Job) Group(name string) *job.Group {
	if j.Spec == nil {
		return nil
	}
	return groupOf(j.Spec, name)
}

func (s *State) applyPlan(j *Job, r *Record) Change {
	switch ev := r.Event.(type) {
	case events.TasksPlanned:
		return s.plan(j, ev, r)
	case events.TasksDoomed:
		c := Change{Job: j}
		for _, t := range j.inRanges(ev.Run, ev.Slots) {
			if t.Doom != nil || !t.Live() {
				continue
			}
			slot := j.Slots[t.Slot]
			t.Doom = &Doom{
				Sequence: r.Sequence, At: r.Time, Reason: ev.Reason, Class: ev.Class, Keep: ev.Keep,
				Grace: time.Duration(ev.GraceMillis) * time.Millisecond,
			}
			t.Sequence = r.Sequence
			j.noteDoomed(t)
			if t.Run == j.Run && ev.Keep && j.Outdated(t) {
				j.beginIn(slot, r)
			}
			slot.reclaim(j, r)
			if !ev.Keep && slot.givenUp() {
				j.leave(slot)
			}
			c.Tasks = append(c.Tasks, t)
		}
		if AutomaticKill(ev.Class) {
			s.AutomaticKills.add(r.Time, len(c.Tasks), ev.KillBound)
		}
		return c
	case events.RolloutEnded:
		return s.rolloutEnded(j, ev, r)
	case events.RolloutReverted:
		return s.rolloutReverted(j, ev, r)
	case events.RunDue:
		return s.runDue(j, ev, r)
	case events.JobCompleted:
		return j.end(ev.Run, outcome{word: OutcomeCompleted}, r)
	case events.JobFailed:
		return j.end(ev.Run, outcome{OutcomeFailed, ev.Reason, ev.Exit, ev.Slot, ev.Attempt}, r)
	case events.JobExpired:
		return s.expire(j, ev, r)
	default:
		return s.skip(j)
	}
}

// outcome is how a job ends by itself.
type outcome struct {
	word          Outcome
	reason        string
	exit          *int
	slot, attempt uint32
}

func (j *Job) end(run uint64, o outcome, r *Record) Change {
	if run != j.Run || j.Outcome != OutcomeNone {
		return Change{Judgement: Outranked, Job: j}
	}
	j.Outcome, j.OutcomeAt, j.OutcomeReason, j.OutcomeExit, j.ChangedAt = o.word, r.Time, o.reason, o.exit, r.Time
	j.OutcomeSlot, j.OutcomeAttempt = o.slot, o.attempt
	j.endRollout(RolloutCancelled, "the job has "+string(o.word), r)
	return Change{Job: j}
}

func (s *State) plan(j *Job, ev events.TasksPlanned, r *Record) Change {
	if held := j.tasks + ranges.Count(ev.Slots); held > TasksMax {
		return s.reject(r, fmt.Sprintf("makes it %d tasks that are held of the job, the most is %d", held, TasksMax))
	}
	if ev.Run >= r.Sequence {
		return s.reject(r, fmt.Sprintf("run is %d, and no submission can have that sequence yet", ev.Run))
	}
	if j.isSeries() && ev.Run == j.Run {
		return Change{Judgement: Outranked, Job: j} // An older program took it for a job that runs.
	}
	c := Change{Job: j}
	for n, attempt := range ranges.All(ev.Slots) {
		slot := j.slot(n)
		if slot.Full() || slot.Find(ev.Run, attempt) != nil {
			continue
		}
		t := &Task{
			Job: j.ID, Run: ev.Run, Version: ev.Version, Group: ev.Group, Slot: n, Attempt: attempt,
			PlannedAt: r.Time, NotBefore: ev.NotBefore, Beside: ev.Beside, Sequence: r.Sequence, Planned: r.Sequence,
		}
		j.identify(t)
		if !ev.Beside {
			slot.makeWay(j, t, r)
		}
		s.insert(j, slot, t)
		j.sit(slot, t, nil)
		if t.Run == j.Run && !j.Outdated(t) {
			j.beginIn(slot, r)
		}
		c.Tasks = append(c.Tasks, t)
	}
	return c
}
