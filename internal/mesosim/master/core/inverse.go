package core

import (
	"slices"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/allocator"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// inverse is an offer to give an agent back before it becomes unavailable (2.5).
type inverse struct {
	id        string
	framework *framework
	agent     *agent
	at        time.Time
}

// deallocate asks frameworks that hold something of a machine that is to go for
// it: one inverse offer at a time for each of its agents.
func (m *Master) deallocate(now time.Time) {
	if len(m.registry.Schedule) == 0 {
		return
	}
	made := map[*framework][]mesos.InverseOffer{}
	for _, a := range m.sortedAgents() {
		u := m.unavailability(a)
		if u == nil || !a.offerable() {
			continue
		}
		for _, f := range m.holders(a) {
			if until, refused := f.inverseFilters[a.id]; refused && now.Before(until) || m.asked(f, a) {
				continue
			}
			delete(f.inverseFilters, a.id)
			i := &inverse{id: m.newOfferID(), framework: f, agent: a, at: now}
			m.inverses[i.id] = i
			made[f] = append(made[f], mesos.InverseOffer{
				OfferID: mesos.OfferID{Value: i.id}, URL: a.url(), FrameworkID: mesos.FrameworkID{Value: f.id},
				AgentID: &mesos.AgentID{Value: a.id}, Unavailability: *u,
			})
		}
	}
	for _, f := range m.sortedFrameworks() {
		if list := made[f]; len(list) > 0 {
			m.send(f, &scheduler.Event{
				Type: scheduler.Event_INVERSE_OFFERS, InverseOffers: &scheduler.Event_InverseOffers{InverseOffers: list},
			})
		}
	}
}

// holders are the connected frameworks with offers or tasks on an agent.
func (m *Master) holders(a *agent) []*framework {
	var out []*framework
	note := func(f *framework) {
		if f.connected && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	for _, t := range a.sortedTasks() {
		if !terminal(t.state) {
			note(t.framework)
		}
	}
	for _, o := range a.sortedOffers() {
		note(o.framework)
	}
	return out
}

func (m *Master) asked(f *framework, a *agent) bool {
	for _, i := range m.inverses {
		if i.framework == f && i.agent == a {
			return true
		}
	}
	return false
}

// dropInverses takes inverse offers back.
func (m *Master) dropInverses(which func(*inverse) bool) {
	for id, i := range m.inverses {
		if which(i) {
			delete(m.inverses, id)
			m.send(i.framework, &scheduler.Event{
				Type:                scheduler.Event_RESCIND_INVERSE_OFFER,
				RescindInverseOffer: &scheduler.Event_RescindInverseOffer{InverseOfferID: mesos.OfferID{Value: id}},
			})
		}
	}
}

// AcceptInverse is ACCEPT_INVERSE_OFFERS (1.5).
func (m *Master) AcceptInverse(now time.Time, _ Subscriber, call *scheduler.Call_AcceptInverseOffers) {
	m.answerInverse(now, call.InverseOfferIDs, call.Filters, allocator.InverseOfferStatus_ACCEPT)
}

// DeclineInverse is DECLINE_INVERSE_OFFERS (1.5).
func (m *Master) DeclineInverse(now time.Time, _ Subscriber, call *scheduler.Call_DeclineInverseOffers) {
	m.answerInverse(now, call.InverseOfferIDs, call.Filters, allocator.InverseOfferStatus_DECLINE)
}

// answerInverse is for whoever the inverse offers were made to.
func (m *Master) answerInverse(now time.Time, ids []mesos.OfferID, filters *mesos.Filters, s allocator.InverseOfferStatus_Status) {
	for _, id := range ids {
		i := m.inverses[id.Value]
		if i == nil {
			continue
		}
		delete(m.inverses, id.Value)
		i.agent.said(now, i.framework, s)
		if d := refusal(filters); d > 0 {
			i.framework.inverseFilters[i.agent.id] = now.Add(d)
		}
	}
}
