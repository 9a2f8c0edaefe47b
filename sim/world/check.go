package world

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/commanding"
	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/reaping"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/pkg/events"
)

// writers are the roles that write subjects, by the role of the subject.
var writers = map[events.Role]string{ //nolint:gochecknoglobals // Never written after start.
	events.RoleJob: "commander", events.RolePlan: "planner", events.RoleTask: "launcher",
	events.RoleKill: "reaper", events.RoleLauncher: "launcher", events.RoleAgents: "commander",
	events.RoleAccess: "commander",
}

// checkAppend: a subject has one writing role, decisions are conditional and facts
// are not, they never share a batch, and of one subject no two decisions of a
// process, or of a subscription, are under way at once, but for the end of a
// subscription, which may get lost.
func (w *World) checkAppend(process int, e machine.Append) {
	p := w.Processes[process]
	facts := 0
	for _, d := range e.Drafts {
		subject, err := events.ParseSubject(d.Subject)
		if err != nil || writers[subject.Role] != p.Role {
			w.violate("%s, a %s, writes to %s", p.Name, p.Role, d.Subject)
		}
		if ev, plans := d.Event.(events.TasksPlanned); plans {
			w.checkPlanned(process, subject.Job, ev)
			w.checkPermitted(process, subject.Job, ev.Version, "plans")
		}
		if ev, dooms := d.Event.(events.TasksDoomed); dooms && (ev.Keep && ev.Class != "killed" && ev.Class != "time_limit" || ev.Class == "drained") {
			w.checkKept(process, subject.Job, ev)
			w.checkGivesWay(process, subject.Job, ev)
			w.checkGoesOn(process, subject.Job, ev)
		}
		if ev, stages := d.Event.(events.TaskStaged); stages {
			w.checkStaged(process, ev)
			w.checkPermitted(process, subject.Job, ev.Version, "stages")
		}
		w.checkDecision(process, subject.Job, e, d)
		switch d.Event.(type) {
		case events.TaskStatusChanged, events.AgentUnavailable, events.TasksListed:
			facts++
			if d.Conditional {
				w.violate("%s appends a fact on a condition: %s", p.Name, d.Envelope.ID)
			}
		default:
			if !d.Conditional && subject.Role != events.RoleLauncher {
				w.violate("%s decides without a condition: %s", p.Name, d.Envelope.ID)
			}
		}
	}
	if facts != 0 && facts != len(e.Drafts) {
		w.violate("%s appends facts and decisions in one batch", p.Name)
	}
	for _, m := range w.Flight {
		if m.To != ToLog || m.Process != process || m.Life != p.Life || m.Abandoned || m.Stream != p.stream() {
			continue
		}
		for _, d := range e.Drafts {
			if d.Conditional && decides(m.Entries, d.Subject) && d.Subject != w.Options.Space.Launcher(0) {
				w.violate("%s has two decisions on %s under way", p.Name, d.Subject)
			}
		}
	}
}

// checkAccept: what is launched was staged, by this launcher, in this epoch, and
// folded; and no ACCEPT is ever repeated.
func (w *World) checkAccept(process int, e launching.Accept) {
	p := w.Processes[process]
	for i := range e.Launches {
		id := e.Launches[i].TaskID
		t := p.State.TaskByID(id)
		if t == nil || t.State != cluster.Staged || t.StagedEpoch != p.State.Launcher.Epoch || p.State.Launcher.Instance != p.Name {
			w.violate("%s launches %s, of which it has folded no staging of its own", p.Name, id)
		}
		if needs := e.Launches[i].Group.SecretNames(); len(needs) > 0 && !p.Secrets[e.Launches[i].Secrets] {
			w.violate("%s launches %s without its secrets", p.Name, id)
		}
		if w.accepted[id] {
			w.violate("%s launches %s again", p.Name, id)
		}
		w.accepted[id] = true
	}
}

// unsent lets what an ACCEPT was to launch be launched by another: it was not sent.
func (w *World) unsent(e launching.Accept) {
	for i := range e.Launches {
		delete(w.accepted, e.Launches[i].TaskID)
	}
}

// checkAcknowledge: a status is acknowledged only if the acknowledging launcher
// has folded it, and it counted, was outranked or a repetition; or if nothing is
// known of its task any more.
func (w *World) checkAcknowledge(process int, e launching.Acknowledge) {
	p := w.Processes[process]
	if at := w.judged[e.TaskID+"/"+string(e.UUID)]; at != 0 && at <= p.State.Sequence {
		return
	}
	if p.State.TaskByID(e.TaskID) == nil {
		return
	}
	w.violate("%s acknowledges a status of %s that it has not folded", p.Name, e.TaskID)
}

// checkKill: what is killed was doomed, Mesos has spoken of it, and the kill was
// announced and folded.
func (w *World) checkKill(process int, e reaping.Kill) {
	p := w.Processes[process]
	t := p.State.TaskByID(e.TaskID)
	if t != nil && (t.Doom == nil || !t.Confirmed || t.Kills == 0) {
		w.violate("%s kills %s: doomed %t, confirmed %t, %d kills announced", p.Name, e.TaskID, t.Doom != nil, t.Confirmed, t.Kills)
	}
}

