package launching

import (
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/backoff"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

const (
	// reconcileEvery is how often all tasks are asked about.
	reconcileEvery = 15 * time.Minute
	// reconcileChunk is how many tasks one RECONCILE names.
	reconcileChunk = 1000
	// reconcileFirst and reconcileMax bound the waits for answers that do not
	// come: an agent that recovers makes the master silent.
	reconcileFirst = 5 * time.Second
	reconcileMax   = time.Minute
	// cutOffEvery is how often tasks are asked about whose agents are cut off: when one
	// is back, the master tells of the tasks that it has, and never of one that it has not.
	cutOffEvery = time.Minute
)

// round is a round of questions about what Mesos runs. Asking for each task by
// name finds those that are gone; asking for all finds strangers.
type round struct {
	// awaited are the tasks not yet answered for, with their agents.
	awaited map[string]string
	tries   int
	askAt   time.Time
	nextAt  time.Time
	// implicit reports whether all are to be asked for once the named ones were.
	implicit bool
}

// newRound begins a round over all live tasks that Mesos has spoken of. Those it
// has not are resolved instead: to them, "gone" may mean "not yet".
func newRound(state *cluster.State, now time.Time) round {
	r := round{awaited: map[string]string{}, askAt: now, nextAt: now.Add(reconcileEvery), implicit: true}
	for _, j := range state.Jobs {
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				if t.Live() && t.Confirmed {
					r.awaited[t.ID] = t.AgentID
				}
			}
		}
	}
	return r
}

// reconcile asks what is due.
func (m *Machine) reconcile() {
	r, now := &m.session.round, m.at.Now
	if !now.Before(r.nextAt) {
		*r = newRound(m.state, now)
	}
	if now.Before(r.askAt) {
		return
	}
	named := m.unanswered()
	for chunk := range slices.Chunk(named, reconcileChunk) {
		m.do(Reconcile{Ticket: m.ask(call{kind: callReconcile}), Tasks: chunk})
	}
	if r.implicit {
		r.implicit = false
		m.do(Reconcile{Ticket: m.ask(call{kind: callReconcile})})
	}
	if len(named) == 0 {
		r.askAt = r.nextAt
		return
	}
	r.tries++
	r.askAt = now.Add(backoff.Wait{First: reconcileFirst, Max: reconcileMax}.After(r.tries))
}

// unanswered are the tasks of the round that still live and were not answered for.
func (m *Machine) unanswered() []scheduler.TaskAgent {
	var named []scheduler.TaskAgent
	awaited := m.session.round.awaited
	for _, id := range slices.Sorted(maps.Keys(awaited)) {
		if t := m.state.TaskByID(id); t == nil || !t.Live() {
			delete(awaited, id)
			continue
		}
		named = append(named, scheduler.TaskAgent{TaskID: id, AgentID: awaited[id]})
	}
	return named
}

// askCutOff asks about the tasks whose agents are cut off.
func (m *Machine) askCutOff() {
	s, now := m.session, m.at.Now
	switch {
	case len(m.pending.cutOff) == 0:
		s.cutOffAt = time.Time{}
	case s.cutOffAt.IsZero():
		s.cutOffAt = now.Add(cutOffEvery)
	case !now.Before(s.cutOffAt):
		s.cutOffAt = now.Add(cutOffEvery)
		for chunk := range slices.Chunk(inOrder(m.pending.cutOff), reconcileChunk) {
			named := make([]scheduler.TaskAgent, len(chunk))
			for i, k := range chunk {
				t := m.pending.cutOff[k]
				named[i] = scheduler.TaskAgent{TaskID: t.ID, AgentID: t.AgentID}
			}
			m.do(Reconcile{Ticket: m.ask(call{kind: callReconcile}), Tasks: named})
		}
	}
}
