package core

import (
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
)

// 2.5: asked are the frameworks that are there and have something of a machine
// that is to go: in one event for all its agents, each once, until they answer.
func TestWhoIsAskedForMachines(t *testing.T) {
	w := newWorld(t, Registry{})
	f := w.as(w.subscribe("f", info("", pa)), "f")
	for _, host := range []string{"x", "y", "z"} {
		w.with(host, "cpus:4;mem:2048", "")
	}
	// take launches a task on each of some agents, and refuses what is left.
	take := func(by Subscriber, stream string, hosts ...string) {
		t.Helper()
		offers := w.take(stream)
		if len(offers) != 3 {
			t.Fatalf("%s has %d offers", stream, len(offers))
		}
		for _, o := range offers {
			var tasks []mesos.TaskInfo
			for _, h := range hosts {
				if h == o.Hostname {
					tasks = append(tasks, taskOf(stream+h, o.AgentID.Value, 1))
				}
			}
			w.launch(by, 3600, []mesos.Offer{o}, tasks...)
		}
		w.m.Suppress(by, nil)
		w.pass(time.Second, "x", "y", "z")
	}
	take(f, "f", "x", "y", "z")
	g := w.as(w.subscribe("g", info("", pa)), "g")
	take(g, "g", "y")
	h := w.as(w.subscribe("h", info("", pa)), "h")
	take(h, "h", "z")
	w.report("y", "m-0001", "gy", "m-S1", mesos.TASK_FINISHED, 1) // not acknowledged
	w.m.Disconnected(w.now, "h")
	if why := w.m.UpdateMaintenance(scheduleOf(machine("y", "10.0.0.1"), machine("z", "10.0.0.1"))); why != "" {
		t.Fatal(why)
	}
	w.drain()
	w.pass(10*time.Second, "x", "y", "z")
	var asked [][]mesos.InverseOffer
	for _, e := range w.sent["f"] {
		if e.Type == scheduler.Event_INVERSE_OFFERS {
			asked = append(asked, e.InverseOffers.InverseOffers)
		}
	}
	if len(asked) != 1 || len(asked[0]) != 2 || asked[0][0].GetAgentID().GetValue() != "m-S1" || asked[0][1].GetAgentID().GetValue() != "m-S2" {
		t.Errorf("asked %+v", asked)
	}
	if n := w.count("g", scheduler.Event_INVERSE_OFFERS); n != 0 || len(w.m.inverses) != 2 {
		t.Errorf("%d inverse offers for an ended task, %d in all", n, len(w.m.inverses))
	}
	// An answer for one leaves the other; the answer's filter ends.
	w.m.DeclineInverse(w.now, f, &scheduler.Call_DeclineInverseOffers{
		InverseOfferIDs: []mesos.OfferID{asked[0][0].OfferID, {Value: "unknown"}}, Filters: &mesos.Filters{RefuseSeconds: new(3.0)},
	})
	w.pass(2*time.Second, "x", "y", "z")
	if n := w.count("f", scheduler.Event_INVERSE_OFFERS); n != 1 {
		t.Errorf("asked %d times within the filter", n)
	}
	w.pass(time.Second, "x", "y", "z")
	if n := w.count("f", scheduler.Event_INVERSE_OFFERS); n != 2 || len(w.m.inverses) != 2 {
		t.Errorf("asked %d times after the filter; %d inverse offers", n, len(w.m.inverses))
	}
	w.m.AcceptInverse(w.now, f, &scheduler.Call_AcceptInverseOffers{InverseOfferIDs: []mesos.OfferID{asked[0][1].OfferID}})
	status := w.m.MaintenanceStatus()
	if n := len(status.DrainingMachines); n != 2 || len(status.DrainingMachines[0].Statuses) != 1 || len(status.DrainingMachines[1].Statuses) != 1 ||
		status.DrainingMachines[0].Statuses[0].GetStatus().String() != "DECLINE" || status.DrainingMachines[1].Statuses[0].GetStatus().String() != "ACCEPT" {
		t.Errorf("status %+v", status)
	}
}
