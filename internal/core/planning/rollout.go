package planning

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Reasons of a doom by a rollout, as users read them.
const (
	ReasonUpdated    = "replaced by a newer version"
	ReasonRestarted  = "restarted"
	ReasonRolledBack = "rolled back to the version before"
	ReasonGroupGone  = "its group is gone from the job"
)

// progress is how far the rollout of one group is.
type progress struct {
	group *job.Group
	// slots are those that are wanted, of those that the group holds.
	slots []*cluster.Slot
	// surge and unavailable are how many tasks there may be beyond the replicas, and how
	// many of these may be down.
	surge, unavailable int
	// alive are all tasks that live, doomed ones too; up are the slots in which one that
	// is not doomed is up, there those in which it is as wanted, or has done its work.
	alive, up, there int
	// fresh are the slots that have got what is rolled out since it began, or are about
	// to; in freshUp of them it is up.
	fresh, freshUp int
	// failed is a slot whose task is as wanted, and has failed too often; nil for none.
	failed *cluster.Slot
}

// done reports whether all that the group wants is up as wanted.
func (p *progress) done() bool { return p.there == int(p.group.Replicas) }

// isUp reports whether a task that is as wanted has been up for long enough while somebody
// would have heard of its end; when time alone will make it so is noted as a wake.
func (s *slots) isUp(t *cluster.Task) bool {
	if t.UpSince.IsZero() {
		return false
	}
	long := time.Duration(s.policy.MinHealthy)
	if s.hearing.Heard(t.UpSince, s.now) < long {
		s.wake = earlier(s.wake, s.hearing.Until(t.UpSince, long, s.now))
		return false
	}
	return true
}

// measure finds out how far a group is. What of it lives was counted before.
func (s *slots) measure(g *job.Group) *progress {
	p := &progress{group: g, slots: wanted(g, s.held[g.Name]), alive: s.alive[g.Name]}
	surge, unavailable := s.policy.Bounds(g)
	p.surge, p.unavailable = int(surge), int(unavailable)
	for _, slot := range p.slots {
		s.measureSlot(p, slot)
	}
	return p
}

func (s *slots) measureSlot(p *progress, slot *cluster.Slot) {
	up, there := false, false
	for _, t := range slot.Tasks {
		switch {
		case !t.Live() || t.Run != s.job.Run || t.Doom != nil || t.Original():
		case s.job.Outdated(t):
			up = up || !t.UpSince.IsZero()
		case s.isUp(t):
			up, there = true, true
		}
	}
	// What is rolled out comes after all that was before.
	if t := slot.Deciding(); !t.Live() && t.Doom == nil && !s.job.Outdated(t) {
		switch slot.Fate(t.End(), p.group.Restart) {
		case restart.Done:
			there = true
		case restart.Failed:
			p.failed = slot
		case restart.Running, restart.Again:
		}
	}
	fresh := s.isFresh(slot)
	p.up += one(up)
	p.there += one(there)
	p.fresh += one(fresh)
	p.freshUp += one(fresh && there)
}

// hasDone reports whether the newest task of a slot has ended with its work done, and is
// as wanted: it is followed by none, and whatever is beside it is not needed any more.
func (s *slots) hasDone(slot *cluster.Slot, t *cluster.Task) bool {
	g := s.job.Group(t.Group)
	return g != nil && !t.Live() && t.Doom == nil && !s.job.Outdated(t) && slot.Fate(t.End(), g.Restart) == restart.Done
}

// isFresh reports whether a slot has got what is rolled out since that began, or
// is about to.
func (s *slots) isFresh(slot *cluster.Slot) bool {
	began := s.job.Rollout.Began
	ended, stays := false, false
	for _, t := range slot.Tasks {
		switch {
		case t.Run != s.job.Run || t.Original():
		case t.Doom == nil && t.Planned > began && !s.job.Outdated(t):
			return true
		case t.Doom == nil:
			stays = stays || t.Live()
		case t.Doom.Sequence > began && byRollout(t.Doom.Class):
			ended = true
		}
	}
	return ended && !stays
}

