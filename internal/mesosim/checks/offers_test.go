package checks_test

import (
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"

	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/testwait"
)

func TestCheck32Filters(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) { o.AllocationInterval = time.Second })
	startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info())
	o := f.offer()
	f.decline(refuse(0), o)
	p := f.offer()
	if idOf(o) == idOf(p) || agentOf(o) != agentOf(p) {
		t.Errorf("offered again as %v", p)
	}
	for _, filters := range []object{nil, refuse(-3)} { // both mean five seconds
		at := time.Now()
		f.decline(filters, p)
		p = f.offer()
		if gap := time.Since(at); gap < 5*time.Second || gap > testwait.Patience/2 {
			t.Errorf("declined with %v: offered again after %s", filters, gap)
		}
	}
	f.decline(refuse(1e9), p)
	time.Sleep(6 * time.Second)
	f.quiet("DECLINE")
	if len(f.offers) > 0 {
		t.Fatal("offered in spite of a long filter")
	}
	f.call("REVIVE", nil)
	f.offer()
}

// What has offers made at once, and what waits for the next allocation, which is
// an hour away here (2.1).
func TestImmediateAllocations(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) { o.AllocationInterval = time.Hour })
	f := subscribe(t, m.addr, with(info("MULTI_ROLE"), "roles", list{"a"}))
	startAgent(t, m, simulated, func(o *agentOptions) { o.Hostname = "one" }) // an agent is added
	o := f.offer()
	f.decline(refuse(0), o)
	f.unoffered("DECLINE")
	f.call("REVIVE", nil)
	p := f.offer()
	f.run("t", p)
	f.unoffered("leftovers")
	f.kill("t", agentOf(p), nil)
	f.expect("t", "TASK_KILLED")
	f.unoffered("the end of a task")
	f.try("UPDATE_FRAMEWORK", object{"framework_info": with(f.info, "roles", list{"a", "b"})}).is(t, "a new role", 200, "")
	f.unoffered("UPDATE_FRAMEWORK")
	f.call("SUPPRESS", nil)
	g := subscribe(t, m.addr, info()) // a framework is activated
	g.offer()
	operate(t, m.addr, "UPDATE_MAINTENANCE_SCHEDULE", maintain(object{"hostname": "one", "ip": "127.0.0.1"}))
	g.wait("RESCIND")
	q := g.offer() // unavailability changed
	if q["unavailability"] == nil {
		t.Errorf("offer %v", q)
	}
}

// A filter stops offers that are part of what was refused, and no others (2.3).
func TestFilterIsASubset(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := f.offer()
	f.run("t", o, "resources", list{scalar("cpus", 1), scalar("mem", 100)})
	p := f.offer()
	if got := cpus(p); got != 3 {
		t.Fatalf("%v cpus are left", got)
	}
	f.decline(refuse(3600), p)
	f.unoffered("what was refused")
	f.kill("t", agentOf(o), nil)
	f.expect("t", "TASK_KILLED")
	q := f.offer() // more than was refused
	if got := cpus(q); got != 4 {
		t.Errorf("%v cpus are offered", got)
	}
	f.run("u", q)
	r := f.offer() // less than all, but more than was refused
	if got := cpus(r); got != 3.9 {
		t.Errorf("%v cpus are offered", got)
	}
}

// What an ACCEPT does not use is filtered for five seconds unless told (2.4).
func TestLeftoversAreFiltered(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := f.offer()
	at := time.Now()
	f.accept(list{launchOf(task("t", o, "sleep 1000"))}, nil, idsOf(o))
	f.expect("t", "TASK_STARTING", "TASK_RUNNING")
	p := f.offer()
	if gap := time.Since(at); gap < 5*time.Second {
		t.Errorf("leftovers came back after %s", gap)
	}
	f.decline(refuse(3600), p)
	// Nothing to do is a decline.
	for _, ops := range []list{{}, {launchOf()}, {object{"type": "NO_SUCH_OPERATION"}}} {
		f.call("REVIVE", nil)
		p := f.offer()
		f.accept(ops, refuse(3600), idsOf(p))
		f.unoffered("an ACCEPT that does nothing")
	}
}

func TestCheck35SeveralOffersOfOneAgent(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := f.offer()
	f.run("t", o, "resources", list{scalar("cpus", 2), scalar("mem", 512)})
	a := f.offer()
	f.kill("t", agentOf(o), nil)
	f.expect("t", "TASK_KILLED")
	b := f.offer()
	if got := cpus(b); got != 2 {
		t.Fatalf("second offer has %v cpus", got)
	}
	f.accept(list{launchOf(task("sum", o, "sleep 1000", "resources", list{scalar("cpus", 4), scalar("mem", 2048)}))}, nil, idsOf(a, b))
	f.expect("sum", "TASK_STARTING", "TASK_RUNNING")
}

