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

// allocate offers what is free and was not refused.
func (w *World) allocate() {
	m := &w.Master
	m.AllocatedAt = w.Now
	if m.Stream.ID == "" || m.Stream.Suppressed {
		return
	}
	var batch []offer.Offer
	for i, a := range m.Agents {
		cpus, mem := m.free(i)
		if !m.offerable(i) || w.Now.Before(a.RefusedUntil) {
			continue
		}
		m.offers++
		o := Offer{ID: fmt.Sprintf("O%d", m.offers), Agent: i, CPUs: cpus, Mem: mem}
		m.Offers = append(m.Offers, o)
		batch = append(batch, offer.Offer{
			ID: o.ID, AgentID: a.ID, Hostname: a.Host, Role: "*", Resources: offer.Resources{CPUs: cpus, Mem: mem},
			Ports: []offer.PortRange{{Begin: 31000, End: 31999}}, UnavailableFrom: nanos(a.From), UnavailableUntil: nanos(a.Until),
		})
	}
	if len(batch) > 0 {
		w.event(launching.Offered{Session: m.Stream.Session, Offers: batch})
	}
}

// offerable reports whether an agent has anything to offer.
func (m *Master) offerable(agent int) bool {
	cpus, mem := m.free(agent)
	return m.Agents[agent].State == Connected && cpus >= leastCPUs && mem >= leastMem
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

// free is what of an agent is neither used nor out as an offer.
func (m *Master) free(agent int) (cpus, mem offer.Milli) {
	cpus, mem = m.Agents[agent].CPUs, m.Agents[agent].Mem
	for _, t := range m.Tasks {
		if t.Agent == agent && t.Alive {
			cpus, mem = cpus-t.Launch.Resources.CPUs, mem-t.Launch.Resources.Mem
		}
	}
	for _, o := range m.Offers {
		if o.Agent == agent {
			cpus, mem = cpus-o.CPUs, mem-o.Mem
		}
	}
	return cpus, mem
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