// byRollout reports whether a doom of a class makes room for what is rolled out.
func byRollout(class string) bool {
	return class == ClassOf(ReasonUpdated) || class == ClassOf(ReasonRestarted) || class == ClassOf(ReasonRolledBack)
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// rolling is a rollout that is under way, all groups measured.
type rolling struct {
	groups []*progress // in the order in which they go
	// left is how many more slots may get what is rolled out before it is promoted; below
	// 0 is any number.
	left int
	// fresh and freshUp are those of all groups.
	fresh, freshUp int
}

// anyNumber is what is left of a canary where there is none.
const anyNumber = -1

// measureAll measures a rollout that is under way, nil where there is none.
func (s *slots) measureAll() *rolling {
	j := s.job
	if j.Rollout.Status != cluster.RolloutRolling || s.behind {
		return nil
	}
	s.living()
	r := &rolling{left: anyNumber}
	for _, g := range inTurn(j.Spec, s.policy.Order) {
		p := s.measure(g)
		r.fresh, r.freshUp = r.fresh+p.fresh, r.freshUp+p.freshUp
		r.groups = append(r.groups, p)
	}
	if canary := int(s.policy.Canary); canary > 0 && !j.Rollout.Promoted && j.Rollout.Cause != cluster.CauseRollback {
		r.left = max(0, canary-r.fresh)
	}
	return r
}

// living is how many tasks of each group there are, wanted or not, but for those that are
// given up, and originals.
func (s *slots) living() map[string]int {
	if s.alive != nil {
		return s.alive
	}
	s.alive = map[string]int{}
	for _, slot := range s.all {
		for _, t := range slot.Tasks {
			if t.Live() && t.Run == s.job.Run && (t.Doom == nil || !t.Unreachable) && !t.Original() {
				s.alive[t.Group]++
			}
		}
	}
	return s.alive
}

// inTurn are the groups of a spec in the order in which they go: those that are named
// first, the others as they are in the spec.
func inTurn(spec *job.Spec, order []string) []*job.Group {
	all := make([]*job.Group, 0, len(spec.Tasks))
	named := make(map[string]bool, len(order))
	for _, name := range order {
		for i := range spec.Tasks {
			if spec.Tasks[i].Name == name && !named[name] {
				named[name] = true
				all = append(all, &spec.Tasks[i])
			}
		}
	}
	for i := range spec.Tasks {
		if !named[spec.Tasks[i].Name] {
			all = append(all, &spec.Tasks[i])
		}
	}
	return all
}

// waitsForPromotion reports whether the rollout waits for a user to promote it: all
// that may get what is rolled out before has come up with it.
func (r *rolling) waitsForPromotion() bool { return r.left == 0 && r.fresh == r.freshUp }

// due are the groups whose turn it is: one after the other those that are named, then
// all others.
func (r *rolling) due(named int) []*progress {
	for i, p := range r.groups[:min(named, len(r.groups))] {
		if !p.done() {
			return r.groups[i : i+1]
		}
	}
	return r.groups[min(named, len(r.groups)):]
}

// roll takes the next step of a rollout, or ends it. While held it takes none. What can go on
// is not late, be it that it could not for long.
func (s *slots) roll(r *rolling, held bool) (Decision, bool) {
	if ev := s.fails(r); ev != nil {
		return Decision{Event: ev, Cause: newest(s.job)}, true
	}
	if !held {
		if d, ok := s.replace(r); ok {
			return d, true
		}
	}
	if ev := s.late(r); ev != nil {
		return Decision{Event: ev, Cause: newest(s.job)}, true
	}
	for _, p := range r.groups {
		if !p.done() || s.anyOld(p) {
			return Decision{}, false
		}
	}
	if d, ok := s.endGone(); ok || s.kills.holds() {
		return d, ok
	}
	j, o := s.job, &s.job.Rollout
	return Decision{Cause: newest(j), Event: events.RolloutEnded{
		Run: j.Run, Version: o.Version, Began: o.Began, Outcome: events.RolloutSucceeded,
	}}, true
}

// replace takes the next step of a rollout: a task of before that is not up ends, one
// is put beside another of before as far as that may be, or one that is up ends.
func (s *slots) replace(r *rolling) (Decision, bool) {
	for _, p := range r.due(len(s.policy.Order)) {
		if r.left == 0 {
			if d, ok := s.putBeside(p, r.left); ok {
				return d, true
			}
			continue
		}
		if d, ok := s.endIdle(p, r.left); ok {
			return d, true
		}
		if d, ok := s.putBeside(p, r.left); ok {
			return d, true
		}
		if d, ok := s.endServing(p, r.left); ok {
			return d, true
		}
	}
	return Decision{}, false
}

// old is the task of before in a slot that is to be replaced, and whether one that is as
// wanted lives beside it; nil where there is none.
func (s *slots) old(slot *cluster.Slot) (old *cluster.Task, beside bool) {
	for _, t := range slot.Tasks {
		switch {
		case !t.Live() || t.Doom != nil || t.Run != s.job.Run || t.Original():
		case s.job.Outdated(t):
			old = t
		default:
			beside = true
		}
	}
	return old, beside
}

// endIdle ends tasks of before that are not up: nothing is lost by it. Of one whose
// agent is cut off nobody knows whether it is.
func (s *slots) endIdle(p *progress, left int) (Decision, bool) {
	e := ending{kills: s.kills}
	for _, slot := range p.slots {
		for _, t := range slot.Tasks {
			if !t.Live() || t.Doom != nil || t.Run != s.job.Run || !t.UpSince.IsZero() || t.Unreachable || !s.job.Outdated(t) {
				continue
			}
			if _, beside := s.old(slot); !beside {
				if left == 0 {
					continue
				}
				left--
			}
			e.add(t, s.replaceReason(t))
		}
	}
	return e.decision(s.job, true)
}

// putBeside plans what is wanted beside the lowest tasks of before, as many as there is
// room for. A slot that had it, and in which it did not last, is none of those left.
func (s *slots) putBeside(p *progress, left int) (Decision, bool) {
	room := int(p.group.Replicas) + p.surge - p.alive
	batch := plans{version: s.job.Target, beside: true}
	for _, slot := range p.slots {
		if room <= 0 {
			break
		}
		t, beside := s.old(slot)
		newest := slot.Newest()
		if t == nil || beside || slot.Full() || newest.Attempt >= ranges.AttemptMax || s.hasDone(slot, newest) {
			continue
		}
		if !s.isFresh(slot) {
			if left == 0 {
				continue
			}
			left--
		}
		batch.add(planned{
			slot: slot.Number, attempt: newest.Attempt + 1, version: s.job.Target,
			notBefore: s.notBefore(p.group, slot, newest, s.job.Target), reason: s.versionReason(s.job.Target), cause: t.Sequence,
		})
		room--
	}
	return batch.decision(s.job, p.group.Name)
}

// endServing ends tasks of before that are up, the lowest first, and first those that
// have one beside them, as many as may be down.
func (s *slots) endServing(p *progress, left int) (Decision, bool) {
	budget := p.up - (int(p.group.Replicas) - p.unavailable)
	e := ending{kills: s.kills}
	for _, paired := range []bool{true, false} {
		for _, slot := range p.slots {
			if budget <= 0 {
				break
			}
			t, beside := s.old(slot)
			if t == nil || t.UpSince.IsZero() || beside != paired {
				continue
			}
			if !beside {
				if left == 0 {
					continue
				}
				left--
			}
			e.add(t, s.replaceReason(t))
			budget--
		}
		if !e.named.Empty() {
			break // Slots of one event are in order.
		}
	}
	return e.decision(s.job, true)
}

// replaceReason is why a task is replaced.
func (s *slots) replaceReason(t *cluster.Task) string {
	switch {
	case t.Template == s.job.TemplateOf(t.Group) && s.job.Rollout.Cause == cluster.CauseRestart:
		return ReasonRestarted
	case s.job.Rollout.Cause == cluster.CauseRollback:
		return ReasonRolledBack
	}
	return ReasonUpdated
}

// versionReason is why a task is planned with a version that the one before had not.
func (s *slots) versionReason(version uint64) string {
	switch o := &s.job.Rollout; {
	case version != s.job.Target:
		return fmt.Sprintf("version %d, while the rollout of version %d rests", version, o.Version)
	case o.Cause == cluster.CauseRestart:
		return "restart"
	case o.Cause == cluster.CauseRollback:
		return fmt.Sprintf("back to version %d", version)
	}
	return fmt.Sprintf("update to version %d", version)
}

// endGone ends the tasks of groups that the job has no more. All others have come up
// as wanted.
func (s *slots) endGone() (Decision, bool) {
	e := ending{kills: s.kills}
	for _, slot := range s.all {
		for _, t := range slot.Tasks {
			if t.Live() && t.Doom == nil && t.Run == s.job.Run && s.job.Group(t.Group) == nil {
				e.add(t, ReasonGroupGone)
			}
		}
	}
	return e.decision(s.job, false)
}

// fails ends a rollout of which a task has failed for good.
func (s *slots) fails(r *rolling) events.Event {
	for _, p := range r.groups {
		if p.failed != nil {
			t := p.failed.Deciding()
			return s.fail(failure(p.failed, t, s.job.Group(t.Group)) + "; " + s.soFar(r))
		}
	}
	return nil
}

// late ends a rollout of which nothing comes up any more. Time in which nobody could have
// heard of anything that came up does not count, nor does what it waits for of others.
func (s *slots) late(r *rolling) events.Event {
	o, deadline := &s.job.Rollout, time.Duration(s.policy.ProgressDeadline)
	switch {
	case r.done(), r.waitsForPromotion(), s.waiting:
	case s.kills.exhausted(): // That is no fault of what is rolled out.
		s.kills.held = true
	case s.hearing.Heard(o.Progress, s.now) >= deadline:
		return s.fail(fmt.Sprintf("nothing came up for %s: %s", deadline, s.soFar(r)))
	default:
		s.wake = earlier(s.wake, s.hearing.Until(o.Progress, deadline, s.now))
	}
	return nil
}

// done reports whether all that is wanted is up as wanted.
func (r *rolling) done() bool {
	return !slices.ContainsFunc(r.groups, func(p *progress) bool { return !p.done() })
}

// soFar is how far a rollout is, as users read it.
func (s *slots) soFar(r *rolling) string {
	there, replicas := 0, 0
	for _, p := range r.groups {
		there, replicas = there+p.there, replicas+int(p.group.Replicas)
	}
	return fmt.Sprintf("%d of %d tasks are up with version %d", there, replicas, s.job.Rollout.Version)
}

// anyOld reports whether a task of before is left that was not told to end.
func (s *slots) anyOld(p *progress) bool {
	for _, slot := range p.slots {
		if t, _ := s.old(slot); t != nil {
			return true
		}
	}
	return false
}

// fail ends a rollout that came to nothing, or goes back to what stood before.
func (s *slots) fail(reason string) events.Event {
	j, o := s.job, &s.job.Rollout
	if s.policy.AutoRollback && o.Cause != cluster.CauseRollback && o.From != j.Target && j.SpecOf(o.From) != nil {
		return events.RolloutReverted{Run: j.Run, Version: o.Version, Began: o.Began, To: o.From, Reason: reason}
	}
	return events.RolloutEnded{Run: j.Run, Version: o.Version, Began: o.Began, Outcome: events.RolloutFailed, Reason: reason}
}

// versionFor is the version that the next attempt of a slot is planned with: what is
// rolled out, unless the rollout rests; then the one that served in the slot, or, in a
// slot that has had none, the one that stood. A slot of nil is a new one.
func (s *slots) versionFor(g *job.Group, slot *cluster.Slot, r *rolling) uint64 {
	j := s.job
	switch {
	case !j.Rollout.Unfinished() || s.behind, r != nil && r.left < 0, r != nil && slot != nil && s.isFresh(slot):
		return j.Target
	case r != nil && r.left > 0:
		if slot != nil {
			r.left--
		}
		return j.Target
	}
	for _, version := range []uint64{servedIn(slot), j.Stood} {
		if j.TemplateIn(version, g.Name) != 0 {
			return version
		}
	}
	return j.Target
}

func servedIn(slot *cluster.Slot) uint64 {
	if slot == nil {
		return 0
	}
	return slot.Served
}

// ending gathers tasks that can share an event that dooms them.
type ending struct {
	named  ranges.Builder
	first  *cluster.Task
	reason string
	count  uint64
	kills  *killBudget
}

func (e *ending) add(t *cluster.Task, reason string) {
	if e.first != nil && (reason != e.reason || t.Run != e.first.Run || t.Group != e.first.Group) {
		return // What does not fit follows.
	}
	if !e.kills.allows(reason, e.count) {
		return
	}
	if e.first == nil {
		e.first, e.reason = t, reason
	}
	e.named.Add(t.Slot, t.Attempt)
	e.count++
}

// decision dooms what was gathered; keep has the slots stay with their group.
func (e *ending) decision(j *cluster.Job, keep bool) (Decision, bool) {
	if e.first == nil {
		return Decision{}, false
	}
	ev := events.TasksDoomed{
		Run: e.first.Run, Slots: e.named.Ranges(), Reason: e.reason, GraceMillis: grace(j, e.first).Milliseconds(),
		Class: ClassOf(e.reason), Keep: keep,
	}
	e.kills.stamp(&ev)
	return Decision{Cause: j.LastJob, Event: ev}, true
}