func TestCheck38OffersOfTwoAgents(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	startAgent(t, m, simulated)
	startAgent(t, m, simulated)
	f := subscribe(t, m.addr, info("PARTITION_AWARE"))
	a, b := f.offer(), f.offer()
	f.accept(list{launchOf(task("t", a, "sleep 1000"))}, refuse(3600), idsOf(a, b))
	s := f.status()
	x, y := agentOf(b), agentOf(a)
	match(t, "status", s, object{
		"state": "TASK_DROPPED", "source": "SOURCE_MASTER", "reason": "REASON_INVALID_OFFERS", "uuid": nil, "executor_id": nil,
		"agent_id.value": y, "message": "Task launched with invalid offers: Aggregated offers must belong to one single agent. Offer " +
			idOf(b) + " uses agent " + x + " and agent " + y,
	})
	c, d := f.offer(), f.offer() // both, in spite of the filter
	if agentOf(c) == agentOf(d) {
		t.Error("offered one agent twice")
	}
}

func TestCheck41TwoFrameworks(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated)
	o := f.offer()
	g := subscribe(t, f.addr, info())
	g.unoffered("the first one holds all")
	f.decline(refuse(60), o)
	p := g.offer()
	if got := cpus(p); got != 4 {
		t.Errorf("%v cpus", got)
	}
	g.decline(refuse(0), p)
	g.offer()
	f.quiet("the first one's filter")
	if len(f.offers) > 0 {
		t.Error("the filter of one was that of the other")
	}
}

// Agents are split among frameworks by their shares (2.1).
func TestAgentsAreSplit(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	f, g := subscribe(t, m.addr, info()), subscribe(t, m.addr, info())
	for range 4 {
		startAgent(t, m, simulated)
	}
	f.offer()
	f.offer()
	g.offer()
	g.offer()
}

// Of frameworks with equal shares, the one that was offered something less often
// comes first (2.1).
func TestEqualSharesTakeTurns(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	startAgent(t, m, simulated)
	f, g := subscribe(t, m.addr, info()), subscribe(t, m.addr, info())
	for range 3 {
		f.decline(refuse(0), f.offer())
		g.decline(refuse(0), g.offer())
	}
}

func TestCheck44Maintenance(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	startAgent(t, m, simulated, func(o *agentOptions) { o.Hostname = "one" })
	startAgent(t, m, simulated, func(o *agentOptions) { o.Hostname = "two" })
	f := subscribe(t, m.addr, info())
	a, b := f.offer(), f.offer()
	start := time.Now().Add(time.Hour).UnixNano()
	schedule := object{"windows": list{object{
		"machine_ids": list{object{"hostname": "one", "ip": "127.0.0.1"}}, "unavailability": object{"start": object{"nanoseconds": start}},
	}}}
	operate(t, m.addr, "UPDATE_MAINTENANCE_SCHEDULE", object{"schedule": schedule})
	rescinded := map[string]bool{}
	for range 2 {
		rescinded[text(f.wait("RESCIND"), "rescind.offer_id.value")] = true
	}
	if !rescinded[idOf(a)] || !rescinded[idOf(b)] {
		t.Errorf("rescinded %v", rescinded)
	}
	f.offers = nil
	e := f.wait("INVERSE_OFFERS")
	inverse := items(e, "inverse_offers.inverse_offers")
	if len(inverse) != 1 {
		t.Fatalf("%v", e)
	}
	scheduled := a
	if text(a, "hostname") != "one" {
		scheduled = b
	}
	match(t, "inverse offer", inverse[0], object{
		"framework_id.value": f.id, "agent_id": scheduled["agent_id"], "url": scheduled["url"], "resources": nil,
		"unavailability.start.nanoseconds": float64(start),
	})
	for range 2 {
		o := f.offer()
		if has := o["unavailability"] != nil; has != (text(o, "hostname") == "one") {
			t.Errorf("offer %v", o)
		}
	}
	status := operate(t, m.addr, "GET_MAINTENANCE_STATUS", nil)
	match(t, "status", status, object{"get_maintenance_status.status.draining_machines.0.id.hostname": "one"})

	f.call("DECLINE_INVERSE_OFFERS", object{"inverse_offer_ids": list{at(inverse[0], "id")}, "filters": refuse(0)})
	again := at(f.wait("INVERSE_OFFERS"), "inverse_offers.inverse_offers.0")
	f.call("ACCEPT_INVERSE_OFFERS", object{"inverse_offer_ids": list{at(again, "id"), object{"value": "unknown"}}, "filters": refuse(3600)})
	f.unoffered("an accepted inverse offer")
	status = operate(t, m.addr, "GET_MAINTENANCE_STATUS", nil)
	match(t, "status", status, object{
		"get_maintenance_status.status.draining_machines.0.statuses.0.status":             "ACCEPT",
		"get_maintenance_status.status.draining_machines.0.statuses.0.framework_id.value": f.id,
	})
	f.call("REVIVE", nil) // drops the filters of inverse offers, too
	f.wait("INVERSE_OFFERS")
}

