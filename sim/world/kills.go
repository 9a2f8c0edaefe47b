package world

import (
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// checkAsked: what is killed for a user was named by one, as far as the planner has folded.
func (w *World) checkAsked(s seen, ev events.TasksDoomed) {
	if ev.Class != "killed" {
		return
	}
	for _, t := range s.tasksIn(ev.Run, ev.Slots) {
		if !slices.ContainsFunc(w.Log.Records[:s.state.Sequence], func(r Record) bool { return names(r, t) }) {
			w.violate("%s kills %s for a user, and none asked for that", s.name, t.ID)
		}
	}
}

// names reports whether a user's wish is that a task is killed.
func names(r Record, t *cluster.Task) bool {
	ev, ok := r.Decoded.Event.(events.KillRequested)
	if !ok || r.Decoded.Subject.Job != t.Job || ev.Run != t.Run || ev.Group != "" && ev.Group != t.Group || r.Decoded.Sequence < t.Planned && ev.Version == 0 {
		return false
	}
	if ev.Version != 0 {
		return dismisses(ev, t)
	}
	return len(ev.Slots) == 0 || slices.ContainsFunc(ev.Slots, func(n events.SlotRange) bool {
		return n.From <= t.Slot && t.Slot <= n.To && n.Attempt == t.Attempt
	})
}

// dismisses reports whether a user wants a task gone with its slot: also the next attempt, which
// a planner may have planned that had not read it yet.
func dismisses(ev events.KillRequested, t *cluster.Task) bool {
	return slices.ContainsFunc(ev.Slots, func(n events.SlotRange) bool {
		return n.From <= t.Slot && t.Slot <= n.To && t.Attempt <= n.Attempt+1
	})
}

// dismissedAt is when a user wanted a task gone with its slot; zero if nobody did.
func (w *World) dismissedAt(t *cluster.Task) (at time.Time) {
	j := w.Referee.Jobs[t.Job]
	for i := range w.Log.Records {
		r := &w.Log.Records[i].Decoded
		ev, ok := r.Event.(events.KillRequested)
		if !ok || ev.Version == 0 || r.Subject.Job != t.Job || ev.Run != t.Run || !dismisses(ev, t) {
			continue
		}
		if slices.ContainsFunc(j.Versions, func(v *cluster.Version) bool { return v.Sequence == r.Sequence }) {
			at = r.Time // It counted.
		}
	}
	return at
}

// checkSelection: of a group that is scaled down those go that are to go first: what waits
// for a place before what has one, then by the group's own word.
func (w *World) checkSelection(s seen, ev events.TasksDoomed) {
	if ev.Class != "scaled_down" {
		return
	}
	going := s.tasksIn(ev.Run, ev.Slots)
	for _, t := range going {
		g := s.job.Group(t.Group)
		if g == nil || !alone(s.job, t) || t.State == cluster.Waiting {
			continue
		}
		for _, other := range ofGroup(s.job, t.Group) {
			if !other.Live() || other.Doom != nil || !alone(s.job, other) || slices.Contains(going, other) || s.job.Slots[other.Slot].Dismissed(other) != nil {
				continue
			}
			if goesFirst(g.KillSelection, other, t) {
				w.violate("%s ends %s, although %s goes first by %q", s.name, t.ID, other.ID, g.KillSelection)
			}
		}
	}
}

// alone reports whether a task is all that its slot holds.
func alone(j *cluster.Job, t *cluster.Task) bool { return len(j.Slots[t.Slot].Tasks) == 1 }

// goesFirst reports whether one task goes before another that has a place.
func goesFirst(word string, t, other *cluster.Task) bool {
	switch word {
	case job.KillNewest:
		return t.State == cluster.Waiting || t.Planned > other.Planned
	case job.KillOldest:
		return t.State == cluster.Waiting || t.Planned < other.Planned
	case job.KillUnhealthy:
		bad := func(t *cluster.Task) bool { return !t.Unreachable && t.Healthy != nil && !*t.Healthy }
		return t.State == cluster.Waiting || bad(t) && !bad(other)
	}
	return t.Slot > other.Slot
}

// automatic reports whether nobody asked for the end of tasks.
func automatic(ev events.TasksDoomed) bool {
	switch ev.Class {
	case "stopped", "scaled_down", "resubmitted", "failed", "completed", "settled", "killed":
		return false
	}
	return true
}

// overtaken reports whether a decision under way comes to nothing, as far as who decides has
// folded: there is a later one on its subject than it goes by.
func (w *World) overtaken(s seen, d machine.Draft) bool {
	return slices.ContainsFunc(w.Log.Records[d.Last:max(d.Last, s.state.Sequence)], func(r Record) bool { return r.Message.Subject == d.Subject })
}

// checkKillBound: what a planner ends that nobody asked it to stays within the bound,
// with what it has folded of the last minute and what it has under way.
func (w *World) checkKillBound(s seen, ev events.TasksDoomed) {
	bound := int(w.Options.KillBound)
	if bound == 0 || !automatic(ev) {
		return
	}
	sum := ranges.Count(ev.Slots)
	for _, r := range slices.Backward(w.Log.Records[:s.state.Sequence]) {
		if !r.Decoded.Time.After(s.now.Add(-time.Minute)) {
			break
		}
		if ev, dooms := r.Decoded.Event.(events.TasksDoomed); dooms && automatic(ev) {
			sum += w.doomed[r.Decoded.Sequence]
		}
	}
	for _, m := range w.Flight {
		a, appends := m.Body.(machine.Append)
		if !appends || m.Abandoned || m.Process != s.process || m.Life != w.Processes[s.process].Life {
			continue
		}
		for _, d := range a.Drafts {
			if ev, dooms := d.Event.(events.TasksDoomed); dooms && automatic(ev) && !w.overtaken(s, d) {
				sum += ranges.Count(ev.Slots)
			}
		}
	}
	if sum > bound {
		w.violate("%s ends %d tasks in a minute that nobody asked for, and %d may be: %+v", s.name, sum, bound, ev)
	}
}
