package placement

import (
	"github.com/milosgajdos/taurus/internal/core/offer"
)

// field is what is offered at present, by agent and role. A matcher keeps it from one
// question to the next, so that what has not changed costs nothing to know.
type field struct {
	byOffer map[string]*vacancy
	all     map[vacancyKey]*vacancy
	order   order
	// news are the vacancies that are new, or have more than before, in the order in
	// which they became so; dropped is how many of them were forgotten.
	news    []*vacancy
	dropped uint64
	// windows are the vacancies of agents whose maintenance is planned.
	windows map[*vacancy]bool
	// limited reports whether some agent was incapable of something.
	limited bool
}

type vacancyKey struct{ agent, role string }

// newsMin is how much news is always remembered.
const newsMin = 1024

func newField() *field {
	return &field{byOffer: map[string]*vacancy{}, all: map[vacancyKey]*vacancy{}, windows: map[*vacancy]bool{}}
}

// follow makes the field that of a question.
func (f *field) follow(q *Question) {
	held := q.Offers
	changed := map[*vacancy]bool{}
	for id, v := range f.byOffer {
		if _, ok := held[id]; !ok {
			delete(f.byOffer, id)
			v.lose(id)
			changed[v] = true
		}
	}
	for id := range held {
		if f.byOffer[id] != nil {
			continue
		}
		o := held[id]
		v := f.at(vacancyKey{o.AgentID, o.Role})
		v.parts = append(v.parts, o)
		f.byOffer[id] = v
		changed[v] = true
	}
	for v := range changed {
		f.renew(v)
	}
	for v := range f.windows {
		v.closing = q.Now.Add(MaintenanceAhead).UnixNano() >= v.unavailableFrom
	}
	f.limit(q.Incapable)
	f.forget()
}

// limit follows what agents are incapable of. One that has become capable counts as new.
func (f *field) limit(incapable map[string]Incapacity) {
	if len(incapable) == 0 && !f.limited {
		return
	}
	f.limited = len(incapable) > 0
	for _, v := range f.all {
		before := v.incapable
		if v.incapable = incapable[v.agentID]; before.Any && !v.incapable.Any || before.ByMesos && !v.incapable.ByMesos {
			f.news = append(f.news, v)
		}
	}
}

func (f *field) at(k vacancyKey) *vacancy {
	v := f.all[k]
	if v == nil {
		v = &vacancy{agentID: k.agent, role: k.role, gone: true}
		f.all[k] = v
	}
	return v
}

// renew follows a change of a vacancy's offers.
func (f *field) renew(v *vacancy) {
	if !v.gone {
		f.order.remove(v)
		delete(f.windows, v)
	}
	if v.gone = len(v.parts) == 0; v.gone {
		delete(f.all, vacancyKey{v.agentID, v.role})
		return
	}
	v.rebuild()
	v.closing = false
	if v.unavailableFrom != 0 {
		f.windows[v] = true
	}
	f.order.insert(v)
	f.news = append(f.news, v)
}

// version counts the news.
func (f *field) version() uint64 { return f.dropped + uint64(len(f.news)) }

// since returns the news since a version; false if they are not known any more.
func (f *field) since(version uint64) ([]*vacancy, bool) {
	if version < f.dropped {
		return nil, false
	}
	return f.news[version-f.dropped:], true
}

// forget bounds the news that are remembered.
func (f *field) forget() {
	if len(f.news) > newsMin+4*len(f.all) {
		f.dropped += uint64(len(f.news))
		f.news = nil
	}
}

// stay is one task on a vacancy, and what was free before it.
type stay struct {
	v *vacancy
	w *want
	// first reports whether it was the vacancy's first.
	first          bool
	free, reserved offer.Resources
	ports          []offer.PortRange
}

// occupy puts a task of a want into a vacancy.
func (f *field) occupy(v *vacancy, w *want, placed Placed) stay {
	before := stay{v: v, w: w, first: len(v.placed) == 0, free: v.free, reserved: v.reserved, ports: v.ports}
	f.order.remove(v)
	v.occupy(placed.Resources, placed.HostPorts)
	v.position = v.located()
	f.order.insert(v)
	v.placed = append(v.placed, placed)
	return before
}

// vacate takes the last task off a vacancy again.
func (f *field) vacate(s stay) {
	s.v.placed = s.v.placed[:len(s.v.placed)-1]
	f.restore(s)
}

// restore makes what is free what it was before a stay.
func (f *field) restore(s stay) {
	v := s.v
	f.order.remove(v)
	v.free, v.reserved, v.ports = s.free, s.reserved, s.ports
	v.position = v.located()
	f.order.insert(v)
	f.news = append(f.news, v)
}
