package core

import (
	"cmp"
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

// The smallest offer (--min_allocatable_resources): either amount is enough.
const (
	minCPUs = resource.Milli(10)
	minMem  = resource.Milli(32_000)
)

// candidate is a framework in one of its roles.
type candidate struct {
	framework *framework
	role      string
}

// allocateOn offers what is free on some agents or all (2.1).
func (m *Master) allocateOn(now time.Time, agents []*agent) {
	candidates := m.candidates()
	if len(candidates) > 0 {
		m.offerFree(now, agents, candidates)
	}
	m.deallocate(now)
}

func (m *Master) offerFree(now time.Time, agents []*agent, candidates []candidate) {
	var total amounts
	if len(candidates) > 1 { // Shares matter to nobody else.
		total = m.total()
	}
	made := map[*framework][]*offer{}
	m.cfg.Rand.Shuffle(len(agents), func(i, j int) { agents[i], agents[j] = agents[j], agents[i] })
	for _, a := range agents {
		if !a.offerable() {
			continue
		}
		m.allocateAgent(now, a, candidates, total, made)
	}
	for _, f := range m.sortedFrameworks() {
		m.sendOffers(f, made[f])
	}
}

func (m *Master) candidates() []candidate {
	var out []candidate
	for _, f := range m.sortedFrameworks() {
		if !f.connected {
			continue
		}
		for _, role := range validate.Roles(&f.info) {
			if !f.suppressed[role] {
				out = append(out, candidate{f, role})
			}
		}
	}
	return out
}

func (m *Master) allocateAgent(now time.Time, a *agent, candidates []candidate, total amounts, made map[*framework][]*offer) {
	free := a.free()
	if free.Empty() {
		return
	}
	if len(candidates) > 1 {
		candidates = m.byShare(candidates, total)
	}
	for _, c := range candidates {
		set := free.OfferableTo(c.role, c.framework.refined())
		if !m.acceptable(now, a, c, set) {
			continue
		}
		o := &offer{id: m.newOfferID(), framework: c.framework, agent: a, role: c.role, set: set.Arranged(), at: now}
		m.offers[o.id] = o
		if a.offers == nil {
			a.offers = map[string]*offer{}
		}
		a.offers[o.id] = o
		a.offered = a.offered.Plus(set)
		a.touch()
		c.framework.charge(c.role, set)
		c.framework.turns[c.role]++
		m.turns[c.role]++
		made[c.framework] = append(made[c.framework], o)
		if free = free.Minus(set); free.Empty() {
			return
		}
	}
}

func (m *Master) acceptable(now time.Time, a *agent, c candidate, set resource.Set) bool {
	if set.Empty() || !m.enough(c, set) {
		return false
	}
	if a.total.Scalar("gpus") > 0 && !c.framework.has(mesos.FrameworkInfo_Capability_GPU_RESOURCES) {
		return false
	}
	if m.remote(a) && !c.framework.has(mesos.FrameworkInfo_Capability_REGION_AWARE) {
		return false
	}
	return !c.framework.filtered(now, filterKey{c.role, a.id}, set)
}

// remote reports whether an agent is in another region than the master (1.7).
func (m *Master) remote(a *agent) bool {
	here, there := m.cfg.Info.Domain.GetFaultDomain(), a.info.Domain.GetFaultDomain()
	return here != nil && there != nil && here.Region.Name != there.Region.Name
}

// leastOf reports whether a set is not less than the flag of the master asks for.
func (m *Master) leastOf(set resource.Set) bool {
	if len(m.cfg.MinAllocatable) == 0 {
		return set.Scalar("cpus") >= minCPUs || set.Scalar("mem") >= minMem
	}
	return slices.ContainsFunc(m.cfg.MinAllocatable, func(least resource.Set) bool {
		for name, v := range least.Scalars() {
			if set.Scalar(name) < v {
				return false
			}
		}
		return true
	})
}

// byShare sorts by the share of the role, then of the framework in it (DRF).
// Equal shares take turns: who was offered something less often comes first.
func (m *Master) byShare(candidates []candidate, total amounts) []candidate {
	roles := map[string]amounts{}
	for _, f := range m.frameworks {
		for role, u := range f.usage {
			if roles[role] == nil {
				roles[role] = amounts{}
			}
			for name, v := range u {
				roles[role][name] += v
			}
		}
	}
	out := slices.Clone(candidates)
	slices.SortStableFunc(out, func(a, b candidate) int {
		if a.role != b.role {
			if d := roles[a.role].share(total) - roles[b.role].share(total); d != 0 {
				return sign(d)
			}
			return cmp.Or(m.turns[a.role]-m.turns[b.role], compare(a.role, b.role))
		}
		if d := a.framework.usage[a.role].share(total) - b.framework.usage[b.role].share(total); d != 0 {
			return sign(d)
		}
		return a.framework.turns[a.role] - b.framework.turns[b.role]
	})
	return out
}

func sign(d float64) int {
	switch {
	case d < 0:
		return -1
	case d > 0:
		return 1
	}
	return 0
}

func (m *Master) sendOffers(f *framework, made []*offer) {
	if len(made) == 0 {
		return
	}
	e := &scheduler.Event{Type: scheduler.Event_OFFERS, Offers: &scheduler.Event_Offers{}}
	for _, o := range made {
		e.Offers.Offers = append(e.Offers.Offers, m.message(o))
	}
	f.counts.sent += len(made)
	m.send(f, e)
}

// enough reports whether an offer would not be too small (2.1): for the role's own
// offer_filters, one of the lists of quantities must be there in full.
func (m *Master) enough(c candidate, set resource.Set) bool {
	own, ok := c.framework.info.OfferFilters[c.role]
	if !ok || own.MinAllocatableResources == nil {
		return m.leastOf(set)
	}
	lists := own.MinAllocatableResources.Quantities
	if len(lists) == 0 {
		return true
	}
	return slices.ContainsFunc(lists, func(q mesos.OfferFilters_ResourceQuantities) bool {
		for name, v := range q.Quantities {
			if set.Scalar(name) < resource.ToMilli(v.Value) {
				return false
			}
		}
		return true
	})
}
