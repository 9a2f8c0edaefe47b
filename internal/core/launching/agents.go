package launching

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// agentsEvery bounds how often it is written down what agents offered; agentsSoon is
	// how long it is waited for more of a burst.
	agentsEvery, agentsSoon = 10 * time.Second, time.Second
	// agentsAgain is how long it stays without being written down again: the stream
	// that it is in keeps nothing for ever.
	agentsAgain = 24 * time.Hour
	// agentsMax is how many agents a record names, recordsMax how many records are
	// appended at once.
	agentsMax, recordsMax = 100, 10
)

// agents are what was offered last, for foresight: which decides nothing, so that
// what is lost of it is merely not foreseen.
type agents struct {
	// fresh are agents that have offered since it was written down last.
	fresh map[string]agentOffer
	noted map[string]notedAgent
	// due is when it is written down next, zero while nothing is fresh; last is when it
	// was.
	due, last time.Time
}

// agentOffer is all that is held of an agent at a time of the log.
type agentOffer struct {
	at    time.Time
	free  offer.Resources
	offer events.AgentOffer
}

type notedAgent struct {
	key string
	at  time.Time
}

func newAgents() agents {
	return agents{fresh: map[string]agentOffer{}, noted: map[string]notedAgent{}}
}

// offeredBy follows new offers: what an agent has free is all that is held of it.
func (m *Machine) offeredBy(list []offer.Offer) {
	if !m.cfg.Explain {
		return
	}
	changed := map[string]bool{}
	for _, o := range list {
		changed[o.AgentID] = true
		delete(m.agents.fresh, o.AgentID)
	}
	held := m.session.offers.held
	for _, id := range slices.Sorted(maps.Keys(held)) {
		o := held[id]
		if !changed[o.AgentID] {
			continue
		}
		a, again := m.agents.fresh[o.AgentID]
		if !again {
			a = agentOffer{at: m.at.Log, offer: agentOf(o)}
		}
		a.free = a.free.Plus(o.Resources)
		a.offer.Ports = append(a.offer.Ports, portsOf(o)...)
		m.agents.fresh[o.AgentID] = a
	}
	if m.agents.due.IsZero() {
		m.agents.due = m.at.Now.Add(agentsSoon)
		if soonest := m.agents.last.Add(agentsEvery); soonest.After(m.agents.due) {
			m.agents.due = soonest
		}
	}
}

func agentOf(o offer.Offer) events.AgentOffer {
	a := events.AgentOffer{AgentID: o.AgentID, Hostname: o.Hostname, Role: o.Role}
	if o.UnavailableFrom != 0 {
		a.UnavailableFrom = time.Unix(0, o.UnavailableFrom).UTC()
	}
	for _, attribute := range o.Attributes {
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		a.Attributes[attribute.Name] = attribute.Value
	}
	return a
}

func portsOf(o offer.Offer) []events.PortRange {
	var list []events.PortRange
	for _, rg := range o.Ports {
		list = append(list, events.PortRange{From: rg.Begin, To: rg.End})
	}
	return list
}

// noteAgents writes down what is new of what agents have, together with what tasks of
// ours had there when they offered.
func (m *Machine) noteAgents() {
	a := &m.agents
	if a.due.IsZero() || m.at.Now.Before(a.due) {
		return
	}
	a.due, a.last = time.Time{}, m.at.Now
	ours := m.runningOn(a.fresh)
	var changed []events.AgentOffer
	for _, id := range slices.Sorted(maps.Keys(a.fresh)) {
		if len(changed) == agentsMax*recordsMax {
			a.due = m.at.Now.Add(agentsEvery) // The others are next.
			break
		}
		whole := withTasks(a.fresh[id], ours[id])
		delete(a.fresh, id)
		key := fmt.Sprint(whole)
		if last, ok := a.noted[id]; ok && last.key == key && m.at.Now.Sub(last.at) < agentsAgain {
			continue
		}
		a.noted[id] = notedAgent{key: key, at: m.at.Now}
		changed = append(changed, whole)
	}
	m.writeAgents(changed)
}

func (m *Machine) writeAgents(list []events.AgentOffer) {
	var drafts []machine.Draft
	for part := range slices.Chunk(list, agentsMax) {
		m.offerings++
		id := fmt.Sprintf("offers@%d.%d", m.state.Sequence, m.offerings)
		ev := events.AgentsOffered{Sequence: m.state.Sequence, Agents: part}
		drafts = append(drafts, machine.Fact(m.cfg.Space.Offers(0), m.envelope(id, 0), ev))
	}
	if len(drafts) > 0 {
		m.do(Explain{Drafts: drafts})
	}
}

// runningOn lists the tasks on agents that had their place there when these offered.
func (m *Machine) runningOn(fresh map[string]agentOffer) map[string][]*cluster.Task {
	found := map[string][]*cluster.Task{}
	for _, j := range m.state.Jobs {
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				a, ok := fresh[t.AgentID]
				if ok && t.Live() && t.State != cluster.Waiting && t.StagedAt.Before(a.at) {
					found[t.AgentID] = append(found[t.AgentID], t)
				}
			}
		}
	}
	return found
}

// withTasks is what an agent has: what is free, and what tasks have.
func withTasks(a agentOffer, tasks []*cluster.Task) events.AgentOffer {
	whole, all := a.offer, a.free
	whole.Ports = slices.Clone(whole.Ports)
	for _, t := range tasks {
		all = all.Plus(inMilli(t.Resources))
		for _, p := range t.HostPorts {
			whole.Ports = append(whole.Ports, events.PortRange{From: p, To: p})
		}
	}
	whole.Resources, whole.Ports = amounts(all), merged(whole.Ports)
	return whole
}

func inMilli(r events.Resources) offer.Resources {
	return offer.Resources{CPUs: offer.InMilli(r.CPUs), Mem: offer.InMilli(r.Mem), Disk: offer.InMilli(r.Disk), GPUs: offer.InMilli(r.GPUs)}
}

// merged puts ranges in order, and those that touch each other together.
func merged(list []events.PortRange) []events.PortRange {
	slices.SortFunc(list, func(a, b events.PortRange) int { return cmp.Compare(a.From, b.From) })
	var one []events.PortRange
	for _, rg := range list {
		if n := len(one); n > 0 && uint64(rg.From) <= uint64(one[n-1].To)+1 {
			one[n-1].To = max(one[n-1].To, rg.To)
			continue
		}
		one = append(one, rg)
	}
	return one
}
