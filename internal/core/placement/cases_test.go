package placement_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// agent is an offer of a whole agent.
func agent(n int, cpus, mem float64, attributes ...offer.Attribute) offer.Offer {
	name := fmt.Sprint(n)
	return offer.Offer{
		ID: "O" + name, AgentID: "S" + name, Hostname: "h" + name, Role: "*", Attributes: attributes,
		Resources: offer.Resources{CPUs: offer.Milli(cpus * 1000), Mem: offer.Milli(mem * 1000)},
		Ports:     []offer.PortRange{{Begin: 31000, End: 31009}},
	}
}

func rack(value string) offer.Attribute { return offer.Attribute{Name: "rack", Value: value} }

func demand(id string, tasks int, constraints ...job.Constraint) placement.Demand {
	d := placement.Demand{
		Job: &cluster.Job{ID: id, Run: 7, Slots: map[uint32]*cluster.Slot{}},
		Group: &job.Group{
			Name: "web", Replicas: uint32(tasks), Resources: &job.Resources{CPU: 1, Memory: 100}, Constraints: constraints,
		},
	}
	for n := range tasks {
		d.Tasks = append(d.Tasks, &cluster.Task{Job: id, Run: 7, Group: "web", Slot: uint32(n), Attempt: 1, PlannedAt: now})
	}
	return d
}

// hosts are how many tasks each host got.
func hosts(placements []placement.Placement) map[string]int {
	found := map[string]int{}
	for _, p := range placements {
		found[p.Hostname] += len(p.Tasks)
	}
	return found
}

// TestConstraints: five tasks on h1 and h2 in rack r1, h3 in r2, and h4 without.
func TestConstraints(t *testing.T) {
	offers := []offer.Offer{
		agent(1, 9, 900, rack("r1")), agent(2, 9, 900, rack("r1")), agent(3, 9, 900, rack("r2")), agent(4, 9, 900),
	}
	for _, c := range []struct {
		constraint job.Constraint
		want       map[string]int
	}{
		{job.Constraint{Attribute: "rack", Operator: job.OpIs, Value: "r2"}, map[string]int{"h3": 5}},
		{job.Constraint{Attribute: "rack", Operator: job.OpIs, Value: "r"}, map[string]int{}},
		{job.Constraint{Attribute: "rack", Operator: job.OpIsNot, Value: "r1"}, map[string]int{"h3": 3, "h4": 2}},
		{job.Constraint{Attribute: "rack", Operator: job.OpLike, Value: "r[1-9]"}, map[string]int{"h1": 2, "h2": 2, "h3": 1}},
		{job.Constraint{Attribute: "rack", Operator: job.OpLike, Value: "r"}, map[string]int{}},
		{job.Constraint{Attribute: "hostname", Operator: job.OpLike, Value: "h1|h4"}, map[string]int{"h1": 3, "h4": 2}},
		{job.Constraint{Attribute: "rack", Operator: job.OpUnlike, Value: "r2|x"}, map[string]int{"h1": 2, "h2": 2, "h4": 1}},
		{job.Constraint{Attribute: "rack", Operator: job.OpLike, Value: "("}, map[string]int{}},
		{job.Constraint{Attribute: "rack", Operator: job.OpUnlike, Value: "("}, map[string]int{"h4": 5}},
		{job.Constraint{Attribute: "hostname", Operator: job.OpUnique}, map[string]int{"h1": 1, "h2": 1, "h3": 1, "h4": 1}},
		{job.Constraint{Attribute: "rack", Operator: job.OpUnique}, map[string]int{"h1": 1, "h3": 1}},
		{job.Constraint{Attribute: "rack", Operator: job.OpMaxPer, Value: "2"}, map[string]int{"h1": 1, "h2": 1, "h3": 2}},
		{job.Constraint{Attribute: "rack", Operator: job.OpMaxPer, Value: "x"}, map[string]int{}},
		{job.Constraint{Attribute: "rack", Operator: job.OpGroupBy, Value: "2"}, map[string]int{"h1": 2, "h2": 1, "h3": 2}},
		{job.Constraint{Attribute: "rack", Operator: job.OpGroupBy, Value: "5"}, map[string]int{"h1": 1, "h3": 1}},
		{job.Constraint{Attribute: "rack", Operator: job.OpCluster}, map[string]int{"h1": 3, "h2": 2}},
		{job.Constraint{Attribute: "rack", Operator: job.OpCluster, Value: "r2"}, map[string]int{"h3": 5}},
		{job.Constraint{Attribute: "zone", Operator: job.OpUnique}, map[string]int{}},
		{job.Constraint{Attribute: "rack", Operator: "nonsense"}, map[string]int{"h1": 2, "h2": 2, "h3": 1}},
	} {
		t.Run(fmt.Sprintf("%s %s %s", c.constraint.Attribute, c.constraint.Operator, c.constraint.Value), func(t *testing.T) {
			d := demand("web", 5, c.constraint)
			placements, verdicts := placement.Match(offers, []placement.Demand{d}, 100, now)
			got, placed := hosts(placements), 0
			for _, n := range got {
				placed += n
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("placed %v, want %v", got, c.want)
			}
			if (len(verdicts) == 0) != (placed == 5) {
				t.Errorf("%d placed with %d verdicts", placed, len(verdicts))
			}
		})
	}
}

