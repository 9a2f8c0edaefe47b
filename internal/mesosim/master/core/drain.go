package core

import (
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
)

const unknownAgent = "Unknown agent"

// DrainAgent is DRAIN_AGENT (5.3). maxGrace is negative when there is no limit. It
// returns the text of a 400, or nothing.
func (m *Master) DrainAgent(now time.Time, id string, maxGrace time.Duration, markGone bool) string {
	if why := m.underMaintenance(id); why != "" {
		return why
	}
	if _, ok := m.decided(id); !ok {
		return unknownAgent
	}
	m.decide(id, &Drain{MaxGrace: maxGrace, MarkGone: markGone, Since: now}, true)
	if a := m.agents[id]; a != nil {
		m.rescindAgent(a)
		m.tellDrain(a)
		m.drained(now, a)
	}
	return ""
}

// DeactivateAgent is DEACTIVATE_AGENT. It returns the text of a 400, or nothing.
func (m *Master) DeactivateAgent(id string) string {
	d, ok := m.decided(id)
	if !ok {
		return unknownAgent
	}
	m.decide(id, d.Drain, true)
	if a := m.agents[id]; a != nil {
		m.rescindAgent(a)
	}
	return ""
}

// ReactivateAgent is REACTIVATE_AGENT. It returns the text of a 400, or nothing.
func (m *Master) ReactivateAgent(id string) string {
	d, _ := m.decided(id)
	switch {
	case !d.Deactivated:
		return "Agent is not deactivated"
	case d.Drain != nil && !d.Drain.Drained:
		return "Agent is still in the DRAINING state"
	}
	m.decide(id, nil, false)
	if a := m.agents[id]; a != nil {
		m.tell(a, link.ToAgent{Drain: &link.Drain{Stop: true}})
		m.allocate = true
	}
	return ""
}

// decided is what operators decided about an agent, which may be registered,
// recovered or unreachable; ok is false for any other.
func (m *Master) decided(id string) (d Admitted, ok bool) {
	if d, ok = m.registry.Admitted[id]; ok {
		return d, true
	}
	_, ok = m.registry.Unreachable[id]
	return m.registry.Aside[id], ok
}

// decide stores what an operator decided about such an agent.
func (m *Master) decide(id string, drain *Drain, deactivated bool) {
	r, admitted := m.registry.Admitted[id]
	r.Drain, r.Deactivated = drain, deactivated
	switch {
	case admitted:
		m.registry.Admitted[id] = r
	case deactivated:
		m.registry.Aside[id] = r
	default:
		delete(m.registry.Aside, id)
	}
	if a := m.agents[id]; a != nil {
		a.drain, a.deactivated = drain, deactivated
	}
	m.queue(SaveRegistry{})
}

// setAside keeps what was decided about an agent that becomes unreachable.
func (m *Master) setAside(id string) {
	if r := m.registry.Admitted[id]; r.Deactivated {
		m.registry.Aside[id] = r
	}
}

func (m *Master) tellDrain(a *agent) {
	m.tell(a, link.ToAgent{Drain: &link.Drain{MaxGrace: a.drain.MaxGrace, MarkGone: a.drain.MarkGone}})
}

// drained ends a drain once nothing is left on the agent, no operation neither.
func (m *Master) drained(now time.Time, a *agent) {
	if a.drain == nil || a.drain.Drained || len(a.tasks) > 0 {
		return
	}
	for _, op := range m.operations {
		if op.agentID == a.id {
			return
		}
	}
	if a.drain.MarkGone {
		m.goneAgent(now, a)
		return
	}
	a.drain.Drained = true
	m.decide(a.id, a.drain, true)
}
