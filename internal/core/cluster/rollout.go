package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// RolloutStatus is the state of a rollout.
type RolloutStatus string

// The states of a rollout; those from RolloutSucceeded on are its ends.
const (
	// RolloutNone: there never was one in this run.
	RolloutNone       RolloutStatus = ""
	RolloutRolling    RolloutStatus = "rolling"
	RolloutPaused     RolloutStatus = "paused"
	RolloutSucceeded  RolloutStatus = "succeeded"
	RolloutFailed     RolloutStatus = "failed"
	RolloutRolledBack RolloutStatus = "rolled_back"
	RolloutSuperseded RolloutStatus = "superseded"
	RolloutCancelled  RolloutStatus = "cancelled"
)

// RolloutCause is what a rollout began with.
type RolloutCause string

// The causes of a rollout.
const (
	CauseUpdate   RolloutCause = "update"
	CauseRestart  RolloutCause = "restart"
	CauseRollback RolloutCause = "rollback"
	CauseResume   RolloutCause = "resume"
)

// RolloutsKept is how many rollouts that are over are kept of a job.
const RolloutsKept = 10

// Rollout is how the tasks of a service come to be those of its target. It says nothing
// of how far it is, which follows from the tasks.
type Rollout struct {
	// Began is the sequence of the event that began it, 0 if there is none; By is who
	// asked for it.
	Began uint64
	At    time.Time
	By    string
	Cause RolloutCause
	// Version is the one that is rolled out, From the one that stood before.
	Version, From uint64

	Status RolloutStatus
	// Promoted reports whether it may go beyond its canary.
	Promoted bool
	// Progress is since when nothing has come up that had not before, nor was begun in a
	// slot in which nothing was, or since when it may go on.
	Progress time.Time
	// EndedAt and Reason tell of its end, or of its pause.
	EndedAt time.Time
	Reason  string
}

// Active reports whether the rollout is not over.
func (r *Rollout) Active() bool { return r.Status == RolloutRolling || r.Status == RolloutPaused }

// Unfinished reports whether tasks may be left as they were, since the rollout goes on
// or came to nothing.
func (r *Rollout) Unfinished() bool {
	return r.Active() || r.Status == RolloutFailed || r.Status == RolloutCancelled
}

// Rolls reports whether the job's tasks are brought to another version: those of a
// service are. What runs in a batch is as good as what would follow it, and of what only
// has runs nothing runs itself.
func (j *Job) Rolls() bool {
	return j.Spec != nil && j.Spec.Kind == job.KindService
}

// Outdated reports whether a task of the newest run is to be replaced: it does not get
// what tasks of its group should, or a user wants it restarted.
func (j *Job) Outdated(t *Task) bool {
	if t.Run != j.Run || !j.Rolls() {
		return false
	}
	return t.Stale != 0 || t.Template != j.TemplateOf(t.Group)
}

// begin begins a rollout to the target of the job. One that is under way has ended
// then, and how is for the caller to say before.
func (j *Job) begin(cause RolloutCause, r *Record) {
	j.leaveBehind()
	if j.Over() || !j.Rolls() {
		j.Stood = j.Target
		return
	}
	j.Rollout = Rollout{
		Began: r.Sequence, At: r.Time, By: r.Envelope.By(), Cause: cause, Version: j.Target, From: j.Stood,
		Status: RolloutRolling, Progress: r.Time,
	}
}

// leaveBehind puts the job's rollout among those of before.
func (j *Job) leaveBehind() {
	if j.Rollout.Began == 0 {
		return
	}
	kept := j.PastRollouts[max(0, len(j.PastRollouts)-RolloutsKept+1):]
	j.PastRollouts = append(slices.Clone(kept), j.Rollout)
	j.Rollout = Rollout{}
}

// endRollout ends the rollout of the job if it is under way.
func (j *Job) endRollout(status RolloutStatus, reason string, r *Record) {
	if !j.Rollout.Active() {
		return
	}
	j.Rollout.Status, j.Rollout.Reason, j.Rollout.EndedAt = status, reason, r.Time
	if status == RolloutSucceeded {
		j.Stood = j.Target
	}
}

// follow has the rollout go by a version that differs from its own in nothing that a
// task gets. Where none is unfinished, the version stands.
func (j *Job) followVersion() {
	if j.Rollout.Unfinished() {
		j.Rollout.Version = j.Target
		return
	}
	j.Stood = j.Target
}

