package launching

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// listFirst and listMax bound the waits before tasks are listed again, where
	// nothing may be launched before.
	listFirst = time.Second
	listMax   = 30 * time.Second
)

// listing is what a session knows of the list of all tasks that Mesos runs.
type listing struct {
	// ticket is that of the list under way, 0 for none; loss is the newest that was
	// accepted when it was asked for.
	ticket, loss uint64
	// seen is the newest accepted loss after which a whole list came.
	seen  uint64
	tries int
	askAt time.Time
	// tasks is how many it had; told is the newest loss of which it is written down that it came.
	tasks uint32
	told  uint64
	// trouble is why the last one was none; nil if there was none yet, or it came.
	trouble error
}

// loss is where the newest loss of a part of the log was accepted, 0 for none.
func (m *Machine) loss() uint64 {
	if n := len(m.state.Losses); n > 0 {
		return m.state.Losses[n-1].Sequence
	}
	return 0
}

// blind reports whether nothing may be launched: a part of the log was lost, and what
// Mesos runs of it is not all adopted yet. To stage a task may be to run it twice then.
func (m *Machine) blind() bool {
	loss := m.loss()
	return loss != 0 && (m.session.listing.seen < loss || len(m.session.adopt) > 0)
}

// trouble returns why nothing is launched, nil if that was not tried yet, or is not so.
func (s *session) trouble() error {
	if s == nil || s.listing.trouble == nil {
		return nil
	}
	return fmt.Errorf("a part of the log was lost, and nothing is launched before Mesos has listed what it runs: %w", s.listing.trouble)
}

// look lists all tasks where nothing may be launched before.
func (m *Machine) look() {
	l := &m.session.listing
	if l.seen >= m.loss() || l.ticket != 0 || m.at.Now.Before(l.askAt) {
		return
	}
	m.list(true)
}

// lookAt is when to list all tasks again; zero for never.
func (m *Machine) lookAt() time.Time {
	if l := &m.session.listing; l.seen < m.loss() && l.ticket == 0 {
		return l.askAt
	}
	return time.Time{}
}

// identify lists the framework's tasks, whose labels say what they are: a
// status alone does not.
func (m *Machine) identify() {
	if m.session.listing.ticket == 0 {
		m.list(m.session.listing.seen < m.loss())
	}
}

func (m *Machine) list(whole bool) {
	l := &m.session.listing
	l.ticket, l.loss = m.tickets.Next(), 0
	if whole {
		l.loss = m.loss()
	}
	m.do(List{Ticket: l.ticket, FrameworkID: m.state.Launcher.FrameworkID, Whole: whole})
}

func (m *Machine) listed(in Listed) {
	if m.session == nil || in.Ticket != m.session.listing.ticket {
		return
	}
	l := &m.session.listing
	l.ticket = 0
	if in.Err != nil && l.loss == 0 {
		m.note(machine.Warn, "tasks not listed; strangers are asked about again later", in.Err)
		return
	}
	for _, ref := range in.Tasks {
		m.found(ref)
	}
	if l.loss != 0 {
		m.looked(in)
	}
}

// looked follows a list that nothing is launched before. The tasks of agents that
// have not come back to a new master nobody knows: they are waited for until they
// have, or the master gives them up.
func (m *Machine) looked(in Listed) {
	l := &m.session.listing
	err := in.Err
	if err == nil && in.Awaited > 0 {
		err = &awaitedError{in.Awaited}
	}
	if err != nil {
		l.tries++
		wait := backoff.Wait{First: listFirst, Max: listMax}.After(l.tries)
		l.askAt, l.trouble = m.at.Now.Add(wait), err
		m.note(machine.Warn, "a part of the log was lost: nothing is launched before Mesos has listed what it runs", err,
			machine.Field{Key: "again_in", Value: wait})
		m.explainBlind()
		return
	}
	m.note(machine.Info, "a part of the log was lost: Mesos has listed what it runs", nil,
		machine.Field{Key: "tasks", Value: len(in.Tasks)}, machine.Field{Key: "to_adopt", Value: len(m.session.adopt)})
	l.seen, l.tasks, l.tries, l.trouble, m.pending.changed = l.loss, uint32(len(in.Tasks)), 0, nil, true
}

