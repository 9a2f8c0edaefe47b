package placement_test

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// question asks for all of the offers at once.
func question(offers []offer.Offer, demands []placement.Demand, limit int) placement.Question {
	held := map[string]offer.Offer{}
	for _, o := range offers {
		held[o.ID] = o
	}
	return placement.Question{Offers: held, Demands: demands, Limit: limit, Now: now, Log: now}
}

// place is what the test itself knows of an agent and role: everything offered.
type place struct {
	hostname        string
	offers          []string
	free            offer.Resources
	ports           map[uint32]bool
	attributes      map[string]string
	unavailableFrom int64
}

type placeKey struct{ agent, role string }

func places(offers []offer.Offer) map[placeKey]*place {
	all := map[placeKey]*place{}
	for _, o := range offers {
		k := placeKey{o.AgentID, o.Role}
		p := all[k]
		if p == nil {
			p = &place{hostname: o.Hostname, ports: map[uint32]bool{}, attributes: map[string]string{"hostname": o.Hostname}, unavailableFrom: o.UnavailableFrom}
			all[k] = p
		}
		p.offers = append(p.offers, o.ID)
		p.free.CPUs += o.Resources.CPUs
		p.free.Mem += o.Resources.Mem
		p.free.Disk += o.Resources.Disk
		p.free.GPUs += o.Resources.GPUs
		for _, r := range o.Ports {
			for n := r.Begin; n <= r.End; n++ {
				p.ports[n] = true
			}
		}
		for _, a := range o.Attributes {
			p.attributes[a.Name] = a.Value
		}
	}
	return all
}

// series numbers the offers drawn: Mesos uses no id twice.
var series int

// randomOffers are of a few agents with up to two offers each; those of one
// agent differ in ports, as Mesos never offers a port twice.
func randomOffers(t *rapid.T) []offer.Offer {
	var all []offer.Offer
	series++
	for a := range rapid.IntRange(0, 5).Draw(t, "agents") {
		name := strconv.Itoa(a)
		var attributes []offer.Attribute
		if rapid.Bool().Draw(t, "has a rack") {
			attributes = append(attributes, offer.Attribute{Name: "rack", Value: rapid.SampledFrom([]string{"r1", "r2", "r3"}).Draw(t, "rack")})
		}
		from := int64(0)
		if rapid.IntRange(0, 5).Draw(t, "maintenance") == 0 {
			from = now.Add(time.Duration(rapid.IntRange(-5, 15).Draw(t, "minutes")) * time.Minute).UnixNano()
		}
		for i := range rapid.IntRange(1, 2).Draw(t, "offers") {
			o := offer.Offer{
				ID: strconv.Itoa(series) + "-O" + name + "." + strconv.Itoa(i), AgentID: "S" + name, Hostname: "h" + name, Attributes: attributes,
				Role: rapid.SampledFrom([]string{"*", "*", "r"}).Draw(t, "role"), UnavailableFrom: from,
				Resources: offer.Resources{
					CPUs: offer.Milli(rapid.IntRange(0, 4000).Draw(t, "cpus")), Mem: offer.Milli(rapid.IntRange(0, 512).Draw(t, "mem") * 1000),
					Disk: offer.Milli(rapid.IntRange(0, 3).Draw(t, "disk") * 1000), GPUs: offer.Milli(rapid.IntRange(0, 1).Draw(t, "gpus") * 1000),
				},
			}
			base := uint32(31000 + 10*i)
			if n := rapid.Uint32Range(0, 3).Draw(t, "ports"); n > 0 {
				o.Ports = []offer.PortRange{{Begin: base, End: base + n - 1}, {Begin: base + 5, End: base + 5}}
			}
			all = append(all, o)
		}
	}
	return all
}

