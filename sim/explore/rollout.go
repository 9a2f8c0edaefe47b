package explore

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// checkRoom: what is planned beside another stays within the surge, by what the planner
// has folded.
func (w *World) checkRoom(i int, j *cluster.Job, ev events.TasksPlanned) {
	if !ev.Beside {
		return
	}
	if j.Rollout.Status != cluster.RolloutRolling && len(w.procs[i].state.Agents.Drains) == 0 {
		w.violate("nothing is replaced while a rollout rests", fmt.Sprintf("%s wants %s", w.procs[i].name, describeEvent(events.Subject{}, ev)))
	}
	g := j.Group(ev.Group)
	policy := j.Spec.RolloutPolicy()
	surge, _ := policy.Bounds(g)
	alive := 0
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Run == j.Run && t.Live() && (t.Doom == nil || !t.Unreachable) {
				alive++
			}
		}
	}
	alive += ranges.Count(ev.Slots)
	if alive > int(g.Replicas+surge) {
		w.violate("no more live than is wanted and may surge", fmt.Sprintf("%s wants %d", w.procs[i].name, alive))
	}
}

// checkSurge: of a service whose size nobody changes no more live than are wanted and may
// surge; what is where an agent was away may have been given up.
func (w *World) checkSurge(l *scheduler.Launch) {
	j := w.log.truth.Jobs[l.Job]
	if j.Spec == nil || j.Spec.Kind != job.KindService || w.scope.Most[Scale] > 0 {
		return
	}
	policy := j.Spec.RolloutPolicy()
	surge, _ := policy.Bounds(&j.Spec.Tasks[0])
	alive := 1
	for i := range w.mesos.Tasks {
		if t := &w.mesos.Tasks[i]; t.Alive && !t.Excused && t.Launch.Job == l.Job {
			alive++
		}
	}
	if alive > int(j.Spec.Tasks[0].Replicas+surge) {
		w.violate("no more live than is wanted and may surge", fmt.Sprintf("%s is the %dth", l.TaskID, alive))
	}
}

// checkKept: what is replaced or moved leaves as many up as may not be down, unless they
// were fewer before, by what the planner has folded.
func (w *World) checkKept(i int, j *cluster.Job, ev events.TasksDoomed) {
	if !replaces(ev) || j.Over() {
		return
	}
	if ev.Keep && ev.Class != "drained" && j.Rollout.Status != cluster.RolloutRolling {
		w.violate("nothing is replaced while a rollout rests", fmt.Sprintf("%s wants %s", w.procs[i].name, describeEvent(events.Subject{}, ev)))
	}
	g := &j.Spec.Tasks[0]
	policy := j.Spec.RolloutPolicy()
	_, unavailable := policy.Bounds(g)
	up := func(t *cluster.Task) bool {
		_, leaves := w.procs[i].state.Agents.Drains[cluster.Place{Hostname: t.Hostname}]
		return t.Run == j.Run && t.Doom == nil && !t.UpSince.IsZero() &&
			(leaves || j.Outdated(t) || w.now.Sub(t.UpSince) >= time.Duration(policy.MinHealthy))
	}
	before, after := 0, 0
	for _, slot := range j.Slots {
		if slices.ContainsFunc(slot.Tasks, up) {
			before++
		}
		if slices.ContainsFunc(slot.Tasks, func(t *cluster.Task) bool { return up(t) && !names(ev.Slots, t) }) {
			after++
		}
	}
	if after < before && after < int(g.Replicas-unavailable) {
		w.violate("as many are up as may not be down", fmt.Sprintf("%s leaves %d of %d", w.procs[i].name, after, before))
	}
}

