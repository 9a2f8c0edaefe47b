package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/offer"
)

// allocateEvery is the interval between allocations.
const allocateEvery = time.Second

// Less than this is not offered.
const (
	leastCPUs offer.Milli = 100
	leastMem  offer.Milli = 32_000
)

// Role is the role of Mesos that parts of agents are reserved for, see Options.Reserved. All
// else is offered to it, or to the role of everybody, in turn.
const Role = "ops"

const anyRole = "*"

// allocate offers what is free and was not refused.
func (w *World) allocate() {
	m := &w.Master
	m.AllocatedAt = w.Now
	if m.Stream.ID == "" || m.Stream.Suppressed {
		return
	}
	var batch []offer.Offer
	for i, a := range m.Agents {
		if !m.offerable(i) || w.Now.Before(a.RefusedUntil) {
			continue
		}
		free, reserved := m.free(i)
		a.Offered++
		ours := a.Offered%2 == 0 // What everybody may have is offered to Role this time.
		switch {
		case reserved == offer.Resources{}:
			batch = append(batch, w.offer(i, anyRole, free, offer.Resources{}))
		case ours || !worth(free):
			batch = append(batch, w.offer(i, Role, free.Plus(reserved), reserved))
		default:
			batch = append(batch, w.offer(i, anyRole, free, offer.Resources{}))
			if worth(reserved) {
				batch = append(batch, w.offer(i, Role, reserved, reserved))
			}
		}
	}
	if len(batch) > 0 {
		w.event(launching.Offered{Session: m.Stream.Session, Offers: batch})
	}
}

// offer puts out an offer of an agent.
func (w *World) offer(agent int, role string, all, reserved offer.Resources) offer.Offer {
	m, a := &w.Master, w.Master.Agents[agent]
	m.offers++
	o := Offer{ID: fmt.Sprintf("O%d", m.offers), Agent: agent, Role: role, All: all, Reserved: reserved}
	m.Offers = append(m.Offers, o)
	return offer.Offer{
		ID: o.ID, AgentID: a.ID, Hostname: a.Host, Role: role, Resources: all, Reserved: reserved,
		Ports: []offer.PortRange{{Begin: 31000, End: 31999}}, UnavailableFrom: nanos(a.From), UnavailableUntil: nanos(a.Until),
	}
}

// worth reports whether so much is offered at all.
func worth(r offer.Resources) bool { return r.CPUs >= leastCPUs && r.Mem >= leastMem }

// offerable reports whether an agent has anything to offer.
func (m *Master) offerable(agent int) bool {
	free, reserved := m.free(agent)
	return m.Agents[agent].State == Connected && worth(free.Plus(reserved))
}

// allocatesAt is when the next allocation offers anything; zero if none does.
func (m *Master) allocatesAt() time.Time {
	if m.Stream.ID == "" || m.Stream.Suppressed || m.Away {
		return time.Time{}
	}
	var at time.Time
	for i, a := range m.Agents {
		if m.offerable(i) && (at.IsZero() || a.RefusedUntil.Before(at)) {
			at = a.RefusedUntil
			if at.IsZero() {
				at = at.Add(1)
			}
		}
	}
	if at.IsZero() {
		return at
	}
	next := m.AllocatedAt.Truncate(allocateEvery).Add(allocateEvery)
	if rounded := at.Add(allocateEvery - 1).Truncate(allocateEvery); rounded.After(next) {
		return rounded
	}
	return next
}

// free is what of an agent is neither used nor out as an offer: what everybody may have, and
// what is reserved.
func (m *Master) free(agent int) (free, reserved offer.Resources) {
	a := m.Agents[agent]
	free, reserved = offer.Resources{CPUs: a.CPUs, Mem: a.Mem}.Minus(a.Reserved), a.Reserved
	take := func(all, part offer.Resources) { free, reserved = free.Minus(all.Minus(part)), reserved.Minus(part) }
	for _, t := range m.Tasks {
		if t.Agent == agent && t.Alive {
			take(t.Launch.Resources, t.Reserved)
		}
	}
	for _, o := range m.Offers {
		if o.Agent == agent {
			take(o.All, o.Reserved)
		}
	}
	return free, reserved
}

// takeOffer takes an offer back; ok is false if it is not out.
func (m *Master) takeOffer(id string) (o Offer, ok bool) {
	i := slices.IndexFunc(m.Offers, func(o Offer) bool { return o.ID == id })
	if i < 0 {
		return Offer{}, false
	}
	o = m.Offers[i]
	m.Offers = slices.Delete(m.Offers, i, i+1)
	return o, true
}

func (w *World) decline(ids []string, refuse time.Duration) {
	for _, id := range ids {
		if o, ok := w.Master.takeOffer(id); ok {
			w.Master.refuse(o.Agent, w.Now.Add(refuse))
		}
	}
}

// refuse sets a filter. It does not end one that is there already.
func (m *Master) refuse(agent int, until time.Time) {
	if a := m.Agents[agent]; until.After(a.RefusedUntil) {
		a.RefusedUntil = until
	}
}