// A machine that is taken down takes its agents with it (2.5).
func TestMachineDown(t *testing.T) {
	t.Parallel()
	f := solo(t, info("PARTITION_AWARE"), simulated, func(o *agentOptions) { o.Hostname = "one" })
	o := f.offer()
	f.run("t", o)
	machine := object{"hostname": "one", "ip": "127.0.0.1"}
	window := object{"machine_ids": list{machine}, "unavailability": object{"start": object{"nanoseconds": 1}}}
	f.offer()
	post := func(path string, body any) answer { return ask(t, "POST", f.addr, path, jsonHeaders(), body) }
	if a := post("/machine/down", list{machine}); a.status != 400 {
		t.Errorf("a machine without a schedule: %d %q", a.status, a.body)
	}
	post("/maintenance/schedule", object{"windows": list{window}}).is(t, "schedule", 200, "")
	f.wait("RESCIND")
	f.wait("INVERSE_OFFERS")
	f.offer()
	post("/machine/down", list{machine}).is(t, "down", 200, "")
	match(t, "status", f.status(), object{
		"state": "TASK_LOST", "reason": "REASON_AGENT_REMOVED", "source": "SOURCE_MASTER", "uuid": nil,
		"message": "Agent one removed: Operator initiated 'Machine DOWN'",
	})
	var kinds []any
	for len(kinds) == 0 || kinds[len(kinds)-1] != "FAILURE" {
		if e := f.next(); e["type"] != "HEARTBEAT" {
			kinds = append(kinds, e["type"])
		}
	}
	match(t, "reconciled", f.reconcile("t", agentOf(o)), object{"state": "TASK_UNKNOWN"})
	status := f.operate("GET_MAINTENANCE_STATUS", nil)
	match(t, "status", status, object{"get_maintenance_status.status.down_machines.0.hostname": "one"})
	post("/machine/up", list{machine}).is(t, "up", 200, "")
	if a := get(t, f.addr, "/maintenance/schedule"); a.status != 200 || len(items(a.json(t), "windows")) > 0 {
		t.Errorf("schedule %d %q", a.status, a.body)
	}
}

func TestCheck98ForeignOffer(t *testing.T) {
	t.Parallel()
	f := solo(t, info("PARTITION_AWARE"), simulated)
	o := f.offer()
	g := subscribe(t, f.addr, info("PARTITION_AWARE"))
	g.accept(list{launchOf(task("g", o, "sleep 1000"))}, refuse(3600), idsOf(o))
	const prefix = "Task launched with invalid offers: Offer "
	match(t, "thief", g.status(), object{
		"state": "TASK_DROPPED", "reason": "REASON_INVALID_OFFERS", "uuid": nil,
		"message": prefix + idOf(o) + " has invalid framework " + f.id + " while framework " + g.id + " is expected",
	})
	f.accept(list{launchOf(task("f", o, "sleep 1000"))}, nil, idsOf(o))
	match(t, "owner", f.status(), object{
		"state": "TASK_DROPPED", "reason": "REASON_INVALID_OFFERS", "message": prefix + idOf(o) + " is no longer valid",
	})
	f.quiet("no RESCIND")
}