// TestGroupByWithoutAValue evens out over the values in use.
func TestGroupByWithoutAValue(t *testing.T) {
	offers := []offer.Offer{agent(1, 9, 900, rack("r1")), agent(2, 9, 900, rack("r2"))}
	d := demand("web", 6, job.Constraint{Attribute: "rack", Operator: job.OpGroupBy})
	placements, _ := placement.Match(offers, []placement.Demand{d}, 100, now)
	if got := hosts(placements); !maps.Equal(got, map[string]int{"h1": 3, "h2": 3}) {
		t.Errorf("placed %v", got)
	}
	// Once both are in use, one that is full holds the other back.
	offers[1] = agent(2, 1, 900, rack("r2"))
	placements, verdicts := placement.Match(offers, []placement.Demand{d}, 100, now)
	if got := hosts(placements); !maps.Equal(got, map[string]int{"h1": 2, "h2": 1}) || len(verdicts) != 1 {
		t.Errorf("placed %v with %d verdicts", got, len(verdicts))
	}
}

// TestSpread: each task goes where the fewest of its group run, those placed
// before among them, and then to the freest.
func TestSpread(t *testing.T) {
	offers := []offer.Offer{agent(1, 4, 900), agent(2, 6, 900), agent(3, 8, 900)}
	d := demand("web", 5)
	d.Job.Slots[90] = &cluster.Slot{Tasks: []*cluster.Task{{Job: "web", Group: "web", State: cluster.Running, Hostname: "h3"}}}
	d.Job.Slots[91] = &cluster.Slot{Tasks: []*cluster.Task{
		{Job: "web", Group: "web", State: cluster.Failed, Hostname: "h1"},    // over: no peer
		{Job: "web", Group: "other", State: cluster.Running, Hostname: "h1"}, // of another group
		{Job: "web", Group: "web", State: cluster.Waiting},                   // nowhere yet
	}}
	placements, _ := placement.Match(offers, []placement.Demand{d}, 100, now)
	if got := hosts(placements); !maps.Equal(got, map[string]int{"h1": 2, "h2": 2, "h3": 1}) {
		t.Errorf("placed %v", got)
	}
	placements, _ = placement.Match(offers, []placement.Demand{demand("web", 1)}, 100, now)
	if got := hosts(placements); !maps.Equal(got, map[string]int{"h3": 1}) {
		t.Errorf("one goes to %v, want the freest", got)
	}
}

// TestWaitingTasksAreNowhere: those that are to be placed do not keep themselves from
// being placed together.
func TestWaitingTasksAreNowhere(t *testing.T) {
	d := demand("web", 2, job.Constraint{Attribute: "hostname", Operator: job.OpCluster})
	for _, task := range d.Tasks {
		d.Job.Slots[task.Slot] = &cluster.Slot{Number: task.Slot, Tasks: []*cluster.Task{task}}
	}
	placements, _ := placement.Match([]offer.Offer{agent(1, 9, 900), agent(2, 9, 900)}, []placement.Demand{d}, 100, now)
	if got := hosts(placements); len(got) != 1 || got["h1"] != 2 {
		t.Errorf("placed %v, want both on one host", got)
	}
}

// TestUrgency: by priority, then in turns, the oldest first; and the limit holds.
func TestUrgency(t *testing.T) {
	late, early, urgent := demand("late", 2), demand("early", 2), demand("urgent", 2)
	early.Tasks[0].PlannedAt = now.Add(-time.Minute)
	urgent.Group.Priority = 5
	urgent.Tasks[0].PlannedAt = now.Add(time.Minute)
	want := []string{"urgent", "urgent", "early", "late", "early", "late"}
	for n := 1; n <= 6; n++ {
		offers, limit := []offer.Offer{agent(1, float64(n), 900)}, 100
		if n%2 == 0 { // scarce offers and a low limit come to the same
			offers, limit = []offer.Offer{agent(1, 9, 900)}, n
		}
		placements, _ := placement.Match(offers, []placement.Demand{late, early, urgent}, limit, now)
		var got []string
		for _, p := range placements[0].Tasks {
			got = append(got, p.Task.Job)
		}
		if !slices.Equal(got, want[:n]) {
			t.Errorf("with a limit of %d: %v, want %v", n, got, want[:n])
		}
	}
}

