package explore

import (
	"fmt"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/pkg/events"
)

// checkAccept: a task is launched only after its TaskStaged was folded by who
// launches it, and counts.
func (w *World) checkAccept(i int, e launching.Accept) {
	p := w.procs[i]
	for k := range e.Launches {
		l := &e.Launches[k]
		t := p.state.TaskByID(l.TaskID)
		if t == nil || t.State != cluster.Staged {
			w.violate("ACCEPT only after TaskStaged was folded", l.TaskID)
			continue
		}
		if t.StagedEpoch != p.state.Launcher.Epoch {
			w.violate("ACCEPT is never repeated and never completed later", l.TaskID+" was staged by another launcher")
		}
		if w.mesos.Asked[l.TaskID] {
			w.violate("ACCEPT is never repeated and never completed later", l.TaskID)
		}
		w.master().Asked[l.TaskID] = true
	}
}

// checkLaunch is of a task that is about to run.
func (w *World) checkLaunch(l *scheduler.Launch) {
	if w.mesos.Launched[l.TaskID] {
		w.violate("no task is launched twice", l.TaskID)
	}
	if w.mesos.Refused[l.TaskID] {
		w.violate("no KILL before Mesos has spoken of the task", l.TaskID+" is launched after its KILL")
	}
	launched := w.log.truth.TaskByID(l.TaskID)
	for i := range w.mesos.Tasks {
		t := &w.mesos.Tasks[i]
		if t.Alive && !t.Excused && t.Launch.Job == l.Job && t.Launch.Slot == l.Slot && (launched == nil || !launched.Beside) {
			w.violate("no slot has two tasks that live", fmt.Sprintf("%s runs, %s is launched", t.Launch.TaskID, l.TaskID))
		}
	}
	if launched == nil || !launched.Live() {
		w.violate("what was withdrawn is never launched", l.TaskID)
	}
	w.checkSurge(l)
	w.checkRun(l)
}

// checkAcknowledge: a status is acknowledged once it stands in the log, and counts.
func (w *World) checkAcknowledge(i int, e launching.Acknowledge) {
	p := w.procs[i]
	if p.state.TaskByID(e.TaskID) == nil && w.log.ended(e.TaskID) {
		return // It is over, and another attempt followed.
	}
	if !w.log.holds(e.TaskID, e.UUID, p.state.Sequence) {
		w.violate("a status is acknowledged only when it was folded and counts", string(e.UUID))
	}
}

// checkKill: what was not confirmed is not killed, and only what was announced.
func (w *World) checkKill(i int, e reaping.Kill) {
	p := w.procs[i]
	if t := p.state.TaskByID(e.TaskID); t != nil && !t.Confirmed {
		w.violate("no KILL before Mesos has spoken of the task", e.TaskID)
	}
	announced := false
	for _, r := range w.log.records[:p.state.Sequence] {
		_, kill := r.Event.(events.KillIssued)
		announced = announced || kill && r.Envelope.Source == p.source
	}
	if !announced {
		w.violate("a kill is announced before it is sent", e.TaskID)
	}
}

// checkAppend: decisions are conditional, facts are not, and no process has two
// appends under way that expect something of one subject.
func (w *World) checkAppend(i int, e machine.Append) {
	subjects := map[string]bool{}
	for at, d := range e.Drafts {
		// What follows a decision on its subject holds if that does.
		follows := at > 0 && e.Drafts[at-1].Subject == d.Subject
		if isFact(d.Event) != isFact(e.Drafts[0].Event) || !follows && isFact(d.Event) == d.Conditional {
			w.violate("decisions are conditional, and share no append with facts", describeEffect(e))
		}
		if d.Conditional {
			subjects[d.Subject] = true
		}
		w.checkDecision(i, d.Event, d.Subject)
	}
	for _, m := range w.flight {
		other, ok := m.effect.(machine.Append)
		if !ok || m.to != ToLog || m.proc != i || m.dropped {
			continue
		}
		for _, d := range other.Drafts {
			if d.Conditional && subjects[d.Subject] {
				w.violate("one append at a time expects something of a subject", d.Subject)
			}
		}
	}
}