// The faults of the offers of an ACCEPT, and what other operations get (2.4).
func TestInvalidOffers(t *testing.T) {
	t.Parallel()
	f := solo(t, with(info("MULTI_ROLE"), "roles", list{"a", "b"}), simulated)
	o := f.offer()
	reserve := object{"type": "RESERVE", "id": object{"value": "op"}, "reserve": object{"resources": list{}}}
	silent := object{"type": "RESERVE", "reserve": object{"resources": list{}}}
	group := object{"type": "LAUNCH_GROUP", "launch_group": object{
		"executor": object{"type": "DEFAULT", "executor_id": object{"value": "x"}}, "task_group": object{"tasks": list{task("g", o, "x")}},
	}}
	f.accept(list{launchOf(task("t", o, "x"), task("u", o, "x")), reserve, silent, group}, nil, list{o["id"], o["id"]})
	why := "Duplicate offer " + idOf(o) + " in offer list"
	for _, id := range []string{"t", "u"} {
		match(t, id, f.status(), object{
			"task_id.value": id, "state": "TASK_LOST", "reason": "REASON_INVALID_OFFERS", "message": "Task launched with invalid offers: " + why,
		})
	}
	match(t, "operation", f.wait("UPDATE_OPERATION_STATUS"), object{
		"update_operation_status.status.state": "OPERATION_ERROR", "update_operation_status.status.operation_id.value": "op",
		"update_operation_status.status.message": "Operation attempted with invalid offers: " + why,
		"update_operation_status.status.uuid":    nil, "update_operation_status.status.agent_id": nil,
	})
	match(t, "group", f.status(), object{"task_id.value": "g", "state": "TASK_LOST", "reason": "REASON_INVALID_OFFERS"})
	f.quiet("the rest")
}

// Offers of different roles cannot be accepted together (2.4).
func TestOffersOfTwoRoles(t *testing.T) {
	t.Parallel()
	f := solo(t, with(info("MULTI_ROLE"), "roles", list{"a", "b"}), simulated)
	o := f.offer()
	f.run("t", o, "resources", list{scalar("cpus", 2), scalar("mem", 1024)})
	p := f.offer()
	role, other := text(p, "allocation_info.role"), "a"
	if role == "a" {
		other = "b"
	}
	f.call("SUPPRESS", object{"roles": list{role}})
	f.kill("t", agentOf(o), nil)
	f.expect("t", "TASK_KILLED")
	q := f.offer()
	match(t, "second offer", q, object{"allocation_info.role": other})
	f.accept(list{launchOf(task("u", o, "x"))}, nil, idsOf(p, q))
	match(t, "status", f.status(), object{
		"message": "Task launched with invalid offers: Aggregated offers must be allocated to the same role. Offer " +
			idOf(q) + " uses role '" + other + " but another is using role '" + role,
	})
}

// Roles that are not the framework's, and calls about what is not there, are
// dropped without a word (1.5).
func TestSilentDrops(t *testing.T) {
	t.Parallel()
	f := solo(t, with(info("MULTI_ROLE"), "roles", list{"a"}), simulated)
	o := f.offer()
	agentID := o["agent_id"]
	nobody := object{"value": "nobody"}
	f.decline(refuse(3600), o)
	v4 := "AQIDBAUGQAiAAQIDBAUGBw=="
	f.call("REVIVE", object{"roles": list{"a", "x"}})
	f.call("REVIVE", object{"roles": list{"*"}})
	f.call("DECLINE", object{"offer_ids": list{object{"value": "no"}, o["id"]}})
	f.call("ACCEPT_INVERSE_OFFERS", object{"inverse_offer_ids": list{object{"value": "no"}}})
	f.call("DECLINE_INVERSE_OFFERS", object{"inverse_offer_ids": list{object{"value": "no"}}})
	f.call("SHUTDOWN", object{"executor_id": object{"value": "x"}, "agent_id": nobody})
	f.call("SHUTDOWN", object{"executor_id": object{"value": "x"}, "agent_id": agentID})
	f.call("ACKNOWLEDGE", object{"agent_id": nobody, "task_id": object{"value": "t"}, "uuid": v4})
	f.call("ACKNOWLEDGE", object{"agent_id": agentID, "task_id": object{"value": "t"}, "uuid": v4})
	f.call("ACKNOWLEDGE_OPERATION_STATUS", object{"agent_id": nobody, "operation_id": object{"value": "o"}, "uuid": v4})
	f.call("ACKNOWLEDGE_OPERATION_STATUS", object{"agent_id": agentID, "operation_id": object{"value": "o"}, "uuid": v4})
	f.call("MESSAGE", object{"agent_id": agentID, "executor_id": object{"value": "x"}, "data": "eA=="})
	f.call("REQUEST", object{"requests": list{}})
	f.call("RECONCILE_OPERATIONS", object{})
	f.call("RECONCILE", object{})
	f.unoffered("calls about nothing")
	f.call("SUPPRESS", object{"roles": list{"a", "x"}}) // dropped: the role stays
	f.call("REVIVE", object{"roles": list{"a"}})
	p := f.offer()
	f.call("SUPPRESS", nil)
	f.run("t", p)              // offers that are out stay valid
	f.kill("t", "nobody", nil) // a wrong agent
	f.unoffered("a wrong agent, a suppressed role")
}

