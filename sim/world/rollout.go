package world

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Updating is the command that makes a spec that of a job, whether it runs or not.
func Updating(spec *job.Spec) (submission.Update, error) {
	c, err := Submission(spec)
	return submission.Update{Spec: c.Spec}, err
}

// checkBeside: what is planned beside another stays within the surge, and what is beside
// it is to be replaced or to leave its agent, as far as the planner has folded.
func (w *World) checkBeside(process int, id string, ev events.TasksPlanned) {
	p := w.Processes[process]
	j := p.State.Jobs[id]
	g := j.Group(ev.Group)
	policy := j.Spec.RolloutPolicy()
	surge, _ := policy.Bounds(g)
	alive := 0
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Group == ev.Group && t.Run == j.Run && t.Live() && (t.Doom == nil || !t.Unreachable) && !t.Original() {
				alive++
			}
		}
	}
	for _, r := range ev.Slots {
		alive += int(r.To-r.From) + 1
		for slot := r.From; slot <= r.To; slot++ {
			for _, t := range attempts(p.State, id, slot) {
				if _, leaves := w.leaves(p, t.AgentID, t.Hostname); t.Live() && t.Doom == nil && !j.Outdated(t) && !leaves && !t.Original() {
					w.violate("%s plans slot %d of %s beside %s, which is as it should be", p.Name, slot, id, t.ID)
				}
			}
		}
	}
	if alive > int(g.Replicas)+int(surge) {
		w.violate("%s plans up to %d of %s, of which %d are wanted and %d may surge", p.Name, alive, id, g.Replicas, surge)
	}
}

// checkKept: what a rollout or a move dooms leaves as many up as it may not take down,
// unless they were fewer before, or have to be gone by now, as far as the planner has folded.
func (w *World) checkKept(process int, id string, ev events.TasksDoomed) {
	if ev.Class == cluster.ClassOriginalReturned {
		return
	}
	p := w.Processes[process]
	j := p.State.Jobs[id]
	now := p.Clock.At(p.now(w.Now)).Log
	policy := j.Spec.RolloutPolicy()
	doomed := map[*cluster.Task]bool{}
	for _, r := range ev.Slots {
		for slot := r.From; slot <= r.To; slot++ {
			for _, t := range attempts(p.State, id, slot) {
				doomed[t] = doomed[t] || t.Run == ev.Run && t.Attempt == r.Attempt && !w.late(p, t)
			}
		}
	}
	for i := range j.Spec.Tasks {
		g := &j.Spec.Tasks[i]
		up := func(spared func(*cluster.Task) bool) (n int) {
			for _, slot := range j.Slots {
				if slices.ContainsFunc(slot.Tasks, func(t *cluster.Task) bool {
					return t.Group == g.Name && t.Run == j.Run && t.Doom == nil && !t.UpSince.IsZero() && spared(t) &&
						(j.Outdated(t) || !now.Before(t.UpSince.Add(time.Duration(policy.MinHealthy))))
				}) {
					n++
				}
			}
			return n
		}
		_, unavailable := policy.Bounds(g)
		before := up(func(*cluster.Task) bool { return true })
		after := up(func(t *cluster.Task) bool { return !doomed[t] })
		if after < before && after < int(g.Replicas)-int(unavailable) {
			w.violate("%s leaves %d of %s up of %d, %d are wanted and %d may be down: %+v", p.Name, after, id, before, g.Replicas, unavailable, ev)
		}
	}
}

// checkGivesWay: what is doomed for the sake of an original leaves one that serves in its
// slot, or has no place itself, as far as the planner has folded.
func (w *World) checkGivesWay(process int, id string, ev events.TasksDoomed) {
	if ev.Class != cluster.ClassOriginalReturned {
		return
	}
	p := w.Processes[process]
	for _, r := range ev.Slots {
		for slot := r.From; slot <= r.To; slot++ {
			serves := false
			for _, t := range attempts(p.State, id, slot) {
				serves = serves || t.Attempt < r.Attempt && t.Doom == nil && t.Live() && !t.Unreachable
			}
			if !serves {
				w.violate("%s dooms attempt %d in slot %d of %s, and no original is back", p.Name, r.Attempt, slot, id)
			}
		}
	}
}

// plannedBeside reports whether a task was planned to run beside another.
func (w *World) plannedBeside(id string) bool {
	t := w.Referee.TaskByID(id)
	return t != nil && t.Beside
}