// tellListed writes down that the log knows all that Mesos runs: others wait for that too.
func (m *Machine) tellListed() {
	l, loss := &m.session.listing, m.loss()
	if loss <= max(l.told, m.state.Launcher.Listed) || m.blind() {
		return
	}
	l.told = loss
	ev := events.TasksListed{Loss: loss, Tasks: l.tasks}
	subject := m.cfg.Space.Launcher(0)
	m.counter++
	env := m.envelope(decisionID(subject, 0, ev, m.session.epoch, m.counter), loss)
	env.Epoch, env.Counter = m.session.epoch, m.counter
	m.session.facts.pending = append(m.session.facts.pending, machine.Fact(subject, env, ev))
	m.flush()
}

// awaitedError says that a list lacks the tasks of some agents.
type awaitedError struct{ agents int }

// Error says when that ends.
func (e *awaitedError) Error() string {
	agents := "1 agent"
	if e.agents != 1 {
		agents = fmt.Sprintf("%d agents", e.agents)
	}
	return fmt.Sprintf("the master waits for %s, and does not know what runs there; it gives up after its --agent_reregister_timeout", agents)
}

// found takes in a task that Mesos runs.
func (m *Machine) found(ref scheduler.TaskRef) {
	switch Consider(m.state, Report{TaskID: ref.TaskID, State: ref.State}, Memory{}) {
	case Adopted:
		t := m.state.TaskByID(ref.TaskID)
		m.session.adopt[t.Key()] = adoption{version: t.Version, group: t.Group, taskID: t.ID, agentID: ref.AgentID, state: ref.State}
	case Identified:
		m.identified(ref)
	case Ignored, Acknowledged, Recorded, Withdrawn:
	}
}

func (m *Machine) identified(ref scheduler.TaskRef) {
	if !ref.Ours {
		m.do(machine.Note{
			Level: machine.Error, Message: "Mesos runs a task of this framework that has no labels of taurus; it is left alone",
			Task: ref.TaskID, Fields: []machine.Field{{Key: "agent", Value: ref.AgentID}, {Key: "name", Value: ref.Name}},
		})
		return
	}
	key := cluster.Key{Job: ref.Job, Run: ref.Run, Slot: ref.Slot, Attempt: ref.Attempt}
	a := adoption{version: ref.Version, group: ref.Group, taskID: ref.TaskID, agentID: ref.AgentID, state: ref.State}
	if ref.Indexed {
		a.index = &ref.Index
	}
	if why := cluster.Misfit(m.cfg.Space, m.cfg.Space.Task(key.Job, key.Slot), a.event(key), m.at.Log); why != "" {
		m.do(machine.Note{
			Level: machine.Error, Message: "Mesos runs a task of this framework whose labels are none that taurus gives; it is left alone",
			Task: ref.TaskID, Fields: []machine.Field{{Key: "agent", Value: ref.AgentID}, {Key: "why", Value: why}},
		})
		return
	}
	m.do(machine.Note{Level: machine.Warn, Message: "adopting a task that the log does not know", Job: ref.Job, Task: ref.TaskID})
	m.session.adopt[key] = a
}

// rest gives all offers back for a while: others may have them.
func (m *Machine) rest() {
	m.decline(slices.Sorted(maps.Keys(m.session.offers.held)), refuseUnfit)
}

// explainBlind records it as the verdict about all that waits.
func (m *Machine) explainBlind() {
	demands, _ := m.demands()
	found := quiet(demands)
	for i := range found {
		found[i].Held = m.session.trouble().Error()
	}
	m.explain(found)
}