// checkUnregistered: nobody asks to register a framework anew while tasks of one run.
// What was asked before may come late; nobody listens to it then.
func (w *World) checkUnregistered(process int) {
	if len(w.Master.Tasks) > 0 && !w.Master.Removed {
		w.violate("%s registers anew while tasks of %s run", w.Processes[process].Name, w.Master.Framework)
	}
}

// checkAnswer: a user is told of nothing that is not folded.
func (w *World) checkAnswer(process int, e commanding.Answer) {
	if p := w.Processes[process]; e.Err == nil && e.Sequence > p.State.Sequence {
		w.violate("%s answers with %d, and has folded %d", p.Name, e.Sequence, p.State.Sequence)
	}
}

// openedByFold reports whether a process has folded the opening of a stream.
func openedByFold(p *Process, stream string) bool {
	return p.State.Launcher.Subscription.StreamID == stream
}

// judge folds a record that was just stored, and checks what the log must hold to.
func (w *World) judge(r Record) {
	rec := r.Decoded
	if ev, ok := rec.Event.(events.TaskStaged); ok {
		w.judgeStaged(rec, ev)
	}
	change, err := w.Referee.Apply(rec)
	if err != nil {
		w.violate("the log cannot be folded: %v", err)
		return
	}
	w.judgeEnd(rec, change)
	if _, dooms := rec.Event.(events.TasksDoomed); dooms {
		w.doomed[rec.Sequence] = len(change.Tasks)
	}
	if change.Judgement == cluster.Rejected && rec.Envelope.Source != stranger {
		w.violate("%d is rejected: %s", rec.Sequence, change.Rejection.Reason)
	}
	if ev, ok := rec.Event.(events.TaskStatusChanged); ok && len(ev.UUID) > 0 && change.Judgement <= cluster.Repeated {
		if key := ev.TaskID + "/" + string(ev.UUID); w.judged[key] == 0 {
			w.judged[key] = rec.Sequence
		}
	}
}

// judgeStaged: a slot is filled only when no other attempt in it may be running.
// One on an agent that is cut off is given up.
func (w *World) judgeStaged(rec cluster.Record, ev events.TaskStaged) {
	if rec.Envelope.Epoch != w.Referee.Launcher.Epoch {
		return
	}
	all := attempts(w.Referee, rec.Subject.Job, ev.Slot)
	if slices.ContainsFunc(all, func(t *cluster.Task) bool { return t.Run == ev.Run && t.Attempt == ev.Attempt && t.Beside }) {
		return // That is what it was planned for.
	}
	for _, t := range all {
		switch {
		case t.Run == ev.Run && t.Attempt == ev.Attempt || !t.Live() || t.State == cluster.Waiting:
		case t.Unreachable:
			w.excused[t.ID] = true
		default:
			w.violate("%d stages %s while %s is %s", rec.Sequence, ev.TaskID, t.ID, t.State)
		}
	}
}

// checkPlanned: a slot is planned again only after its newest attempt has ended, or
// was given up as unreachable, as far as the planner has folded. An older one that
// turns up again is the launcher's to wait for.
func (w *World) checkPlanned(process int, id string, ev events.TasksPlanned) {
	if ev.Beside {
		w.checkBeside(process, id, ev)
		return
	}
	p := w.Processes[process]
	now := p.Clock.At(p.now(w.Now)).Log
	for _, r := range ev.Slots {
		for slot := r.From; slot <= r.To; slot++ {
			all := attempts(p.State, id, slot)
			if len(all) == 0 {
				continue
			}
			t := all[len(all)-1]
			due := p.State.Jobs[id].Group(ev.Group).Loss().ReplaceAfter.From(t.UnreachableSince) // As the job has it now.
			givenUp := t.Unreachable && !due.IsZero() && !now.Before(due)
			if t.Run == ev.Run && t.Live() && !givenUp {
				w.violate("%s plans slot %d of %s again while %s is %s", p.Name, slot, id, t.ID, t.State)
			}
		}
	}
}

func attempts(s *cluster.State, id string, slot uint32) []*cluster.Task {
	j := s.Jobs[id]
	if j == nil || j.Slots[slot] == nil {
		return nil
	}
	return j.Slots[slot].Tasks
}

// checkSlot: no slot has two tasks alive, but for one that was given up because
// its agent was cut off, and for one that a rollout has put beside the other.
func (w *World) checkSlot(l scheduler.Launch) {
	if w.plannedBeside(l.TaskID) {
		return
	}
	for _, other := range w.Master.Tasks {
		o := &other.Launch
		if !other.Alive || o.Job != l.Job || o.Slot != l.Slot || w.excused[o.TaskID] {
			continue
		}
		w.violate("slot %d of %s has two tasks alive: %s and %s", l.Slot, l.Job, o.TaskID, l.TaskID)
	}
}

// Alive lists the tasks that run, by id.
func (w *World) Alive() []scheduler.Launch {
	var alive []scheduler.Launch
	for _, t := range w.Master.Tasks {
		if t.Alive {
			alive = append(alive, t.Launch)
		}
	}
	slices.SortFunc(alive, func(a, b scheduler.Launch) int {
		if a.TaskID < b.TaskID {
			return -1
		}
		return 1
	})
	return alive
}
