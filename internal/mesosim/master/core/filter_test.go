package core

import (
	"math"
	"slices"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

const year = 365 * 24 * time.Hour

// 2.3: the limits of refuse_seconds.
func TestRefusal(t *testing.T) {
	for _, c := range []struct {
		seconds float64
		want    time.Duration
	}{
		{0, 0},
		{1e-10, 0},
		{0.5, 500 * time.Millisecond},
		{-1e-9, 5 * time.Second},
		{-1, 5 * time.Second},
		{math.Inf(-1), 5 * time.Second},
		{math.NaN(), 5 * time.Second},
		{year.Seconds(), year},
		{year.Seconds() + 1, year},
		{1e300, year},
		{math.Inf(1), year},
	} {
		if got := refusal(&mesos.Filters{RefuseSeconds: &c.seconds}); got != c.want {
			t.Errorf("%g s: %s, want %s", c.seconds, got, c.want)
		}
	}
	if a, b := refusal(nil), refusal(&mesos.Filters{}); a != 5*time.Second || b != a {
		t.Errorf("none given: %s and %s", a, b)
	}
}

func (w *world) decline(by Subscriber, seconds float64, offers ...mesos.Offer) {
	call := &scheduler.Call_Decline{Filters: &mesos.Filters{RefuseSeconds: &seconds}}
	for _, o := range offers {
		call.OfferIDs = append(call.OfferIDs, o.ID)
	}
	w.m.Decline(w.now, by, call)
	w.drain()
}

// 1.5: DECLINE does not ask whose an offer is. The filter is the owner's, who
// does not learn of it.
func TestDeclineOfAForeignOffer(t *testing.T) {
	w := newWorld(t, Registry{})
	w.agent("s", "", 5051)
	w.subscribe("f", info(""))
	g := w.as(w.subscribe("g", info("")), "g")
	w.decline(g, 3600, w.take("f")...)
	w.pass(time.Second, "s")
	if n := len(w.take("f")); n != 0 || w.count("f", scheduler.Event_RESCIND) != 0 {
		t.Errorf("the owner got %d offers", n)
	}
	if n := len(w.take("g")); n != 1 {
		t.Errorf("the thief got %d offers", n)
	}
}

// 2.3: what was refused of an agent is forgotten when the agent is lost.
func TestFiltersGoWithTheirAgent(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	f := w.as(w.subscribe("f", info("")), "f")
	w.decline(f, 3600, w.take("f")...)
	w.pass(100 * time.Second)
	if _, lost := w.m.registry.Unreachable[aid]; !lost {
		t.Fatal("the agent is not lost")
	}
	w.agent("s'", aid, 5051)
	w.pass(time.Second, "s'")
	if n := len(w.take("f")); n != 1 {
		t.Errorf("%d offers of an agent that is back", n)
	}
}

// 2.3: they stay when it is only away, and go when its attributes are others.
func TestFiltersGoWithTheAttributes(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	f := w.as(w.subscribe("f", info("")), "f")
	w.decline(f, 3600, w.take("f")...)
	w.m.LinkBroken(w.now, "s")
	w.agent("s'", aid, 5051)
	w.pass(time.Second, "s'")
	if n := len(w.take("f")); n != 0 {
		t.Errorf("%d offers of an agent that was away", n)
	}
	a := w.m.agents[aid]
	reg := &link.Register{}
	reg.Agent.Value = a.info
	reg.Agent.Value.ID = &mesos.AgentID{Value: aid}
	reg.Agent.Value.Attributes = []mesos.Attribute{{Name: "rack", Type: mesos.TEXT, Text: &mesos.Value_Text{Value: "r"}}}
	w.m.Register(w.now, "s''", "10.0.0.1", reg)
	w.drain()
	w.pass(time.Second, "s''")
	if n := len(w.take("f")); n != 1 {
		t.Errorf("%d offers of an agent with another attribute", n)
	}
}

// 2.4: the filter of an ACCEPT is for what was offered and is left as it was,
// whatever was made of the rest and used.
func TestLeftoversOfConversions(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	s := w.as(w.subscribe("f", refinedInfo()), "f")
	reserve := func(rs ...mesos.Resource) mesos.Offer_Operation {
		return mesos.Offer_Operation{Type: mesos.Offer_Operation_RESERVE, Reserve: &mesos.Offer_Operation_Reserve{Resources: rs}}
	}
	free := func(rs ...mesos.Resource) mesos.Offer_Operation {
		return mesos.Offer_Operation{Type: mesos.Offer_Operation_UNRESERVE, Unreserve: &mesos.Offer_Operation_Unreserve{Resources: rs}}
	}
	accept := func(refuse float64, ops ...mesos.Offer_Operation) {
		call := &scheduler.Call_Accept{Operations: ops, Filters: &mesos.Filters{RefuseSeconds: &refuse}}
		for _, o := range w.take("f") {
			call.OfferIDs = append(call.OfferIDs, o.ID)
		}
		w.m.Accept(w.now, s, call)
		w.drain()
		w.pass(time.Second, "s")
	}
	accept(0, reserve(reservedCPUs(1)))
	// One is freed and two are used: of the four, two are left, and refused.
	accept(3600, free(reservedCPUs(1)), mesos.Offer_Operation{
		Type: mesos.Offer_Operation_LAUNCH, Launch: &mesos.Offer_Operation_Launch{TaskInfos: []mesos.TaskInfo{taskOf("t", aid, 2)}},
	})
	if o := w.take("f"); len(o) != 0 {
		t.Errorf("offered what was refused: %s", resource.New(o[0].Resources))
	}
}

// 2.5: an agent that is no more offered is not asked back, either.
func TestInverseOffersEndWithOffers(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	f := w.as(w.subscribe("f", info("", pa)), "f")
	w.launch(f, 0, w.take("f"), taskOf("t", aid, 1))
	w.m.registry.Schedule = []Window{{Machines: []mesos.MachineID{{Hostname: new("host"), IP: new("10.0.0.1")}}}}
	w.pass(time.Second, "s")
	if n := w.count("f", scheduler.Event_INVERSE_OFFERS); n != 1 {
		t.Fatalf("%d inverse offers", n)
	}
	w.m.DeactivateAgent(aid)
	w.drain()
	w.pass(5*time.Second, "s")
	if n := w.count("f", scheduler.Event_RESCIND_INVERSE_OFFER); n != 1 {
		t.Errorf("%d inverse offers were rescinded", n)
	}
	if n := w.count("f", scheduler.Event_INVERSE_OFFERS); n != 1 {
		t.Errorf("%d inverse offers, of an agent that is not active", n)
	}
	w.m.ReactivateAgent(aid)
	w.drain()
	if n := w.count("f", scheduler.Event_INVERSE_OFFERS); n != 2 {
		t.Errorf("%d inverse offers after the agent is active again", n)
	}
}

// 1.5: an answer to an inverse offer counts for the framework that it was made
// to.
func TestForeignInverseOffer(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	fid := w.subscribe("f", info("", pa))
	w.launch(w.as(fid, "f"), 3600, w.take("f"), taskOf("t", aid, 1))
	g := w.as(w.subscribe("g", info("", pa)), "g")
	w.m.Suppress(g, nil)
	w.decline(g, 0, w.take("g")...)
	w.m.registry.Schedule = []Window{{Machines: []mesos.MachineID{{Hostname: new("host"), IP: new("10.0.0.1")}}}}
	w.pass(time.Second, "s")
	i := slices.IndexFunc(w.sent["f"], func(e *scheduler.Event) bool { return e.Type == scheduler.Event_INVERSE_OFFERS })
	if i < 0 {
		t.Fatal("no inverse offer")
	}
	w.m.AcceptInverse(w.now, g, &scheduler.Call_AcceptInverseOffers{
		InverseOfferIDs: []mesos.OfferID{w.sent["f"][i].InverseOffers.InverseOffers[0].OfferID}, Filters: &mesos.Filters{RefuseSeconds: new(3600.0)},
	})
	w.pass(5*time.Second, "s")
	if got := w.m.agents[aid].maintenance; len(got) != 1 || got[fid].FrameworkID.Value != fid {
		t.Errorf("answers %+v", got)
	}
	if n := w.count("f", scheduler.Event_INVERSE_OFFERS); n != 1 {
		t.Errorf("%d inverse offers", n)
	}
}

// 2.3: a role that a framework leaves and takes again has no filters, whichever
// call it says so with.
func TestFiltersGoWithTheirRole(t *testing.T) {
	for _, resubscribe := range []bool{false, true} {
		w := newWorld(t, Registry{})
		w.agent("s", "", 5051)
		i := refinedInfo()
		fid := w.subscribe("f", i)
		i.ID = &mesos.FrameworkID{Value: fid}
		stream := "f"
		say := func(roles ...string) {
			t.Helper()
			i.Roles = roles
			if resubscribe {
				stream += "'"
				w.subscribe(stream, i)
			} else if why := w.m.UpdateFramework(w.as(fid, stream), &scheduler.Call_UpdateFramework{FrameworkInfo: i}); why != "" {
				t.Fatal(why)
			}
			w.drain()
		}
		w.decline(w.as(fid, stream), 3600, w.take(stream)...)
		say("r")
		w.pass(time.Second, "s")
		if n := len(w.take(stream)); n != 0 {
			t.Errorf("resubscribe %v: %d offers in the same role", resubscribe, n)
		}
		say()
		say("r")
		w.pass(time.Second, "s")
		if n := len(w.take(stream)); n != 1 {
			t.Errorf("resubscribe %v: %d offers in the role that was left", resubscribe, n)
		}
	}
}

// 2.1: nothing is never offered, even to a role for which anything is enough.
func TestNothingIsNotOffered(t *testing.T) {
	w := newWorld(t, Registry{})
	i := info("")
	i.OfferFilters = map[string]mesos.OfferFilters{"*": {MinAllocatableResources: &mesos.OfferFilters_MinAllocatableResources{}}}
	w.subscribe("f", i)
	reg := &link.Register{}
	reg.Agent.Value = mesos.AgentInfo{Hostname: "host", Resources: []mesos.Resource{reservedCPUs(1)}}
	w.m.Register(w.now, "s", "10.0.0.1", reg)
	w.drain()
	if o := w.take("f"); len(o) != 0 {
		t.Errorf("offered %+v", o)
	}
}