// An offer may be smaller than the flag says only if nothing of it is enough
// (2.1).
func TestMinAllocatable(t *testing.T) {
	t.Parallel()
	m := startMaster(t)
	startAgent(t, m, simulated, offering(t, "cpus:0.001;mem:31;ports:[1-2]"))
	f := subscribe(t, m.addr, info())
	f.unoffered("too little of all")
	startAgent(t, m, simulated, offering(t, "cpus:0.001;mem:32"))
	f.offer()
	startAgent(t, m, simulated, offering(t, "cpus:0.01;mem:1"))
	f.offer()
	filters := object{"*": object{"min_allocatable_resources": object{"quantities": list{object{"quantities": object{"cpus": object{"value": 9}}}}}}}
	g := subscribe(t, m.addr, with(info(), "offer_filters", filters))
	startAgent(t, m, simulated, offering(t, "cpus:8;mem:64"))
	g.unoffered("less than its own minimum")
	startAgent(t, m, simulated, offering(t, "cpus:9"))
	for {
		o := g.offer()
		if cpus(o) == 9 {
			break
		}
		t.Fatalf("offered %v", o)
	}
}

// The least that is offered is a flag of the master (2.1).
func TestMinAllocatableFlag(t *testing.T) {
	t.Parallel()
	least := func(text string) resource.Set {
		rs, err := resource.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return resource.New(rs)
	}
	m := startMaster(t, func(o *master.Options) { o.MinAllocatable = []resource.Set{least("cpus:2;mem:64"), least("disk:10")} })
	f := subscribe(t, m.addr, info())
	startAgent(t, m, simulated, offering(t, "cpus:2;mem:63;disk:9"))
	f.unoffered("less than either")
	startAgent(t, m, simulated, offering(t, "cpus:2;mem:64"))
	f.offer()
	startAgent(t, m, simulated, offering(t, "disk:10"))
	f.offer()
}

// Agents with gpus are for frameworks that know gpus (1.7).
func TestGPUs(t *testing.T) {
	t.Parallel()
	f := solo(t, info(), simulated, offering(t, "cpus:1;mem:64;gpus:1"))
	f.unoffered("gpus")
	g := subscribe(t, f.addr, info("GPU_RESOURCES"))
	g.offer()
}

// Agents of other regions are for frameworks that know regions (1.7).
func TestRegions(t *testing.T) {
	t.Parallel()
	domain := func(region string) *mesos.DomainInfo {
		return &mesos.DomainInfo{FaultDomain: &mesos.DomainInfo_FaultDomain{
			Region: mesos.DomainInfo_FaultDomain_RegionInfo{Name: region}, Zone: mesos.DomainInfo_FaultDomain_ZoneInfo{Name: "z"},
		}}
	}
	m := startMaster(t, func(o *master.Options) { o.Domain = domain("here") })
	startAgent(t, m, simulated, func(o *agentOptions) { o.Domain = domain("there") })
	f := subscribe(t, m.addr, info())
	f.unoffered("another region")
	g := subscribe(t, m.addr, info("REGION_AWARE"))
	match(t, "offer", g.offer(), object{"domain.fault_domain.region.name": "there", "domain.fault_domain.zone.name": "z"})
	startAgent(t, m, simulated, func(o *agentOptions) { o.Domain = domain("here") })
	g.call("SUPPRESS", nil)
	startAgent(t, m, simulated)
	f.offer()
	f.offer()
}

// An inverse offer expires like an offer (2.3).
func TestOfferTimeoutOfInverseOffers(t *testing.T) {
	t.Parallel()
	m := startMaster(t, func(o *master.Options) { o.OfferTimeout = 500 * time.Millisecond })
	startAgent(t, m, simulated, func(o *agentOptions) { o.Hostname = "one" })
	f := subscribe(t, m.addr, info())
	f.offer()
	operate(t, m.addr, "UPDATE_MAINTENANCE_SCHEDULE", maintain(object{"hostname": "one", "ip": "127.0.0.1"}))
	seen := map[any]int{}
	for seen["RESCIND_INVERSE_OFFER"] == 0 || seen["INVERSE_OFFERS"] < 2 || seen["RESCIND"] < 2 {
		seen[f.next()["type"]]++
	}
}