// serving are the tasks that an append dooms for others although they are up, as far as who
// wants it appended knows.
func (w *World) serving(i int, e machine.Effect) (ids []string) {
	a, appends := e.(machine.Append)
	if !appends {
		return nil
	}
	for _, d := range a.Drafts {
		ev, dooms := d.Event.(events.TasksDoomed)
		s, err := events.ParseSubject(d.Subject)
		if !dooms || !replaces(ev) || err != nil {
			continue
		}
		for _, slot := range w.procs[i].state.Jobs[s.Job].Slots {
			for _, t := range slot.Tasks {
				if t.Run == ev.Run && names(ev.Slots, t) && !t.UpSince.IsZero() {
					ids = append(ids, t.ID)
				}
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// replaces reports whether what is doomed goes for another that comes in its place.
func replaces(ev events.TasksDoomed) bool {
	switch ev.Class {
	case "updated", "restarted", "rolled_back", "drained":
		return true
	}
	return false
}

// names reports whether ranges name a task.
func names(ranges []events.SlotRange, t *cluster.Task) bool {
	return slices.ContainsFunc(ranges, func(r events.SlotRange) bool {
		return t.Slot >= r.From && t.Slot <= r.To && t.Attempt == r.Attempt
	})
}

// checkServed: as long as no task fails or is cut off, and users leave the size of a
// service alone, a KILL of what was up leaves as many running as may not be down. It is of
// what runs, and not of what anybody believes.
func (w *World) checkServed(killed *Task) {
	j := w.log.truth.Jobs[killed.Launch.Job]
	if j.Over() || j.Spec.Kind != job.KindService || w.scope.Most[Scale] > 0 || w.spent(Fails, Ends, Away, Forgotten) || !w.log.serving[killed.Launch.TaskID] {
		return
	}
	policy := j.Spec.RolloutPolicy()
	_, unavailable := policy.Bounds(&j.Spec.Tasks[0])
	others := map[uint32]bool{}
	for i := range w.mesos.Tasks {
		t := &w.mesos.Tasks[i]
		if t != killed && t.Launch.Job == j.ID && t.Alive && t.Ran && !t.Dying {
			others[t.Launch.Slot] = true
		}
	}
	if !others[killed.Launch.Slot] && len(others) < int(j.Spec.Tasks[0].Replicas-unavailable) {
		w.violate("as many are up as may not be down", fmt.Sprintf("KILL of %s leaves %d", killed.Launch.TaskID, len(others)))
	}
}

// spent reports whether any of these faults has happened.
func (w *World) spent(faults ...Fault) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool { return int(w.left.each[f]) < w.scope.Most[f] })
}

// versions are the one that is wanted by the records up to a sequence, and the one to
// which a rollout has brought all tasks last.
func (l *Log) versions(upTo uint64) (target, stood uint64) {
	target, stood = 1, 1
	for _, r := range l.records[:upTo] {
		if r.judged != cluster.Counted {
			continue
		}
		switch ev := r.Event.(type) {
		case events.JobUpdated:
			target = ev.Version
		case events.RolloutReverted:
			target = ev.To
		case events.RolloutSteered:
			if ev.Action == events.RolloutRollback {
				target = ev.To
			}
		case events.RolloutEnded:
			if ev.Outcome == events.RolloutSucceeded {
				stood = target
			}
		default:
		}
	}
	return target, stood
}

// checkReverted: who goes back goes to what stood.
func (w *World) checkReverted(r *Record, ev events.RolloutReverted) {
	if _, stood := w.log.versions(r.Sequence - 1); ev.To != stood {
		w.violate("who goes back goes to what stood before", fmt.Sprintf("%s, and %d stood", r, stood))
	}
}

// image is that of a version: updates are made in turn.
func (s *Scope) image(version uint64) string {
	if version <= 1 {
		return s.spec().Tasks[0].Container.Image
	}
	return s.Images[version-2]
}

// outdated says that a task is not of the version that is wanted, although nothing rests.
func (w *World) outdated(j *cluster.Job, t *Task) string {
	if j.Over() || j.ID != jobID || j.Spec.Kind != job.KindService || w.rests(j) {
		return ""
	}
	target, _ := w.log.versions(w.log.tail())
	if image := t.Launch.Group.Container.Image; image != w.scope.image(target) {
		return fmt.Sprintf("%s is of image %s", t.Launch.TaskID, image)
	}
	return ""
}

// rests reports whether a rollout has left tasks as they were, or waits for a user.
func (w *World) rests(j *cluster.Job) bool {
	s := j.Rollout.Status
	return s == cluster.RolloutPaused || s == cluster.RolloutFailed || s == cluster.RolloutCancelled || w.canaryWaits(j)
}

// canaryWaits reports whether as many tasks run of what is rolled out as may before a user
// says that the others may follow.
func (w *World) canaryWaits(j *cluster.Job) bool {
	canary := int(w.scope.Rollout.Canary)
	return canary > 0 && j.Rollout.Status == cluster.RolloutRolling && !j.Rollout.Promoted && w.fresh(j, anyTask) >= canary
}

func anyTask(*Task) bool { return true }

func unexcused(t *Task) bool { return !t.Excused }

// fresh is how many such tasks live of the version that is wanted.
func (w *World) fresh(j *cluster.Job, such func(*Task) bool) (n int) {
	target, _ := w.log.versions(w.log.tail())
	for i := range w.mesos.Tasks {
		if t := &w.mesos.Tasks[i]; t.Alive && such(t) && t.Launch.Job == j.ID && t.Launch.Group.Container.Image == w.scope.image(target) {
			n++
		}
	}
	return n
}

// checkCanary: no more get what is rolled out than may before it is promoted.
func (w *World) checkCanary(j *cluster.Job) {
	canary := int(w.scope.Rollout.Canary)
	if canary > 0 && j.Rollout.Status == cluster.RolloutRolling && j.Rollout.Cause == cluster.CauseUpdate && !j.Rollout.Promoted && w.fresh(j, unexcused) > canary {
		w.violate("no more get a new version than its canary says before it is promoted", fmt.Sprint(w.fresh(j, unexcused)))
	}
}
