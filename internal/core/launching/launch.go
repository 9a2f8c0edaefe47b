package launching

import (
	"slices"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

// sourceLauncher is the source of statuses that the launcher makes up.
const sourceLauncher = "SOURCE_LAUNCHER"

// launchFolded acts on a batch once the fold has passed all of it.
func (m *Machine) launchFolded() {
	b := m.session.batch
	if b == nil || b.until == 0 || m.state.Sequence < b.until {
		return
	}
	m.session.batch = nil
	for _, p := range b.placements {
		m.launch(b, p)
	}
	if b.full && len(m.pending.waiting) > 0 {
		m.revive()
	}
}

// launch sends the ACCEPT of a placement for those tasks whose staging counts
// and that are still wanted. Any other staged task is left to be resolved.
func (m *Machine) launch(b *batch, p placement.Placement) {
	accept, why := scheduler.Accept{OfferIDs: p.Offers}, map[string]string{}
	for _, placed := range p.Tasks {
		t := placed.Task
		if t.StagedBy != b.ids[t.Key()] || !m.launchable(t) {
			continue
		}
		ticket, has := b.secrets[t.Key()]
		if !has && placed.Group.HasSecrets() {
			continue // Nobody decides so; without its secrets it would be another task.
		}
		why[t.ID] = placed.Why
		accept.Launches = append(accept.Launches, scheduler.Launch{
			TaskID: t.ID, Name: t.ID, AgentID: p.AgentID, Role: p.Role, Hostname: p.Hostname,
			Resources: placed.Resources, HostPorts: placed.HostPorts, Group: placed.Group,
			Job: t.Job, Run: t.Run, Slot: t.Slot, Attempt: t.Attempt, Version: t.Version, Index: t.Index, Secrets: ticket,
		})
	}
	if !m.session.offers.allHeld(p.Offers) {
		return
	}
	if len(accept.Launches) == 0 {
		m.decline(p.Offers, 0)
		return
	}
	m.session.offers.spend(p.Offers, len(accept.Launches))
	m.accept(accept, why)
}

// launchable reports whether a task may be in an ACCEPT.
func (m *Machine) launchable(t *cluster.Task) bool {
	return t.State == cluster.Staged && !t.Confirmed && t.Doom == nil && !m.state.Jobs[t.Job].Over()
}

// accept sends an ACCEPT, in turn. It is told why each task goes to the agent, where its
// group prefers some.
func (m *Machine) accept(a scheduler.Accept, why map[string]string) {
	for i := range a.Launches {
		l := &a.Launches[i]
		m.session.sent[keyOf(l)] = &Sent{At: m.at.Now}
		fields := []machine.Field{{Key: "agent", Value: l.AgentID}, {Key: "host", Value: l.Hostname}}
		if text := why[l.TaskID]; text != "" {
			fields = append(fields, machine.Field{Key: "why", Value: text})
		}
		m.do(machine.Note{Level: machine.Info, Message: "launching", Job: l.Job, Task: l.TaskID, Sequence: m.state.Sequence, Fields: fields})
	}
	m.do(Accept{Ticket: m.ask(call{kind: callAccept, accept: a}), Accept: a})
}

func keyOf(l *scheduler.Launch) cluster.Key {
	return cluster.Key{Job: l.Job, Run: l.Run, Slot: l.Slot, Attempt: l.Attempt}
}

// accepted follows the answer to an ACCEPT. Why it failed is told if nothing
// comes of it. A launch that cannot be made must not hold up those beside it:
// nothing was sent, so the rest is sent without it.
func (m *Machine) accepted(a scheduler.Accept, in Called) {
	if in.Unlaunchable == "" {
		for i := range a.Launches {
			if sent := m.session.sent[keyOf(&a.Launches[i])]; sent != nil && in.Err != nil {
				sent.Failure = clip(in.Err.Error())
			}
		}
		return
	}
	m.unlaunchable(in)
	a.Launches = slices.DeleteFunc(slices.Clone(a.Launches), func(l scheduler.Launch) bool {
		t := m.state.TaskByID(l.TaskID)
		return l.TaskID == in.Unlaunchable || t == nil || !m.launchable(t)
	})
	if len(a.Launches) == 0 {
		m.decline(a.OfferIDs, 0)
		return
	}
	m.do(Accept{Ticket: m.ask(call{kind: callAccept, accept: a}), Accept: a})
}

// unlaunchable ends an attempt that never was sent, as a master does that refuses
// a task: users see why, and the next attempt backs off.
func (m *Machine) unlaunchable(in Called) {
	t := m.state.TaskByID(in.Unlaunchable)
	if t == nil || t.State != cluster.Staged || t.Confirmed {
		return
	}
	m.noteTask(machine.Error, "task cannot be launched", in.Err, t)
	reason := "REASON_TASK_INVALID"
	if in.Insufficient && !m.unlaunchableBefore(t) {
		reason = "REASON_INVALID_OFFERS" // Which is no fault of the task.
	}
	m.record(t, recordable(scheduler.Status{
		TaskID: t.ID, AgentID: t.AgentID, State: "TASK_ERROR", Reason: reason, Source: sourceLauncher,
		Message: in.Err.Error(), Time: m.at.Now,
	}))
}

// unlaunchableBefore reports whether the attempt before this one ended in the same way:
// what happens twice in a row is in the task, and uses up its attempts.
func (m *Machine) unlaunchableBefore(t *cluster.Task) bool {
	j := m.state.Jobs[t.Job]
	if j == nil || j.Slots[t.Slot] == nil {
		return false
	}
	last := j.Slots[t.Slot].LastEnd
	return last != nil && last.Run == t.Run && last.State == cluster.Error && last.Status.Source == sourceLauncher
}
