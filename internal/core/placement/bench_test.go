package placement_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// agents are offers of so many whole agents, in racks r0 to r9.
func agents(count int) []offer.Offer {
	offers := make([]offer.Offer, 0, count)
	for n := range count {
		offers = append(offers, offer.Offer{
			ID: fmt.Sprintf("O%d", n), AgentID: fmt.Sprintf("S%05d", n), Hostname: fmt.Sprintf("h%d", n), Role: "*",
			Resources:  offer.Resources{CPUs: 16_000, Mem: 64_000_000},
			Attributes: []offer.Attribute{{Name: "rack", Value: fmt.Sprintf("r%d", n%10)}},
		})
	}
	return offers
}

// waiting is a job of one group with so many tasks that wait.
func waiting(id string, tasks int, change func(*job.Group)) placement.Demand {
	g := &job.Group{Name: "g", Replicas: uint32(tasks), Resources: &job.Resources{CPU: 1, Memory: 128}}
	change(g)
	d := placement.Demand{Job: &cluster.Job{ID: id, Run: 1}, Group: g}
	for n := range uint32(tasks) {
		d.Tasks = append(d.Tasks, &cluster.Task{Job: id, Run: 1, Group: "g", Slot: n, Attempt: 1, PlannedAt: now})
	}
	return d
}

// BenchmarkMatch places 100 tasks of a group on 200 agents, of which every tenth
// fits by its constraint.
func BenchmarkMatch(b *testing.B) {
	for _, c := range []job.Constraint{
		{Attribute: "rack", Operator: job.OpIs, Value: "r3"},
		{Attribute: "rack", Operator: job.OpLike, Value: "r3|left-.*"},
		{Attribute: "hostname", Operator: job.OpMaxPer, Value: "5"},
	} {
		b.Run(c.Operator, func(b *testing.B) {
			d := waiting("web", 100, func(g *job.Group) { g.Constraints = []job.Constraint{c} })
			q := question(agents(200), []placement.Demand{d}, 1000)
			var m placement.Matcher
			for b.Loop() {
				placements, verdicts := m.Match(q)
				if len(placements) < 20 || len(verdicts) > 0 {
					b.Fatalf("%d agents, %v", len(placements), verdicts)
				}
			}
		})
	}
}

// BenchmarkPlace answers one question about 100,000 tasks that wait and 10,000 agents,
// with a new matcher each time: all that a launcher does between having nothing and
// having placed everything, but for the log.
func BenchmarkPlace(b *testing.B) {
	const tasks, machines = 100_000, 10_000
	plain := func(*job.Group) {}
	for _, c := range []struct {
		name string
		jobs int
		// change makes the groups of the jobs what they are.
		change func(*job.Group)
		placed int
	}{
		{"1 job", 1, plain, tasks},
		{"1000 jobs", 1000, plain, tasks},
		{"100000 jobs", tasks, plain, tasks},
		{"1 job binpack", 1, func(g *job.Group) { g.Placement = job.PlacementBinpack }, tasks},
		{"1 job affinity", 1, func(g *job.Group) {
			g.Affinities = []job.Affinity{{Attribute: "rack", Operator: job.OpIs, Value: "r3", Weight: 50}}
		}, tasks},
		{"1 job spread", 1, func(g *job.Group) {
			g.Spread = []job.Spread{{Attribute: "rack", Weight: 50, Targets: map[string]uint32{"r1": 50}}}
		}, tasks},
		{"10 jobs unique", 10, func(g *job.Group) {
			g.Constraints = []job.Constraint{{Attribute: "hostname", Operator: job.OpUnique}}
		}, tasks},
		{"100000 jobs in vain", tasks, func(g *job.Group) { g.Resources.CPU = 17 }, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			var demands []placement.Demand
			for n := range c.jobs {
				demands = append(demands, waiting(fmt.Sprintf("job%d", n), tasks/c.jobs, c.change))
			}
			q := question(agents(machines), demands, tasks)
			for b.Loop() {
				var m placement.Matcher
				placed := 0
				placements, _ := m.Match(q)
				for _, p := range placements {
					placed += len(p.Tasks)
				}
				if placed != c.placed {
					b.Fatalf("%d placed, want %d", placed, c.placed)
				}
			}
			b.ReportMetric(float64(tasks)*float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
		})
	}
}