// TestVerdict: counts per reason, and the agent that came nearest.
func TestVerdict(t *testing.T) {
	full := agent(3, 9, 900)
	full.Ports = nil
	maintained := agent(4, 9, 900)
	maintained.UnavailableFrom = now.Add(placement.MaintenanceAhead).UnixNano()
	offers := []offer.Offer{agent(1, 0.5, 10), agent(2, 0.9, 900), full, maintained}
	d := demand("web", 3, job.Constraint{Attribute: "rack", Operator: job.OpIsNot, Value: "r9"})
	d.Group.Ports = []job.Port{{}, {Host: 31005}}
	_, verdicts := placement.Match(offers, []placement.Demand{d}, 100, now)
	if len(verdicts) != 1 {
		t.Fatalf("%d verdicts", len(verdicts))
	}
	v := verdicts[0]
	if want := map[string]uint32{"cpus": 2, "mem": 1, "ports": 1, "maintenance": 1}; !maps.Equal(v.Reasons, want) {
		t.Errorf("reasons %v, want %v", v.Reasons, want)
	}
	if v.Waiting != 3 || v.Offers != 4 || v.Nearest == nil || v.Nearest.Hostname != "h2" || !slices.Equal(v.Nearest.Lacked, []string{"cpus: 1 wanted, 0.9 free"}) {
		t.Errorf("%+v, nearest %+v", v, v.Nearest)
	}
	const want = "3 waiting: none of the 4 agents that made offers fits: cpus on 2, maintenance on 1, mem on 1, ports on 1; nearest h2 (cpus: 1 wanted, 0.9 free)"
	if got := v.Summary(); got != want {
		t.Errorf("summary %q\nwant    %q", got, want)
	}
	ev := v.Event(42)
	if ev.Sequence != 42 || ev.Run != 7 || ev.Group != "web" || ev.Waiting != 3 || ev.Offers != 4 || ev.Summary != want || ev.Nearest != v.Nearest {
		t.Errorf("event %+v", ev)
	}
}

func TestVerdictOnNoOffers(t *testing.T) {
	_, verdicts := placement.Match(nil, []placement.Demand{demand("web", 2)}, 100, now)
	if len(verdicts) != 1 || verdicts[0].Nearest != nil || !strings.Contains(verdicts[0].Summary(), "2 waiting: Mesos offers nothing") {
		t.Errorf("verdicts %+v", verdicts)
	}
}

// TestVerdictOnPorts: a port may be another's, or none that the agent ever offers.
func TestVerdictOnPorts(t *testing.T) {
	for want, ports := range map[string][]job.Port{
		"ports: host port 80 not offered: taken, or outside the agent's ports": {{}, {Host: 80}},
		"ports: 11 wanted, fewer free":                                         make([]job.Port, 11),
		"ports: host port 53 not offered: taken, or outside the agent's ports": {{Host: 53, Protocol: "tcp"}, {Host: 53, Protocol: "udp"}},
	} {
		d := demand("web", 1)
		d.Group.Ports = ports
		_, verdicts := placement.Match([]offer.Offer{agent(1, 9, 900)}, []placement.Demand{d}, 100, now)
		if len(verdicts) != 1 || !slices.Equal(verdicts[0].Nearest.Lacked, []string{want}) {
			t.Errorf("verdicts %+v, want %q", verdicts, want)
		}
	}
}

// TestOnePortForTCPAndUDP: it is one port of the agent, and no other task gets it, nor
// the same one for its other ports.
func TestOnePortForTCPAndUDP(t *testing.T) {
	d := demand("dns", 2)
	d.Group.Ports = []job.Port{{Protocol: "tcp"}, {Host: 31000, Protocol: "udp"}, {Host: 31000, Protocol: "tcp"}}
	o := agent(1, 9, 900)
	o.Ports = []offer.PortRange{{Begin: 31000, End: 31005}}
	placements, verdicts := placement.Match([]offer.Offer{o}, []placement.Demand{d}, 100, now)
	if len(placements) != 1 || len(placements[0].Tasks) != 1 || len(verdicts) != 1 || verdicts[0].Waiting != 1 {
		t.Fatalf("%+v, %+v", placements, verdicts)
	}
	if got := placements[0].Tasks[0].HostPorts; !slices.Equal(got, []uint32{31001, 31000, 31000}) {
		t.Errorf("ports %v", got)
	}
}

