package cluster

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/pkg/events"
)

func (s *State) applyTask(j *Job, slot *Slot, r *Record) Change {
	if r.Envelope.Epoch != s.Launcher.Epoch {
		return Change{Judgement: StaleEpoch, Job: j}
	}
	s.heard(r.Time)
	switch ev := r.Event.(type) {
	case events.TaskStaged:
		return s.stage(j, slot, ev, r)
	case events.TaskWithdrawn:
		return s.withdraw(j, slot, ev, r)
	case events.TaskAdopted:
		return s.adopt(j, slot, ev, r)
	case events.TaskStatusChanged:
		return s.report(j, slot, ev, r)
	default:
		return s.skip(j)
	}
}

func (s *State) stage(j *Job, slot *Slot, ev events.TaskStaged, r *Record) Change {
	t := slot.Find(ev.Run, ev.Attempt)
	if t == nil {
		return Change{Judgement: Unmatched, Job: j}
	}
	if t.State != Waiting {
		return Change{Judgement: Outranked, Job: j, Tasks: []*Task{t}}
	}
	t.State, t.ID, t.StagedAt, t.StagedEpoch, t.StagedBy = Staged, ev.TaskID, r.Time, r.Envelope.Epoch, r.Envelope.ID
	t.AgentID, t.Hostname, t.AgentURL, t.Offers = ev.AgentID, ev.Hostname, ev.AgentURL, ev.Offers
	t.HostPorts, t.Resources, t.Attributes = ev.HostPorts, ev.Resources, s.shared(ev.AgentID, ev.Attributes)
	if t.Version != ev.Version {
		t.Version = ev.Version
		j.identify(t)
	}
	t.Sequence = r.Sequence
	s.byID[t.ID] = t
	return Change{Job: j, Tasks: []*Task{t}}
}

// attributesKept bounds the agents whose attributes are kept to be shared.
const attributesKept = 50_000

// shared returns attributes of an agent, the same ones for all tasks there while they
// stay the same: tasks are many, and agents few.
func (s *State) shared(agentID string, attributes map[string]string) map[string]string {
	if len(attributes) == 0 {
		return attributes
	}
	if kept := s.attributes[agentID]; maps.Equal(kept, attributes) {
		return kept
	}
	if s.attributes == nil || len(s.attributes) == attributesKept {
		s.attributes = map[string]map[string]string{}
	}
	s.attributes[agentID] = attributes
	return attributes
}

func (s *State) withdraw(j *Job, slot *Slot, ev events.TaskWithdrawn, r *Record) Change {
	t := slot.Find(ev.Run, ev.Attempt)
	if t == nil {
		return Change{Judgement: Unmatched, Job: j}
	}
	if t.State > Staged {
		return Change{Judgement: Outranked, Job: j, Tasks: []*Task{t}}
	}
	t.Status = Status{Message: ev.Reason}
	s.finish(j, slot, t, Withdrawn, r)
	slot.reclaim(j, r)
	return Change{Job: j, Tasks: []*Task{t}}
}

// adopt brings in a task that Mesos runs and that the state holds for over or not
// yet launched, or never heard of.
func (s *State) adopt(j *Job, slot *Slot, ev events.TaskAdopted, r *Record) Change {
	m := Meaning(ev.State)
	if !m.Known || m.Terminal() {
		return Change{Judgement: Outranked, Job: j}
	}
	t := slot.Find(ev.Run, ev.Attempt)
	if t != nil && t.Live() && t.State != Waiting {
		return Change{Judgement: Outranked, Job: j, Tasks: []*Task{t}}
	}
	if t == nil {
		if slot.Full() {
			return s.reject(r, fmt.Sprintf("slot %d holds %d tasks already", slot.Number, len(slot.Tasks)))
		}
		t = &Task{
			Job: j.ID, Run: ev.Run, Version: ev.Version, Group: ev.Group, Slot: slot.Number, Attempt: ev.Attempt,
			PlannedAt: r.Time, Planned: r.Sequence,
		}
		j.identify(t)
		s.insert(j, slot, t)
		j.sit(slot, t, ev.Index)
	}
	j.forgetDoomed(t)
	t.ID, t.AgentID, t.State = ev.TaskID, ev.AgentID, max(m.State, Staged)
	j.noteDoomed(t) // One that was over may be doomed, and lives again.
	if m.Unreachable {
		t.cutOff(r)
	}
	t.Confirmed, t.Adopted, t.EndedAt, t.Sequence = true, true, time.Time{}, r.Sequence
	t.Status = Status{State: ev.State}
	s.gauge(j, slot, t, r)
	s.byID[t.ID] = t
	return Change{Job: j, Tasks: []*Task{t}}
}