// checkDecision: what a process decides is right by what it has folded.
func (w *World) checkDecision(i int, ev events.Event, subject string) {
	s, err := events.ParseSubject(subject)
	if err != nil {
		w.violate("the log is well formed", err.Error())
		return
	}
	j := w.procs[i].state.Jobs[s.Job]
	w.checkPermit(i, ev)
	switch ev := ev.(type) {
	case events.TaskStaged:
		w.checkPlace(i, ev)
	case events.TasksPlanned:
		w.checkRoom(i, j, ev)
		w.checkUndone(i, j, ev)
	case events.TasksDoomed:
		w.checkKept(i, j, ev)
		w.checkOriginals(i, j, ev)
	case events.RunDue:
		w.checkOutcome(i, ev)
	default:
	}
}

func isFact(ev events.Event) bool {
	_, fact := ev.(events.TaskStatusChanged)
	return fact
}

// checkRecord is of the log after an append; before are the tasks' states before.
func (w *World) checkRecord(r *Record, before map[cluster.Key]cluster.Task) {
	launchers := r.Subject.Role == events.RoleTask || r.Subject.Role == events.RoleLauncher
	_, election := r.Event.(events.LauncherElected)
	if launchers && !election && (r.Envelope.Epoch != w.log.truth.Launcher.Epoch) != (r.judged == cluster.StaleEpoch) {
		w.violate("epochs are judged by the fold", r.String())
	}
	switch ev := r.Event.(type) {
	case events.FrameworkRegistered:
		if r.judged == cluster.Counted && len(w.mesos.Launched) > 0 {
			w.violate("no framework is registered anew while tasks exist", ev.FrameworkID)
		}
	case events.TaskStaged:
		if r.judged == cluster.Counted {
			w.checkStaged(ev.TaskID, before)
		}
	case events.TasksPlanned:
		w.checkPlanned(w.log.truth.Jobs[r.Subject.Job], before)
	case events.RunDue:
		if r.judged == cluster.Counted {
			w.checkDue(r, ev)
		}
	case events.RolloutReverted:
		if r.judged == cluster.Counted {
			w.checkReverted(r, ev)
		}
	case events.TaskStatusChanged:
		t := w.log.truth.TaskByID(ev.TaskID)
		if t == nil {
			return
		}
		if was, ok := before[t.Key()]; ok && t.State < was.State && (!was.State.MadeUp() || !t.State.Terminal()) {
			w.violate("a state never gives way to a lower one", fmt.Sprintf("%s was %s, is %s", t.ID, was.State, t.State))
		}
	default:
	}
}

// checkStaged: no other attempt may be running in the slot.
func (w *World) checkStaged(taskID string, before map[cluster.Key]cluster.Task) {
	staged := w.log.truth.TaskByID(taskID)
	if staged.Beside {
		w.checkBeside(staged)
		return
	}
	for key, t := range before {
		if key.Job == staged.Job && key.Slot == staged.Slot && key != staged.Key() && t.Live() && t.State != cluster.Waiting && !t.Unreachable {
			w.violate("no attempt is staged while another may run", fmt.Sprintf("%s is staged, %s is %s", taskID, t.ID, t.State))
		}
	}
}

// checkBeside: no slot has more than two tasks that a user may be served by.
func (w *World) checkBeside(staged *cluster.Task) {
	n := 0
	for _, t := range w.log.truth.Jobs[staged.Job].Slots[staged.Slot].Tasks {
		if t.Live() && t.State != cluster.Waiting && t.Doom == nil && !t.Unreachable {
			n++
		}
	}
	if n > 2 {
		w.violate("a task is put beside one other at most", fmt.Sprintf("%s is staged, and %d live", staged.ID, n))
	}
}

// checkPlanned: what was there before is over, or its agent was away.
func (w *World) checkPlanned(j *cluster.Job, before map[cluster.Key]cluster.Task) {
	for _, slot := range j.Slots {
		planned := slot.Newest()
		if _, old := before[planned.Key()]; old || planned.Beside {
			continue
		}
		for key, t := range before {
			if key.Job == j.ID && key.Slot == slot.Number && t.Live() && !t.Unreachable && !w.excused(t.ID) {
				w.violate("a slot is planned again only after its attempt is over", fmt.Sprintf("%s is %s", t.ID, t.State))
			}
		}
	}
}

func (w *World) excused(id string) bool {
	t := w.mesos.task(id)
	return t != nil && t.Excused
}

// checkAlways is of every state.
func (w *World) checkAlways() {
	for id, ended := range w.mesos.Ended {
		t := w.log.truth.TaskByID(id)
		if t == nil {
			continue // It is over, and another attempt followed.
		}
		if t.State != cluster.Meaning(ended).State {
			w.violate("no end is lost", fmt.Sprintf("%s ended with %s, was acknowledged and is %s", id, ended, t.State))
		}
	}
}
