package core

import (
	"testing"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"

	"github.com/milosgajdos/taurus/internal/mesosim/link"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
)

// with registers an agent that has certain resources and is in a region.
func (w *world) with(session, resources, region string) {
	w.t.Helper()
	rs, err := resource.Parse(resources)
	if err != nil {
		w.t.Fatal(err)
	}
	reg, port := &link.Register{}, int32(len(w.m.agents)+1)
	reg.Agent.Value = mesos.AgentInfo{Hostname: session, Port: &port, Resources: rs, Domain: domain(region)}
	w.m.Register(w.now, session, "10.0.0.1", reg)
	w.drain()
}

func domain(region string) *mesos.DomainInfo {
	if region == "" {
		return nil
	}
	return &mesos.DomainInfo{FaultDomain: &mesos.DomainInfo_FaultDomain{Region: mesos.DomainInfo_FaultDomain_RegionInfo{Name: region}}}
}

// 1.7, 2.1: who is offered what agents.
func TestWhoIsOffered(t *testing.T) {
	const gpus, regions = mesos.FrameworkInfo_Capability_GPU_RESOURCES, mesos.FrameworkInfo_Capability_REGION_AWARE
	for _, c := range []struct {
		resources, region, here string
		needs                   mesos.FrameworkInfo_Capability_Type // to be offered the agent
		never                   bool
	}{
		{resources: "cpus:1;mem:64"},
		{resources: "cpus:1;mem:64;gpus:1", needs: gpus},
		{resources: "cpus:1", region: "there", here: "here", needs: regions},
		{resources: "cpus:1", region: "here", here: "here"},
		{resources: "cpus:1", here: "here"},
		{resources: "cpus:1", region: "there"},
		{resources: "cpus:0.01"},
		{resources: "mem:32"},
		{resources: "cpus:0.009;mem:31.999;ports:[1-9]", never: true},
	} {
		for _, capability := range []mesos.FrameworkInfo_Capability_Type{pa, gpus, regions} {
			w := newWorld(t, Registry{})
			w.m.cfg.Info.Domain = domain(c.here)
			w.subscribe("f", info("", capability))
			w.with("s", c.resources, c.region)
			want := !c.never && (c.needs == 0 || c.needs == capability)
			if got := len(w.take("f")) == 1; got != want {
				t.Errorf("%+v, with %s: offered %v", c, capability, got)
			}
		}
	}
}

// 2.1: the flag of the master says what is enough, each of its lists in full.
func TestLeastOfTheMaster(t *testing.T) {
	for _, c := range []struct {
		resources string
		want      bool
	}{
		{"cpus:2;mem:64", true},
		{"cpus:2;mem:63", false},
		{"cpus:1.999;mem:64", false},
		{"disk:10", true},
		{"disk:9;cpus:1;mem:1000", false},
	} {
		w := newWorld(t, Registry{})
		for _, text := range []string{"cpus:2;mem:64", "disk:10"} {
			rs, err := resource.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			w.m.cfg.MinAllocatable = append(w.m.cfg.MinAllocatable, resource.New(rs))
		}
		w.subscribe("f", info(""))
		w.with("s", c.resources, "")
		if got := len(w.take("f")) == 1; got != c.want {
			t.Errorf("%s: offered %v", c.resources, got)
		}
	}
}

// A framework that is away is offered nothing, those after it are.
func TestAbsentFrameworks(t *testing.T) {
	w := newWorld(t, Registry{})
	w.subscribe("f", info(""))
	w.subscribe("g", info(""))
	w.m.Disconnected(w.now, "f")
	w.with("s", "cpus:1", "")
	if n := len(w.take("f")); n != 0 || len(w.take("g")) != 1 {
		t.Errorf("%d offers for the one that is away", n)
	}
	w.pass(time.Second, "s")
	w.m.Disconnected(w.now, "f")
	w.drain()
	w.pass(time.Second, "s")
	if n := len(w.m.offers); n != 1 {
		t.Errorf("%d offers are out", n)
	}
}