// TestSame: who waits, for what run and why; a nearer miss alone is no news.
func TestSame(t *testing.T) {
	v := placement.Verdict{Run: 1, Waiting: 2, Offers: 3, Reasons: map[string]uint32{"cpus": 3}}
	for name, c := range map[string]struct {
		change func(*placement.Verdict)
		same   bool
	}{
		"nothing":    {func(*placement.Verdict) {}, true},
		"run":        {func(v *placement.Verdict) { v.Run++ }, false},
		"waiting":    {func(v *placement.Verdict) { v.Waiting++ }, false},
		"reasons":    {func(v *placement.Verdict) { v.Reasons = map[string]uint32{"cpus": 2, "mem": 1} }, false},
		"no reasons": {func(v *placement.Verdict) { v.Reasons = nil }, false},
	} {
		other := v
		c.change(&other)
		if v.Same(other) != c.same || other.Same(v) != c.same {
			t.Errorf("%s: same %t, want %t", name, v.Same(other), c.same)
		}
	}
}

func TestNeeds(t *testing.T) {
	spec := &job.Spec{Tasks: []job.Group{{}}}
	spec.Normalise()
	if got := placement.Needs(&spec.Tasks[0]); got != (offer.Resources{CPUs: 1000, Mem: 128_000}) {
		t.Errorf("by default %+v", got)
	}
	g := &job.Group{Resources: &job.Resources{CPU: 0.1 + 0.2, Memory: 64.0005, Disk: 1, GPUs: 2}}
	if got := placement.Needs(g); got != (offer.Resources{CPUs: 300, Mem: 64_001, Disk: 1000, GPUs: 2000}) {
		t.Errorf("%+v", got)
	}
}

// TestPackedBesideOthers: the fullest agent is the one that is so by now, others' tasks
// counted.
func TestPackedBesideOthers(t *testing.T) {
	offers := []offer.Offer{agent(1, 3, 900), agent(2, 4, 900), agent(3, 5, 900)}
	x := demand("x", 2, job.Constraint{Attribute: "hostname", Operator: job.OpIs, Value: "h3"})
	y := demand("y", 2)
	y.Group.Placement, y.Group.Resources.CPU = job.PlacementBinpack, 3
	placements, _ := placement.Match(offers, []placement.Demand{x, y}, 100, now)
	if got := hosts(placements); !maps.Equal(got, map[string]int{"h1": 1, "h3": 3}) {
		t.Errorf("placed %v, want y on h1 and, behind both of x, on h3", got)
	}
}

// TestLimits: who is to be limited above what is set aside does not go where that was
// refused, and is told so where there is nothing else.
func TestLimits(t *testing.T) {
	limited := demand("web", 1)
	limited.Group.Resources.MemoryLimit = 200
	byMesos := demand("web", 1)
	byMesos.Group.Resources.CPULimit, byMesos.Group.Container = 2, &job.Container{Containerizer: job.ContainerizerMesos}
	for _, c := range []struct {
		name      string
		demand    placement.Demand
		incapable map[string]placement.Incapacity
		want      string // nothing where it has to wait
	}{
		{"all can", limited, nil, "h1"},
		{"without a limit", demand("web", 1), map[string]placement.Incapacity{"S1": {Any: true, ByMesos: true}}, "h1"},
		{"one cannot", limited, map[string]placement.Incapacity{"S1": {Any: true}}, "h2"},
		{"one cannot by Mesos", limited, map[string]placement.Incapacity{"S1": {ByMesos: true}}, "h1"},
		{"by Mesos", byMesos, map[string]placement.Incapacity{"S1": {ByMesos: true}}, "h2"},
		{"none can", limited, map[string]placement.Incapacity{"S1": {Any: true}, "S2": {Any: true}}, ""},
	} {
		q := question([]offer.Offer{agent(1, 9, 900), agent(2, 8, 900)}, []placement.Demand{c.demand}, 100)
		q.Incapable = c.incapable
		var m placement.Matcher
		placements, verdicts := m.Match(q)
		switch {
		case c.want != "" && (len(placements) != 1 || placements[0].Hostname != c.want):
			t.Errorf("%s: %+v, want %s", c.name, placements, c.want)
		case c.want == "" && (len(verdicts) != 1 || verdicts[0].Reasons["limits"] != 2 ||
			!slices.Equal(verdicts[0].Nearest.Lacked, []string{"limits: the agent has refused to keep cpu_limit or memory_limit"})):
			t.Errorf("%s: %+v", c.name, verdicts)
		}
	}
}