// turn begins a rollout to a version that has become the target, if there is anything
// to roll out: a group that came, went, or has another template than at the version was,
// tasks that do not meet a new constraint, or what a rollout of before has left.
func (j *Job) turn(was *Version, cause RolloutCause, r *Record) {
	left := j.Rollout.Unfinished()
	misfits := j.markMisfits(was, r.Sequence)
	j.reclaimAll(r)
	if !left && !misfits && j.sameTemplates(was) {
		j.followVersion()
		return
	}
	j.endRollout(RolloutSuperseded, fmt.Sprintf("superseded by version %d", j.Target), r)
	j.begin(cause, r)
}

// sameTemplates reports whether the tasks of all groups get the same at the target as
// at a version before.
func (j *Job) sameTemplates(was *Version) bool {
	if was == nil || len(was.Spec.Tasks) != len(j.Spec.Tasks) {
		return false
	}
	for i := range j.Spec.Tasks {
		name := j.Spec.Tasks[i].Name
		if was.template(name) != j.TemplateOf(name) {
			return false
		}
	}
	return true
}

// restart marks the tasks that an event names, and begins a rollout that replaces them.
// What was not launched yet is new enough.
func (s *State) restart(j *Job, ev events.JobRestarted, r *Record) Change {
	if ev.Run != j.Run || j.Over() || !j.Rolls() {
		return Change{Judgement: Outranked, Job: j}
	}
	c := Change{Job: j}
	mark := func(slot *Slot) {
		for _, t := range slot.Tasks {
			if t.Run == j.Run && t.Live() && t.State != Waiting && (ev.Group == "" || t.Group == ev.Group) {
				t.Stale, t.Sequence = r.Sequence, r.Sequence
				c.Tasks = append(c.Tasks, t)
			}
		}
	}
	if len(ev.Slots) == 0 {
		for _, slot := range j.Slots {
			mark(slot)
		}
	}
	for n := range ranges.All(ev.Slots) {
		if slot := j.Slots[n]; slot != nil {
			mark(slot)
		}
	}
	j.noteRequest(Request{Key: ev.IdempotencyKey, Kind: RequestRestart, Group: ev.Group, Slots: ev.Slots})
	j.settle(r.Sequence)
	j.endRollout(RolloutSuperseded, "superseded by a restart", r)
	j.begin(CauseRestart, r)
	return c
}

// steer follows what a user wants of the rollout.
func (s *State) steer(j *Job, ev events.RolloutSteered, r *Record) Change {
	outranked := Change{Judgement: Outranked, Job: j}
	o := &j.Rollout
	if ev.Run != j.Run || j.Over() || j.Spec == nil {
		return outranked
	}
	if ev.Action == events.RolloutRollback {
		return s.rollBack(j, ev, r)
	}
	if ev.Version != o.Version {
		return outranked
	}
	switch {
	case ev.Action == events.RolloutPause && o.Status == RolloutRolling:
		o.Status, o.Reason = RolloutPaused, ev.Reason
	case ev.Action == events.RolloutResume && o.Status == RolloutPaused:
		o.Status, o.Reason, o.Progress = RolloutRolling, "", r.Time
	case ev.Action == events.RolloutResume && o.Unfinished() && !o.Active():
		j.begin(CauseResume, r)
	case ev.Action == events.RolloutPromote && o.Active() && !o.Promoted:
		o.Promoted, o.Progress = true, r.Time
	case ev.Action == events.RolloutCancel && o.Active():
		j.endRollout(RolloutCancelled, ev.Reason, r)
		j.unmark()
	default:
		return outranked
	}
	j.settle(r.Sequence)
	return Change{Job: j}
}

// rollBack follows a user who wants a version of before back.
func (s *State) rollBack(j *Job, ev events.RolloutSteered, r *Record) Change {
	to := ev.To
	if to == 0 {
		to = j.Rollout.From
	}
	if j.SpecOf(to) == nil || !j.Rolls() || ev.Version != j.rolled() {
		return Change{Judgement: Outranked, Job: j}
	}
	j.settle(r.Sequence)
	reason := ev.Reason
	if reason == "" {
		reason = fmt.Sprintf("rolled back to version %d", to)
	}
	j.endRollout(RolloutRolledBack, reason, r)
	j.goBack(to, r)
	return Change{Job: j}
}

// rolled is the version that the newest rollout is of, the target where there was none.
func (j *Job) rolled() uint64 {
	if j.Rollout.Began != 0 {
		return j.Rollout.Version
	}
	return j.Target
}