func randomConstraint(t *rapid.T) job.Constraint {
	c := job.Constraint{
		Attribute: rapid.SampledFrom([]string{"hostname", "rack"}).Draw(t, "attribute"),
		Operator: rapid.SampledFrom([]string{
			job.OpIs, job.OpIsNot, job.OpLike, job.OpUnlike, job.OpUnique, job.OpMaxPer, job.OpGroupBy, job.OpCluster,
		}).Draw(t, "operator"),
	}
	switch c.Operator {
	case job.OpIs, job.OpIsNot:
		c.Value = rapid.SampledFrom([]string{"r1", "h1", "h2"}).Draw(t, "value")
	case job.OpLike, job.OpUnlike:
		c.Value = rapid.SampledFrom([]string{"r[12]", "h", "h.*", "h0|h3|r3"}).Draw(t, "value")
	case job.OpMaxPer, job.OpGroupBy:
		c.Value = rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "value")
	case job.OpCluster:
		c.Value = rapid.SampledFrom([]string{"", "r1", "h1"}).Draw(t, "value")
	}
	return c
}

// randomDemand is a group of a job of its own, some of its tasks placed already.
func randomDemand(t *rapid.T, id string) placement.Demand {
	g := &job.Group{
		Name: "web", Priority: rapid.Uint32Range(0, 1).Draw(t, "priority"),
		Resources: &job.Resources{
			CPU: float64(rapid.IntRange(0, 2000).Draw(t, "cpu")) / 1000, Memory: float64(rapid.IntRange(1, 200).Draw(t, "memory")),
			Disk: float64(rapid.IntRange(0, 1).Draw(t, "disk")), GPUs: rapid.Uint32Range(0, 1).Draw(t, "gpus"),
		},
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "ports") {
		g.Ports = append(g.Ports, job.Port{Host: rapid.SampledFrom([]uint32{0, 0, uint32(31000 + i)}).Draw(t, "host port")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "constraints") {
		g.Constraints = append(g.Constraints, randomConstraint(t))
	}
	d := placement.Demand{Job: &cluster.Job{ID: id, Run: 1, Slots: map[uint32]*cluster.Slot{}}, Group: g}
	for n := range rapid.Uint32Range(0, 2).Draw(t, "placed") {
		host := rapid.SampledFrom([]string{"h0", "h1", "h9"}).Draw(t, "host")
		task := &cluster.Task{Job: id, Run: 1, Group: "web", Slot: 100 + n, State: cluster.Running, Hostname: host}
		task.Attributes = map[string]string{"rack": rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "rack")}
		d.Job.Slots[task.Slot] = &cluster.Slot{Number: task.Slot, Tasks: []*cluster.Task{task}}
	}
	for n := range rapid.Uint32Range(1, 5).Draw(t, "tasks") {
		d.Tasks = append(d.Tasks, &cluster.Task{Job: id, Run: 1, Group: "web", Slot: n, Attempt: 1, PlannedAt: now})
	}
	g.Replicas = uint32(len(d.Tasks) + len(d.Job.Slots))
	return d
}

// TestMatch: whatever is offered and wanted, offers are never over-used, every
// constraint holds, and whoever waits on could really not be placed.
//
// A matcher that has answered before answers as a new one does.
func TestMatch(t *testing.T) {
	var matcher placement.Matcher
	rapid.Check(t, func(t *rapid.T) {
		offers, limit := randomOffers(t), rapid.IntRange(0, 12).Draw(t, "limit")
		var demands []placement.Demand
		for n := range rapid.IntRange(1, 3).Draw(t, "demands") {
			demands = append(demands, randomDemand(t, "job"+strconv.Itoa(n)))
		}
		placements, verdicts := matcher.Match(question(offers, demands, limit))
		shuffledPlacements, shuffledVerdicts := placement.Match(
			rapid.Permutation(offers).Draw(t, "offers"), rapid.Permutation(demands).Draw(t, "demands"), limit, now)
		if !reflect.DeepEqual(placements, shuffledPlacements) || !reflect.DeepEqual(verdicts, shuffledVerdicts) {
			t.Fatalf("in another order it is another answer\n%+v\n%+v", placements, shuffledPlacements)
		}
		left := places(offers)
		placed := map[string][]placement.Placed{}
		hosts := map[*cluster.Task]*place{}
		for _, p := range placements {
			here := left[placeKey{p.AgentID, p.Role}]
			checkPlacement(t, p, here)
			for _, task := range p.Tasks {
				if hosts[task.Task] != nil {
					t.Fatalf("%v is placed twice", task.Task.Key())
				}
				hosts[task.Task] = here
				placed[task.Task.Job] = append(placed[task.Task.Job], task)
			}
		}
		if len(hosts) > limit {
			t.Fatalf("%d tasks placed, the limit is %d", len(hosts), limit)
		}
		for _, d := range demands {
			counts := count(d, placed[d.Job.ID], hosts)
			checkConstraints(t, d, placed[d.Job.ID], hosts, counts)
			checkVerdict(t, d, len(placed[d.Job.ID]), len(hosts) < limit, left, counts, verdicts)
		}
	})
}

// checkPlacement subtracts what an agent's tasks use from what it offered.
func checkPlacement(t *rapid.T, p placement.Placement, here *place) {
	if here == nil || here.hostname != p.Hostname || !slices.Equal(slices.Sorted(slices.Values(here.offers)), p.Offers) || len(p.Tasks) == 0 {
		t.Fatalf("%+v is not what %+v offers", p, here)
	}
	if from := here.unavailableFrom; from != 0 && from <= now.Add(placement.MaintenanceAhead).UnixNano() {
		t.Fatalf("tasks on %s, which goes into maintenance at %d", p.Hostname, from)
	}
	for _, task := range p.Tasks {
		if task.Resources != placement.Needs(task.Group) {
			t.Fatalf("%+v of %+v", task.Resources, task.Group.Resources)
		}
		here.free.CPUs -= task.Resources.CPUs
		here.free.Mem -= task.Resources.Mem
		here.free.Disk -= task.Resources.Disk
		here.free.GPUs -= task.Resources.GPUs
		if len(task.HostPorts) != len(task.Group.Ports) {
			t.Fatalf("%d ports for %d", len(task.HostPorts), len(task.Group.Ports))
		}
		for i, n := range task.HostPorts {
			if !here.ports[n] {
				t.Fatalf("port %d of %s is not offered, or in use", n, p.Hostname)
			}
			delete(here.ports, n)
			if fixed := task.Group.Ports[i].Host; fixed != 0 && fixed != n {
				t.Fatalf("port %d instead of %d", n, fixed)
			}
		}
		for _, c := range task.Group.Constraints {
			if value, ok := here.attributes[c.Attribute]; ok && c.Attribute != "hostname" && task.Attributes[c.Attribute] != value {
				t.Fatalf("%s is %q, kept as %q", c.Attribute, value, task.Attributes[c.Attribute])
			}
		}
	}
	if f := here.free; f.CPUs < 0 || f.Mem < 0 || f.Disk < 0 || f.GPUs < 0 {
		t.Fatalf("%s is over-used: %+v left", p.Hostname, f)
	}
}

// count are the tasks of a demand's group by attribute and value, those placed
// just now and before.
func count(d placement.Demand, placed []placement.Placed, hosts map[*cluster.Task]*place) map[string]map[string]int {
	counts := map[string]map[string]int{"hostname": {}, "rack": {}}
	for _, slot := range d.Job.Slots {
		counts["hostname"][slot.Tasks[0].Hostname]++
		counts["rack"][slot.Tasks[0].Attributes["rack"]]++
	}
	for _, p := range placed {
		for name, value := range hosts[p.Task].attributes {
			counts[name][value]++
		}
	}
	return counts
}

func total(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// allows is the test's own reading of a constraint: may there be n tasks of the
// group on this value, all others being as counted?
func allows(c job.Constraint, value string, has bool, n, all int, replicas uint32) bool {
	number, _ := strconv.Atoi(c.Value)
	switch c.Operator {
	case job.OpIs:
		return has && value == c.Value
	case job.OpIsNot:
		return !has || value != c.Value
	case job.OpLike:
		return has && regexp.MustCompile(`\A(?:`+c.Value+`)\z`).MatchString(value)
	case job.OpUnlike:
		return !has || !regexp.MustCompile(`\A(?:`+c.Value+`)\z`).MatchString(value)
	case job.OpUnique:
		return has && n <= 1
	case job.OpMaxPer:
		return has && n <= number
	case job.OpGroupBy:
		return has && n <= (int(replicas)+number-1)/number
	case job.OpCluster:
		return has && n == all && (c.Value == "" || value == c.Value)
	}
	return false
}

func checkConstraints(t *rapid.T, d placement.Demand, placed []placement.Placed, hosts map[*cluster.Task]*place, counts map[string]map[string]int) {
	for _, p := range placed {
		for _, c := range d.Group.Constraints {
			value, has := hosts[p.Task].attributes[c.Attribute]
			// Tasks on agents without a rack are no peers by rack, but they count for "all".
			all := total(counts["hostname"])
			if !allows(c, value, has, counts[c.Attribute][value], all, d.Group.Replicas) {
				t.Fatalf("%v is on %s=%q (%d of %d there), against %+v", p.Task.Key(), c.Attribute, value, counts[c.Attribute][value], all, c)
			}
		}
	}
}

// checkVerdict: whoever is left without a place has a verdict, and there is
// truly no place for one more.
func checkVerdict(t *rapid.T, d placement.Demand, placed int, within bool, left map[placeKey]*place, counts map[string]map[string]int, verdicts []placement.Verdict) {
	i := slices.IndexFunc(verdicts, func(v placement.Verdict) bool { return v.Job == d.Job.ID })
	if placed == len(d.Tasks) || !within {
		if placed == len(d.Tasks) && i >= 0 {
			t.Fatalf("a verdict on %s, whose tasks are all placed", d.Job.ID)
		}
		return
	}
	if i < 0 {
		t.Fatalf("no verdict on %s, of which %d tasks wait", d.Job.ID, len(d.Tasks)-placed)
	}
	v := verdicts[i]
	if int(v.Waiting) != len(d.Tasks)-placed || int(v.Offers) != len(left) || v.Group != "web" || v.Run != 1 {
		t.Fatalf("verdict %+v on %d waiting of %d agents", v, len(d.Tasks)-placed, len(left))
	}
	sum := uint32(0)
	for reason, n := range v.Reasons {
		if sum += n; n > v.Offers {
			t.Fatalf("%s on %d of %d", reason, n, v.Offers)
		}
	}
	if sum < v.Offers || (v.Nearest == nil) != (v.Offers == 0) {
		t.Fatalf("verdict %+v explains %d of %d", v, sum, v.Offers)
	}
	if v.Nearest != nil && len(v.Nearest.Lacked) == 0 {
		t.Fatalf("the nearest falls short of nothing: %+v", v.Nearest)
	}
	for k, p := range left {
		if fits(d, p, counts) {
			t.Fatalf("%s waits, but fits on %v", d.Job.ID, k)
		}
	}
}

// fits is the test's own reading of what one more task of a demand needs.
func fits(d placement.Demand, p *place, counts map[string]map[string]int) bool {
	need := placement.Needs(d.Group)
	if need.CPUs > p.free.CPUs || need.Mem > p.free.Mem || need.Disk > p.free.Disk || need.GPUs > p.free.GPUs {
		return false
	}
	if from := p.unavailableFrom; from != 0 && from <= now.Add(placement.MaintenanceAhead).UnixNano() {
		return false
	}
	if len(p.ports) < len(d.Group.Ports) {
		return false
	}
	for _, port := range d.Group.Ports {
		if port.Host != 0 && !p.ports[port.Host] {
			return false
		}
	}
	for _, c := range d.Group.Constraints {
		value, has := p.attributes[c.Attribute]
		if !allows(c, value, has, counts[c.Attribute][value]+1, total(counts["hostname"])+1, d.Group.Replicas) {
			return false
		}
	}
	return true
}
