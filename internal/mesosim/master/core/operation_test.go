package core

import (
	"slices"
	"strings"
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

func reservedCPUs(n float64) mesos.Resource {
	role, dynamic := "r", mesos.Resource_ReservationInfo_DYNAMIC
	return mesos.Resource{
		Name: "cpus", Type: mesos.SCALAR.Enum(), Scalar: &mesos.Value_Scalar{Value: n},
		Reservations: []mesos.Resource_ReservationInfo{{Type: &dynamic, Role: &role}},
	}
}

func refinedInfo() mesos.FrameworkInfo {
	i := info("", pa, mesos.FrameworkInfo_Capability_MULTI_ROLE, mesos.FrameworkInfo_Capability_RESERVATION_REFINEMENT)
	i.Roles = []string{"r"}
	return i
}

// 2.4: later operations of an ACCEPT see what earlier ones made; what was
// converted and not used comes back without the call's filter.
func TestReserveAndLaunchInOneAccept(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	fid := w.subscribe("f", refinedInfo())
	s := w.as(fid, "f")
	o := w.take("f")
	run := taskOf("t", aid, 1)
	run.Resources[0] = reservedCPUs(1)
	w.m.Accept(w.now, s, &scheduler.Call_Accept{
		OfferIDs: []mesos.OfferID{o[0].ID}, Filters: &mesos.Filters{RefuseSeconds: new(3600.0)},
		Operations: []mesos.Offer_Operation{
			{Type: mesos.Offer_Operation_RESERVE, ID: &mesos.OperationID{Value: "op"}, Reserve: &mesos.Offer_Operation_Reserve{Resources: []mesos.Resource{reservedCPUs(2)}}},
			{Type: mesos.Offer_Operation_RESERVE, ID: &mesos.OperationID{Value: "too much"}, Reserve: &mesos.Offer_Operation_Reserve{Resources: []mesos.Resource{reservedCPUs(9)}}},
			{Type: mesos.Offer_Operation_LAUNCH, Launch: &mesos.Offer_Operation_Launch{TaskInfos: []mesos.TaskInfo{run}}},
		},
	})
	w.drain()
	if got := w.updates("f"); len(got) != 0 {
		t.Fatalf("the task was refused: %+v", got)
	}
	var failed []mesos.OperationStatus
	for _, e := range w.sent["f"] {
		if e.Type == scheduler.Event_UPDATE_OPERATION_STATUS {
			failed = append(failed, e.UpdateOperationStatus.Status)
		}
	}
	if len(failed) != 1 || failed[0].OperationID.Value != "too much" || failed[0].State != mesos.OPERATION_ERROR || failed[0].UUID != nil {
		t.Errorf("statuses of operations: %+v", failed)
	}
	w.m.OperationEnded("s", &link.Feedback{FrameworkID: fid, OperationID: "op", UUID: make([]byte, 16)})
	w.drain()
	if n := w.count("f", scheduler.Event_UPDATE_OPERATION_STATUS); n != 2 {
		t.Errorf("%d statuses of operations", n)
	}
	w.pass(time.Second, "s")
	o = w.take("f")
	if len(o) != 1 {
		t.Fatalf("%d offers of what was reserved", len(o))
	}
	reserved := resource.New([]mesos.Resource{reservedCPUs(1)})
	if got := resource.New(o[0].Resources); !got.Contains(reserved) {
		t.Errorf("offered %s", got)
	}
}

// What is reserved to a role is not offered to others.
func TestReservedIsNotOfferedToOthers(t *testing.T) {
	w := newWorld(t, Registry{})
	w.agent("s", "", 5051)
	s := w.as(w.subscribe("f", refinedInfo()), "f")
	o := w.take("f")
	w.m.Accept(w.now, s, &scheduler.Call_Accept{
		OfferIDs: []mesos.OfferID{o[0].ID},
		Operations: []mesos.Offer_Operation{
			{Type: mesos.Offer_Operation_RESERVE, Reserve: &mesos.Offer_Operation_Reserve{Resources: []mesos.Resource{reservedCPUs(3)}}},
		},
	})
	w.m.Suppress(s, nil)
	w.drain()
	w.subscribe("g", info("", pa))
	o = w.take("g")
	if len(o) != 1 || resource.New(o[0].Resources).Scalar("cpus") != 1000 {
		t.Errorf("offered to another role: %+v", o)
	}
}

// 2.5: offers carry the unavailability, holders are asked once, and again after
// their filter.
func TestMaintenance(t *testing.T) {
	w := newWorld(t, Registry{})
	w.agent("s", "", 5051)
	s := w.as(w.subscribe("f", info("", pa)), "f")
	w.take("f")
	schedule := []Window{{
		Machines:       []mesos.MachineID{{Hostname: new("host"), IP: new("10.0.0.1")}},
		Unavailability: mesos.Unavailability{Start: mesos.TimeInfo{Nanoseconds: 1}},
	}}
	sched := w.m.Maintenance()
	if len(sched.Windows) != 0 {
		t.Fatal("a schedule from nowhere")
	}
	w.m.registry.Schedule = schedule
	w.m.UpdateMaintenance(w.m.Maintenance())
	w.drain()
	if w.count("f", scheduler.Event_RESCIND) != 1 {
		t.Error("offers are not rescinded")
	}
	if o := w.take("f"); len(o) != 1 || o[0].Unavailability == nil {
		t.Errorf("offers: %+v", o)
	}
	w.pass(5*time.Second, "s")
	if n := w.count("f", scheduler.Event_INVERSE_OFFERS); n != 1 {
		t.Fatalf("%d inverse offers", n)
	}
	var id mesos.OfferID
	for _, e := range w.sent["f"] {
		if e.Type == scheduler.Event_INVERSE_OFFERS {
			id = e.InverseOffers.InverseOffers[0].OfferID
		}
	}
	w.m.DeclineInverse(w.now, s, &scheduler.Call_DeclineInverseOffers{InverseOfferIDs: []mesos.OfferID{id}})
	w.pass(4*time.Second, "s")
	if n := w.count("f", scheduler.Event_INVERSE_OFFERS); n != 1 {
		t.Errorf("asked again within 5 s")
	}
	w.pass(2*time.Second, "s")
	if n := w.count("f", scheduler.Event_INVERSE_OFFERS); n != 2 {
		t.Errorf("not asked again after 5 s")
	}
	if why := w.m.StartMaintenance(w.now, []mesos.MachineID{{Hostname: new("other")}}); why == "" {
		t.Error("a machine that is not scheduled went down")
	}
	if why := w.m.StartMaintenance(w.now, schedule[0].Machines); why != "" {
		t.Error(why)
	}
	w.drain()
	if len(w.m.agents) != 0 || w.count("f", scheduler.Event_FAILURE) != 1 {
		t.Error("the agent of a machine that is down is still there")
	}
	if id := w.agent("s'", "", 5051); id != "" {
		t.Error("an agent of a machine that is down registered")
	}
}

// 5.3: a drain ends when all is acknowledged; with mark_gone, so does the agent.
func TestDrain(t *testing.T) {
	for _, gone := range []bool{false, true} {
		w := newWorld(t, Registry{})
		aid := w.agent("s", "", 5051)
		fid := w.subscribe("f", info("", pa))
		s := w.as(fid, "f")
		w.launch(s, 0, w.take("f"), taskOf("t", aid, 1))
		w.pass(time.Second, "s")
		for id, want := range map[string]string{aid: "", "nobody": "Unknown agent"} {
			if why := w.m.DrainAgent(w.now, id, -1, gone); why != want {
				t.Errorf("%s: %q", id, why)
			}
		}
		if why := w.m.ReactivateAgent(aid); why != "Agent is still in the DRAINING state" {
			t.Errorf("reactivated: %q", why)
		}
		w.drain()
		if w.count("f", scheduler.Event_RESCIND) != 1 {
			t.Error("offers are not rescinded")
		}
		w.take("f")
		w.pass(2*time.Second, "s")
		if len(w.take("f")) != 0 {
			t.Error("a draining agent is offered")
		}
		uuid := w.report("s", fid, "t", aid, mesos.TASK_KILLED, 3)
		w.m.Acknowledge(w.now, s, &scheduler.Call_Acknowledge{AgentID: mesos.AgentID{Value: aid}, TaskID: mesos.TaskID{Value: "t"}, UUID: uuid})
		w.drain()
		if gone {
			if _, is := w.m.registry.Gone[aid]; !is || w.count("f", scheduler.Event_FAILURE) != 1 {
				t.Error("the agent is not gone")
			}
			continue
		}
		if a := w.m.agents[aid]; !a.drain.Drained {
			t.Error("the agent is not drained")
		}
		if why := w.m.ReactivateAgent(aid); why != "" {
			t.Error(why)
		}
		if why := w.m.ReactivateAgent(aid); why != "Agent is not deactivated" {
			t.Errorf("reactivated twice: %q", why)
		}
		w.drain()
		if len(w.take("f")) != 1 {
			t.Error("a reactivated agent is not offered")
		}
	}
}

// 2.1: a role's own least offer.
func TestMinAllocatable(t *testing.T) {
	w := newWorld(t, Registry{})
	w.agent("s", "", 5051)
	i := info("", pa)
	least := func(cpus float64) {
		i.OfferFilters = map[string]mesos.OfferFilters{"*": {MinAllocatableResources: &mesos.OfferFilters_MinAllocatableResources{
			Quantities: []mesos.OfferFilters_ResourceQuantities{{Quantities: map[string]mesos.Value_Scalar{"cpus": {Value: cpus}}}},
		}}}
	}
	least(5)
	w.subscribe("f", i)
	if len(w.take("f")) != 0 {
		t.Error("offered less than the least")
	}
	least(4)
	w.subscribe("g", i)
	if len(w.take("g")) != 1 {
		t.Error("not offered the least")
	}
}

// 2.4, step 3: what is malformed is answered first, wherever it is in the call.
func TestMalformedOperationsAreAnsweredFirst(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	s := w.as(w.subscribe("f", refinedInfo()), "f")
	much, negative, fine := taskOf("much", aid, 1000), taskOf("negative", aid, -1), taskOf("fine", aid, 1)
	launch := func(tasks ...mesos.TaskInfo) mesos.Offer_Operation {
		return mesos.Offer_Operation{Type: mesos.Offer_Operation_LAUNCH, Launch: &mesos.Offer_Operation_Launch{TaskInfos: tasks}}
	}
	named := launch(fine)
	named.ID = &mesos.OperationID{Value: "op"}
	w.m.Accept(w.now, s, &scheduler.Call_Accept{
		OfferIDs: []mesos.OfferID{w.take("f")[0].ID},
		Operations: []mesos.Offer_Operation{
			launch(much), launch(negative, fine), named,
			{
				Type: mesos.Offer_Operation_RESERVE, ID: &mesos.OperationID{Value: "op"},
				Reserve: &mesos.Offer_Operation_Reserve{Resources: []mesos.Resource{reservedCPUs(-1)}},
			},
		},
	})
	w.drain()
	var got []string
	for _, u := range w.updates("f") {
		got = append(got, u.TaskID.Value+": "+u.GetMessage())
	}
	fault, id := "Resource 'cpus:-1' is invalid: Invalid scalar resource: value <= 0", "The `id` field cannot be set on LAUNCH operations"
	want := []string{"negative: " + fault, "fine: " + fault, "fine: " + id, "much: "}
	if len(got) != len(want) || !slices.Equal(got[:3], want[:3]) || !strings.HasPrefix(got[3], want[3]) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := w.count("f", scheduler.Event_UPDATE_OPERATION_STATUS); n != 1 {
		t.Errorf("%d statuses of operations", n)
	}
}
