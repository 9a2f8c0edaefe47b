package launching

import (
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

const (
	// refuseIdle is how long offers are refused while nothing waits: whoever
	// needs them shall have them, and a new demand revives.
	refuseIdle = time.Hour
	// refuseUnfit is how long an offer is refused on which nothing that waits
	// fits. More free resources on the agent are offered in spite of it.
	refuseUnfit = 20 * time.Second
	// reviveEvery bounds how often Mesos is asked for all offers again.
	reviveEvery = 200 * time.Millisecond
	// reviveQuiet is how long a task may wait before Mesos is asked again: the
	// last REVIVE may have got lost, or a call that was given up may have come
	// after it and undone it.
	reviveQuiet = 30 * time.Second
	// quietAfter is how long no offer may come before that is the verdict; what
	// was declined as unfit is not expected back before.
	quietAfter = 5 * time.Second
	// declineAgain is the wait before a DECLINE that failed is repeated.
	declineAgain = time.Second
)

// offers are those of a session, and what Mesos was told about more of them.
type offers struct {
	// held can be used.
	held map[string]offer.Offer
	// returned were declined, and it is not known that Mesos has heard it: with
	// the time they are refused for. Mesos keeps such an offer for us for ever.
	returned map[string]time.Duration
	// retryAt is when to decline again what Mesos has not heard; zero for never.
	retryAt time.Time

	// suppressed reports whether Mesos was told not to offer, spent whether offers were
	// declined for a while, or used, of which Mesos offers the rest by itself only with
	// its next allocation: a new demand has to revive.
	suppressed, spent bool
	revivedAt         time.Time
	// cameAt is when offers came last; the subscription's start before.
	cameAt time.Time
	// wanted is how many of the tasks still wait that waited when offers were last
	// asked for.
	wanted int
}

func newOffers(now time.Time) offers {
	return offers{held: map[string]offer.Offer{}, returned: map[string]time.Duration{}, cameAt: now}
}

// offered adds new offers to those held.
func (m *Machine) offered(list []offer.Offer) {
	o := &m.session.offers
	for _, one := range list {
		o.held[one.ID] = one
	}
	o.cameAt = m.at.Now
	o.suppressed = false // Or Mesos never heard of it.
	m.pending.changed = true
}

func (o *offers) rescinded(id string) {
	delete(o.held, id)
	delete(o.returned, id)
}

// allHeld reports whether all the offers can be used.
func (o *offers) allHeld(ids []string) bool {
	for _, id := range ids {
		if _, held := o.held[id]; !held {
			return false
		}
	}
	return true
}

// spend uses up offers for so many of the tasks that wait.
func (o *offers) spend(ids []string, tasks int) {
	o.use(ids)
	o.spent = true
	o.wanted = max(0, o.wanted-tasks)
}

// use forgets offers.
func (o *offers) use(ids []string) {
	for _, id := range ids {
		delete(o.held, id)
	}
}

// decline gives offers back for a while.
func (m *Machine) decline(ids []string, refuse time.Duration) {
	if len(ids) == 0 {
		return
	}
	o := &m.session.offers
	o.use(ids)
	for _, id := range ids {
		o.returned[id] = refuse
	}
	o.spent = o.spent || refuse > time.Second
	m.do(Decline{Ticket: m.ask(call{kind: callDecline, offers: ids}), OfferIDs: ids, Refuse: refuse})
}

// declined forgets offers that Mesos has got back. Those of a call that failed
// it may still keep for us, for ever.
func (m *Machine) declined(ids []string, err error) {
	o := &m.session.offers
	if err != nil {
		if o.retryAt.IsZero() {
			o.retryAt = m.at.Now.Add(declineAgain)
		}
		return
	}
	for _, id := range ids {
		delete(o.returned, id)
	}
}

// declineAgain repeats the DECLINE of offers of which Mesos has not heard; those
// that are none of its own any more it ignores.
func (m *Machine) declineAgain() {
	o := &m.session.offers
	if o.retryAt.IsZero() || m.at.Now.Before(o.retryAt) {
		return
	}
	o.retryAt = time.Time{}
	underWay := map[string]bool{}
	for _, c := range m.session.calls {
		for _, id := range c.offers {
			underWay[id] = true
		}
	}
	byRefusal := map[time.Duration][]string{}
	for id, refuse := range o.returned {
		if !underWay[id] {
			byRefusal[refuse] = append(byRefusal[refuse], id)
		}
	}
	for _, refuse := range slices.Sorted(maps.Keys(byRefusal)) {
		ids := byRefusal[refuse]
		slices.Sort(ids)
		m.decline(ids, refuse)
	}
}

// giveAllBack declines all offers and asks for no more, while nothing waits.
func (m *Machine) giveAllBack() {
	o := &m.session.offers
	m.decline(slices.Sorted(maps.Keys(o.held)), refuseIdle)
	o.wanted = 0
	if !o.suppressed {
		o.suppressed = true
		m.do(Suppress{Ticket: m.ask(call{kind: callSuppress})})
	}
}

// want asks for offers where Mesos holds them back, and more is wanted than when
// it was asked last, and again while tasks wait. It goes behind every earlier DECLINE,
// which would otherwise undo it. It returns when to ask again where that is too
// soon now, zero otherwise.
func (m *Machine) want(demands []placement.Demand) time.Time {
	o, now := &m.session.offers, m.at.Now
	tasks := 0
	for _, d := range demands {
		tasks += len(d.Tasks)
	}
	more := tasks > o.wanted
	again := now.Sub(o.revivedAt) > reviveQuiet && now.Sub(m.session.waitingSince) > reviveQuiet
	if !o.suppressed && !again && (!o.spent || !more) {
		o.wanted = tasks
		return time.Time{}
	}
	if soonest := o.revivedAt.Add(reviveEvery); now.Before(soonest) {
		return soonest
	}
	o.wanted = tasks
	m.revive()
	return time.Time{}
}

// revive asks for all that is free at once, what the last ACCEPTs left of their
// offers too; Mesos would offer that by itself only with its next allocation.
func (m *Machine) revive() {
	o := &m.session.offers
	o.suppressed, o.spent, o.revivedAt = false, false, m.at.Now
	m.do(Revive{Ticket: m.ask(call{kind: callRevive})})
}

// asked follows the answer to REVIVE and SUPPRESS. After a REVIVE that failed
// Mesos may still hold its offers back.
func (o *offers) asked(kind callKind, err error) {
	if err != nil && kind == callRevive {
		o.suppressed = true
	}
}

// inverseOffered agrees to maintenance.
func (m *Machine) inverseOffered(list []scheduler.InverseOffer) {
	ids := make([]string, len(list))
	for i, o := range list {
		ids[i] = o.ID
		m.note(machine.Info, "maintenance planned", nil, machine.Field{Key: "agent", Value: o.AgentID},
			machine.Field{Key: "from", Value: time.Unix(0, o.UnavailableFrom)})
	}
	m.do(AcceptInverse{Ticket: m.ask(call{kind: callAcceptInverse}), OfferIDs: ids})
}