// goBack makes a version of before the target, with the replicas that users have asked
// for since, and begins a rollout to it. What of it still runs is as it should be.
func (j *Job) goBack(to uint64, r *Record) {
	spec := j.SpecOf(to)
	for i := range spec.Tasks {
		for _, sc := range j.scales {
			if sc.version <= to || sc.group != spec.Tasks[i].Name || sc.replicas == spec.Tasks[i].Replicas {
				continue
			}
			own := *spec // Views of the kept one may be in use.
			own.Tasks = slices.Clone(spec.Tasks)
			own.Tasks[i].Replicas = sc.replicas
			spec = &own
		}
	}
	j.Spec, j.Target, j.ChangedAt = spec, to, r.Time
	j.unmark()
	j.reclaimAll(r)
	j.begin(CauseRollback, r)
}

// unmark has no task restarted that is as it should be otherwise.
func (j *Job) unmark() {
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			t.Stale = 0
		}
	}
}

// scale is how many tasks of a group a user wanted last, and as of which version.
type scale struct {
	group    string
	version  uint64
	replicas uint32
}

// noteScale keeps the newest of each group.
func (j *Job) noteScale(ev events.JobScaled) {
	kept := make([]scale, 0, len(j.scales)+1)
	for _, sc := range j.scales {
		if sc.group != ev.Group && j.Group(sc.group) != nil {
			kept = append(kept, sc)
		}
	}
	j.scales = append(kept, scale{group: ev.Group, version: ev.Version, replicas: ev.Replicas})
}

// rolloutEnded follows how a planner saw a rollout end.
func (s *State) rolloutEnded(j *Job, ev events.RolloutEnded, r *Record) Change {
	o := &j.Rollout
	if ev.Run != j.Run || ev.Began != o.Began || !o.Active() {
		return Change{Judgement: Outranked, Job: j}
	}
	switch ev.Outcome {
	case events.RolloutSucceeded:
		j.endRollout(RolloutSucceeded, ev.Reason, r)
	case events.RolloutFailed:
		j.endRollout(RolloutFailed, ev.Reason, r)
	default:
		return s.reject(r, fmt.Sprintf("outcome is %q, it must be succeeded or failed", legible(ev.Outcome, nameMax)))
	}
	return Change{Job: j}
}

// rolloutReverted follows a planner that goes back since a rollout has failed.
func (s *State) rolloutReverted(j *Job, ev events.RolloutReverted, r *Record) Change {
	o := &j.Rollout
	if ev.Run != j.Run || ev.Began != o.Began || !o.Active() || j.Over() || j.SpecOf(ev.To) == nil {
		return Change{Judgement: Outranked, Job: j}
	}
	j.endRollout(RolloutRolledBack, ev.Reason, r)
	j.goBack(ev.To, r)
	return Change{Job: j}
}

// gauge keeps since when a task is up: it runs, and is healthy if that is checked. The
// first that comes up in a slot for a rollout is its progress.
func (s *State) gauge(j *Job, slot *Slot, t *Task, r *Record) {
	if !j.isUp(t) {
		if t.Run == j.Run && !t.UpSince.IsZero() && j.Spec != nil && s.Hearing.Heard(t.UpSince, r.Time) >= time.Duration(j.Spec.RolloutPolicy().MinHealthy) {
			slot.Served = t.Version
			j.lostCanary(t, r)
		}
		t.UpSince = time.Time{}
		return
	}
	if !t.UpSince.IsZero() {
		return
	}
	t.UpSince = r.Time
	if t.Run != j.Run {
		return
	}
	if o := &j.Rollout; o.Active() && slot.cameUp != o.Began && !j.Outdated(t) {
		slot.cameUp, o.Progress = o.Began, r.Time
	}
}

// lostCanary gives a rollout that waited for a user as long as before: a task that it waited
// with is up no more.
func (j *Job) lostCanary(t *Task, r *Record) {
	if o := &j.Rollout; o.Active() && !o.Promoted && j.Spec.RolloutPolicy().Canary > 0 && !j.Outdated(t) {
		o.Progress = r.Time
	}
}

// beginIn notes that something is done in a slot for the rollout: a task of before is told to
// end, or one of the target is planned. The first time that is progress: what had to wait
// for room, for other jobs or for the bound on kills has its time from then on.
func (j *Job) beginIn(slot *Slot, r *Record) {
	if o := &j.Rollout; o.Active() && slot.begun != o.Began {
		slot.begun, o.Progress = o.Began, r.Time
	}
}

func (j *Job) isUp(t *Task) bool {
	if t.State != Running || t.Unreachable {
		return false
	}
	g := j.GroupOf(t)
	return g == nil || g.HealthCheck == nil || t.Healthy != nil && *t.Healthy
}