// An agent that is not active does not keep others from being offered.
func TestInactiveAgents(t *testing.T) {
	w := newWorld(t, Registry{})
	var ids []string
	for i, s := range []string{"a", "b", "c"} {
		ids = append(ids, w.agent(s, "", 5051+int32(i)))
	}
	w.m.DeactivateAgent(ids[0])
	w.m.LinkBroken(w.now, "b")
	w.subscribe("f", info(""))
	if o := w.take("f"); len(o) != 1 || o[0].AgentID.Value != ids[2] {
		t.Errorf("offers %+v", o)
	}
}

// 2.3: offers and inverse offers that are too old are taken back; without the flag
// they never are.
func TestOfferTimeout(t *testing.T) {
	for _, timeout := range []time.Duration{0, 3 * time.Second} {
		w := newWorld(t, Registry{})
		w.m.cfg.OfferTimeout = timeout
		w.agent("s", "", 5051)
		w.m.UpdateMaintenance(scheduleOf(machine("host", "10.0.0.1")))
		w.subscribe("f", info(""))
		w.take("f")
		w.pass(2*time.Second, "s")
		if w.count("f", scheduler.Event_RESCIND) != 0 || w.count("f", scheduler.Event_RESCIND_INVERSE_OFFER) != 0 {
			t.Errorf("timeout %s: rescinded after 2 s", timeout)
		}
		w.pass(time.Second, "s")
		want := 0
		if timeout > 0 {
			want = 1
		}
		if a, b := w.count("f", scheduler.Event_RESCIND), w.count("f", scheduler.Event_RESCIND_INVERSE_OFFER); a != want || b != want {
			t.Errorf("timeout %s: %d and %d were rescinded", timeout, a, b)
		}
		w.pass(time.Second, "s")
		if n := len(w.take("f")); n != want {
			t.Errorf("timeout %s: %d new offers", timeout, n)
		}
		w.pass(time.Hour, "s")
		if timeout == 0 && w.count("f", scheduler.Event_RESCIND) != 0 {
			t.Error("rescinded without a timeout")
		}
	}
}

// 2.3: zero is no filter at all, which shows when something else makes the master
// allocate at once.
func TestNoFilter(t *testing.T) {
	w := newWorld(t, Registry{})
	w.agent("s", "", 5051)
	f := w.as(w.subscribe("f", info("")), "f")
	for seconds, want := range map[float64]int{0: 1, 0.1: 0} {
		w.decline(f, seconds, w.take("f")...)
		w.subscribe("g", info(""), "*")
		if n := len(w.take("f")); n != want {
			t.Errorf("%g s: %d offers", seconds, n)
		}
		w.m.Disconnected(w.now, "g")
		w.pass(time.Second, "s")
	}
}

// 2.3: of several filters each ends for itself.
func TestSeveralFilters(t *testing.T) {
	w := newWorld(t, Registry{})
	aid := w.agent("s", "", 5051)
	f := w.as(w.subscribe("f", info("")), "f")
	w.decline(f, 10, w.take("f")...) // all
	w.pass(10*time.Second, "s")
	w.launch(f, 20, w.take("f"), taskOf("t", aid, 1)) // all but one
	w.pass(19*time.Second, "s")
	if n := len(w.take("f")); n != 0 {
		t.Fatalf("%d offers within the second filter", n)
	}
	w.pass(time.Second, "s")
	o := w.take("f")
	if len(o) != 1 {
		t.Fatal("no offer after the second filter")
	}
	w.decline(f, 30, o...)
	w.pass(29*time.Second, "s")
	if n := len(w.take("f")); n != 0 || len(w.m.frameworks) != 1 {
		t.Errorf("%d offers within the third filter", n)
	}
}