// report judges a status by the rank rule: a state never gives way to a lower
// one and an end absorbs, but the agent's own end replaces one that the master
// made up.
func (s *State) report(j *Job, slot *Slot, ev events.TaskStatusChanged, r *Record) Change {
	t := slot.Find(ev.Run, ev.Attempt)
	if t == nil {
		return Change{Judgement: Unmatched, Job: j}
	}
	c := Change{Job: j, Tasks: []*Task{t}}
	if t.epoch == r.Envelope.Epoch && r.Envelope.Counter != 0 && r.Envelope.Counter <= t.counter {
		c.Judgement = Repeated
		return c
	}
	t.epoch, t.counter = r.Envelope.Epoch, r.Envelope.Counter
	m := Meaning(ev.State)
	state := m.State
	switch {
	case !m.Known:
		t.Confirmed = true
	case !t.Live():
		if !t.State.MadeUp() || !m.Terminal() || state.MadeUp() || len(ev.UUID) == 0 {
			c.Judgement = Outranked
			return c
		}
		t.State = state
		t.setStatus(ev, r)
		if slot.minds(t, j) {
			slot.Tally = slot.Corrected(t.End())
		}
	case m.Unreachable:
		t.cutOff(r)
		t.Confirmed = true
		t.Status.Reason, t.Status.Message, t.Sequence = ev.Reason, ev.Message, r.Sequence
	case state < t.State:
		if !t.Unreachable {
			c.Judgement = Outranked
			return c
		}
		t.Unreachable, t.Sequence = false, r.Sequence
	case state.Terminal():
		t.setStatus(ev, r)
		s.finish(j, slot, t, state, r)
	default:
		t.setStatus(ev, r)
		t.advance(state, r)
	}
	s.gauge(j, slot, t, r)
	slot.reclaim(j, r)
	return c
}

// cutOff makes a task unreachable, since when it first was: hearing so again
// must not put off its replacement.
func (t *Task) cutOff(r *Record) {
	if !t.Unreachable {
		t.Unreachable, t.UnreachableSince = true, r.Time
	}
}

func (t *Task) advance(state TaskState, r *Record) {
	t.State, t.Confirmed, t.Unreachable = state, true, false
	if state >= Starting && t.StartedAt.IsZero() {
		t.StartedAt = r.Time
	}
	if state == Running && t.RunningAt.IsZero() {
		t.RunningAt = r.Time
	}
}

// setStatus copies what a status says besides the state.
func (t *Task) setStatus(ev events.TaskStatusChanged, r *Record) {
	t.checked(ev)
	t.Status = Status{
		State: ev.State, Reason: ev.Reason, Message: ev.Message, Source: ev.Source,
		UUID: string(ev.UUID), At: ev.At, Exit: ev.Exit,
	}
	t.Sequence = r.Sequence
	if len(ev.Addresses) > 0 {
		t.Addresses = ev.Addresses
	}
	if ev.ContainerID != "" {
		t.ContainerID = ev.ContainerID
	}
	if t.AgentID == "" {
		t.AgentID = ev.AgentID
	}
}

// finish ends a task and counts what the end means for the next attempt.
func (s *State) finish(j *Job, slot *Slot, t *Task, state TaskState, r *Record) {
	j.forgetDoomed(t)
	t.State, t.EndedAt, t.Unreachable, t.Sequence = state, r.Time, false, r.Sequence
	slot.credit(j, t, r)
	if t.Run == j.Run {
		slot.LastEnd = t
	}
	if slot.minds(t, j) {
		if slot.Counted != t.Template {
			slot.Tally, slot.Counted = restart.Tally{}, t.Template
		}
		slot.Tally = slot.After(t.End(), j.Spec.Kind, j.Group(t.Group).Restart)
	}
	if s.closing.bare {
		t.trim()
	}
	s.prune(j, slot)
}

// trim drops of a task that has ended what is only shown, and what Mesos is told about one that
// may not have been launched.
func (t *Task) trim() {
	t.Offers, t.Addresses, t.ContainerID, t.AgentURL = nil, nil, "", ""
	if t.State == Finished {
		t.Status.Message, t.Status.Source = "", ""
	}
}

// minds reports whether the end of a task matters for the slot's next attempt.
// There is none for a task of a group that the spec does not have.
func (slot *Slot) minds(t *Task, j *Job) bool {
	return t.Run == j.Run && t.Judged() && t == slot.Deciding() && j.Group(t.Group) != nil
}

// insert puts a task where its run and attempt belong and drops what it follows.
func (s *State) insert(j *Job, slot *Slot, t *Task) {
	at, _ := slices.BinarySearchFunc(slot.Tasks, t, func(a, b *Task) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Attempt, b.Attempt))
	})
	slot.Tasks = slices.Insert(slot.Tasks, at, t)
	j.tasks++
	s.prune(j, slot)
}

// prune drops attempts that are over and not the newest, by which the next is numbered,
// nor the deciding one.
func (s *State) prune(j *Job, slot *Slot) {
	last, deciding := len(slot.Tasks)-1, slot.Deciding()
	kept := slot.Tasks[:0]
	for i, t := range slot.Tasks {
		if t.Live() || i == last || t == deciding {
			kept = append(kept, t)
			continue
		}
		s.drop(j, t)
	}
	clear(slot.Tasks[len(kept):])
	slot.Tasks = kept
}

// drop forgets a task that is over, and its id unless it is another's by now.
func (s *State) drop(j *Job, t *Task) {
	j.tasks--
	if s.byID[t.ID] == t {
		delete(s.byID, t.ID)
	}
}
