package explore

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/launching"
	"github.com/milosgajdos/taurus/internal/core/offer"
)

// free is how many places of an agent are neither used nor out as an offer.
func (m *Mesos) free(agent, places int) int {
	for i := range m.Tasks {
		if m.Tasks[i].Agent == agent && m.Tasks[i].Alive {
			places--
		}
	}
	for _, o := range m.Offers {
		if o.Agent == agent {
			places -= o.Places
		}
	}
	return places
}

// offerable reports whether the agent has something to offer.
func (w *World) offerable(agent int) bool {
	m := w.mesos
	a := &m.Agents[agent]
	free := m.free(agent, w.scope.Places)
	if m.Stream.ID == "" || m.Stream.Suppressed || a.Away || free <= 0 {
		return false
	}
	return !slices.ContainsFunc(a.Filters, func(f Filter) bool { return f.Places >= free && f.Until.After(w.now) })
}

// allocate offers what is free and was not refused.
func (w *World) allocate() {
	var batch []offer.Offer
	m := w.master()
	for i := range m.Agents {
		if !w.offerable(i) {
			continue
		}
		free := m.free(i, w.scope.Places)
		m.Made++
		o := Offer{ID: fmt.Sprintf("offer-%04d", m.Made), Agent: i, Places: free}
		m.Offers = append(m.Offers, o)
		batch = append(batch, offer.Offer{
			ID: o.ID, AgentID: m.Agents[i].ID, Hostname: "host-" + m.Agents[i].ID, Role: "*",
			Resources: offer.Resources{CPUs: offer.Milli(free) * 1000, Mem: offer.Milli(free) * 64_000, Disk: 1 << 30},
		})
	}
	if len(batch) > 0 {
		w.event(launching.Offered{Session: m.Stream.Session, Offers: batch})
	}
}

// takeOffer takes an offer back; ok is false if it is not out.
func (m *Mesos) takeOffer(id string) (o Offer, ok bool) {
	i := slices.IndexFunc(m.Offers, func(o Offer) bool { return o.ID == id })
	if i < 0 {
		return Offer{}, false
	}
	o = m.Offers[i]
	m.Offers = slices.Delete(m.Offers, i, i+1)
	return o, true
}

func (m *Mesos) refuse(agent int, f Filter) {
	a := &m.Agents[agent]
	a.Filters = append(slices.DeleteFunc(a.Filters, func(o Filter) bool {
		return o.Places <= f.Places && !o.Until.After(f.Until)
	}), f)
}

// filterEnds is when the next filter ends that holds something back; zero for
// never.
func (w *World) filterEnds() time.Time {
	m := w.mesos
	var first time.Time
	if m.Stream.ID == "" || m.Stream.Suppressed {
		return first
	}
	for i := range m.Agents {
		for _, f := range m.Agents[i].Filters {
			if f.Until.After(w.now) && f.Places >= m.free(i, w.scope.Places) && m.free(i, w.scope.Places) > 0 && !m.Agents[i].Away {
				first = earlier(first, f.Until)
			}
		}
	}
	return first
}

// earlier is the first of two times; zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