// 1.5: REVIVE and SUPPRESS mean the roles that they name, and nothing if one of
// them is not the framework's.
func TestRolesOfReviveAndSuppress(t *testing.T) {
	w := newWorld(t, Registry{})
	w.with("a", "cpus(a):1", "")
	w.with("b", "cpus(b):1", "")
	i := info("", mesos.FrameworkInfo_Capability_MULTI_ROLE)
	i.Roles = []string{"a", "b"}
	f := w.as(w.subscribe("f", i), "f")
	offered := func(want string) {
		t.Helper()
		w.pass(time.Second, "a", "b")
		got := ""
		o := w.take("f")
		for _, x := range o {
			got += x.AllocationInfo.GetRole()
		}
		if got != want {
			t.Errorf("offered to %q, want %q", got, want)
		}
		w.decline(f, 3600, o...)
	}
	w.decline(f, 3600, w.take("f")...)
	w.m.Revive(f, []string{"a", "x"})
	offered("")
	w.m.Revive(f, []string{"a"})
	offered("a")
	w.m.Suppress(f, []string{"b", "x"})
	w.m.Revive(f, []string{"b"})
	offered("b")
	w.m.Suppress(f, []string{"b"})
	clear(f.framework.filters)
	offered("a")
	w.m.Revive(f, nil)
	w.drain()
	if n := len(w.take("f")); n != 2 {
		t.Errorf("%d offers for both roles", n)
	}
}

// 1.4: what is taken back when a framework goes is its own.
func TestOffersOfOthersStay(t *testing.T) {
	w := newWorld(t, Registry{})
	w.agent("s", "", 5051)
	w.agent("s'", "", 5052)
	w.m.UpdateMaintenance(scheduleOf(machine("host", "10.0.0.1")))
	w.subscribe("f", info(""))
	w.take("f")
	w.decline(w.as("m-0000", "f"), 0)
	w.subscribe("g", info(""))
	offers := w.sent["g"]
	w.m.Disconnected(w.now, "g")
	w.drain()
	if len(w.m.offers) != 2 || len(w.m.inverses) != 2 {
		t.Errorf("%d offers and %d inverse offers are left of f (%d events for g)", len(w.m.offers), len(w.m.inverses), len(offers))
	}
	w.m.Disconnected(w.now, "f")
	if len(w.m.offers) != 0 || len(w.m.inverses) != 0 {
		t.Errorf("%d offers and %d inverse offers are left", len(w.m.offers), len(w.m.inverses))
	}
}

// 2.1: what an agent has goes to the role with the smaller dominant share, and in
// it to the framework with the smaller one; how often they were offered something
// counts only after that.
func TestDominantShares(t *testing.T) {
	for _, roles := range [][2]string{{"r", "r"}, {"r", "s"}} {
		w := newWorld(t, Registry{})
		in := func(role string) mesos.FrameworkInfo {
			i := info("", mesos.FrameworkInfo_Capability_MULTI_ROLE)
			i.Roles = []string{role}
			return i
		}
		f, g := w.as(w.subscribe("f", in(roles[0])), "f"), w.as(w.subscribe("g", in(roles[1])), "g")
		w.with("big", "cpus:10;mem:1000", "")
		task := taskOf("t", "m-S0", 3)
		w.launch(f, 3600, w.take("f"), task) // 3/10 of the cpus
		w.pass(time.Second, "big")
		much := taskOf("t", "m-S0", 0.1)
		much.Resources[1].Scalar.Value = 500
		w.launch(g, 3600, w.take("g"), much) // half of the memory
		if len(w.updates("f")) != 0 || len(w.updates("g")) != 0 {
			t.Fatal("a task was refused")
		}
		w.with("small", "cpus:1;mem:100", "")
		for range 3 {
			o := w.take("f")
			if len(o) != 1 || len(w.take("g")) != 0 {
				t.Fatalf("roles %v: the greater share was offered the agent, or none", roles)
			}
			w.decline(f, 0, o...)
			w.pass(time.Second, "big", "small")
		}
		// The end of its task makes the other share the smaller one, and the offer counts.
		w.report("big", "m-0001", "t", "m-S0", mesos.TASK_FINISHED, 1)
		w.decline(f, 0, w.take("f")...)
		w.pass(time.Second, "big", "small")
		if len(w.take("g")) == 0 {
			t.Errorf("roles %v: the smaller share was offered nothing", roles)
		}
	}
}
