package core

import (
	"maps"
	"math"
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/mesosim/validate"
)

type offer struct {
	id        string
	framework *framework
	agent     *agent
	role      string
	set       resource.Set
	at        time.Time
}

type filterKey struct{ role, agent string }

// filter keeps a framework from being offered a part of what it refused (2.3).
type filter struct {
	set   resource.Set
	until time.Time
}

const (
	defaultRefuse = 5 * time.Second
	maxRefuse     = 365 * 24 * time.Hour
)

// refusal returns how long a call's filters last; zero means none.
func refusal(f *mesos.Filters) time.Duration {
	s := f.GetRefuseSeconds()
	switch {
	case s < 0 || math.IsNaN(s):
		return defaultRefuse
	case s > maxRefuse.Seconds():
		return maxRefuse
	}
	return time.Duration(s * float64(time.Second))
}

func (m *Master) addFilter(now time.Time, f *framework, role, agentID string, set resource.Set, fs *mesos.Filters) {
	d := refusal(fs)
	if d == 0 || set.Empty() {
		return
	}
	key := filterKey{role, agentID}
	f.filters[key] = append(f.filters[key], filter{set: set, until: now.Add(max(d, m.cfg.AllocationInterval))})
}

func (f *framework) filtered(now time.Time, key filterKey, set resource.Set) bool {
	fs := f.filters[key]
	if len(fs) == 0 {
		return false
	}
	fs = slices.DeleteFunc(fs, func(x filter) bool { return !now.Before(x.until) })
	if len(fs) == 0 {
		delete(f.filters, key)
		return false
	}
	f.filters[key] = fs
	return slices.ContainsFunc(fs, func(x filter) bool { return x.set.Contains(set) })
}

func (f *framework) dropFilters(role string) {
	for key := range f.filters {
		if key.role == role {
			delete(f.filters, key)
		}
	}
}

// take removes an offer; its resources are free again.
func (m *Master) take(o *offer) {
	delete(m.offers, o.id)
	delete(o.agent.offers, o.id)
	o.agent.offered = o.agent.offered.Minus(o.set)
	o.agent.touch()
	o.framework.credit(o.role, o.set)
}

func (m *Master) rescind(o *offer) {
	m.take(o)
	o.framework.counts.rescinded++
	m.send(o.framework, rescind(o.id))
}

// dropOffers takes all offers of a framework back, unseen.
func (m *Master) dropOffers(f *framework) {
	for _, o := range m.sortedOffers(func(o *offer) bool { return o.framework == f }) {
		m.take(o)
	}
	for id, i := range m.inverses {
		if i.framework == f {
			delete(m.inverses, id)
		}
	}
}

func (m *Master) rescindAgent(a *agent) {
	for _, o := range a.sortedOffers() {
		m.rescind(o)
	}
	m.dropInverses(func(i *inverse) bool { return i.agent == a })
}

// dropFiltersOf drops what frameworks refused of an agent (2.3).
func (m *Master) dropFiltersOf(a *agent) {
	for _, f := range m.frameworks {
		maps.DeleteFunc(f.filters, func(key filterKey, _ []filter) bool { return key.agent == a.id })
		delete(f.inverseFilters, a.id)
	}
}

func (m *Master) advanceOffers(now time.Time) {
	if m.cfg.OfferTimeout <= 0 {
		return
	}
	for _, o := range m.sortedOffers(func(o *offer) bool { return !now.Before(o.at.Add(m.cfg.OfferTimeout)) }) {
		m.rescind(o)
	}
	m.dropInverses(func(i *inverse) bool { return !now.Before(i.at.Add(m.cfg.OfferTimeout)) })
}

// Decline is DECLINE (1.5). It does not matter whose the offers are; the filter is
// their framework's.
func (m *Master) Decline(now time.Time, s Subscriber, call *scheduler.Call_Decline) {
	for _, id := range call.OfferIDs {
		if o := m.offers[id.Value]; o != nil {
			m.take(o)
			s.framework.counts.declined++
			m.addFilter(now, o.framework, o.role, o.agent.id, o.set, call.Filters)
		}
	}
}

// Revive is REVIVE (1.5): filters are dropped, suppression ends.
func (m *Master) Revive(s Subscriber, roles []string) {
	for _, r := range s.framework.own(roles) {
		delete(s.framework.suppressed, r)
		s.framework.dropFilters(r)
		clear(s.framework.inverseFilters)
		m.allocate = true
	}
}

// Suppress is SUPPRESS (1.5).
func (m *Master) Suppress(s Subscriber, roles []string) {
	for _, r := range s.framework.own(roles) {
		s.framework.suppressed[r] = true
	}
}

// own returns the roles that a call means: all when none are given, none when
// one of them is not the framework's.
func (f *framework) own(roles []string) []string {
	mine := validate.Roles(&f.info)
	if len(roles) == 0 {
		return mine
	}
	for _, r := range roles {
		if !slices.Contains(mine, r) {
			return nil
		}
	}
	return roles
}

// message is the offer as its framework sees it (2.2).
func (m *Master) message(o *offer) mesos.Offer {
	a, f := o.agent, o.framework
	out := mesos.Offer{
		ID: mesos.OfferID{Value: o.id}, FrameworkID: mesos.FrameworkID{Value: f.id}, AgentID: mesos.AgentID{Value: a.id},
		Hostname: a.info.Hostname, URL: a.url(), Domain: a.info.Domain,
		Resources: o.set.Messages(f.format(o.role)), Attributes: a.info.Attributes,
		Unavailability: m.unavailability(a), ExecutorIDs: a.executors(f),
	}
	if f.multiRole() {
		out.AllocationInfo = &mesos.Resource_AllocationInfo{Role: &o.role}
	}
	return out
}

func (f *framework) format(role string) resource.Format {
	out := resource.Format{Refined: f.refined()}
	if f.multiRole() {
		out.Allocation = role
	}
	return out
}
