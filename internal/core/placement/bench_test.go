package placement_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// BenchmarkMatch places 100 tasks of a group on 200 agents, of which every tenth
// fits by its constraint.
func BenchmarkMatch(b *testing.B) {
	for _, c := range []job.Constraint{
		{Attribute: "rack", Operator: job.OpIs, Value: "r3"},
		{Attribute: "rack", Operator: job.OpLike, Value: "r3|left-.*"},
		{Attribute: "hostname", Operator: job.OpMaxPer, Value: "5"},
	} {
		b.Run(c.Operator, func(b *testing.B) {
			var offers []offer.Offer
			for n := range 200 {
				offers = append(offers, offer.Offer{
					ID: fmt.Sprintf("O%d", n), AgentID: fmt.Sprintf("S%03d", n), Hostname: fmt.Sprintf("h%d", n), Role: "*",
					Resources:  offer.Resources{CPUs: 16_000, Mem: 64_000_000},
					Attributes: []offer.Attribute{{Name: "rack", Value: fmt.Sprintf("r%d", n%10)}},
				})
			}
			g := &job.Group{
				Name: "g", Replicas: 100, Constraints: []job.Constraint{c},
				Resources: &job.Resources{CPU: 1, Memory: 128},
			}
			d := placement.Demand{Job: &cluster.Job{ID: "web", Run: 1}, Group: g}
			for n := range uint32(100) {
				d.Tasks = append(d.Tasks, &cluster.Task{Job: "web", Run: 1, Group: "g", Slot: n, Attempt: 1, PlannedAt: now})
			}
			var m placement.Matcher
			for b.Loop() {
				placements, verdicts := m.Match(offers, []placement.Demand{d}, 1000, now)
				if len(placements) < 20 || len(verdicts) > 0 {
					b.Fatalf("%d agents, %v", len(placements), verdicts)
				}
			}
		})
	}
}
