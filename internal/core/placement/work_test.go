package placement_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// TestWorkGrowsWithWhatIsNew: 200 jobs that fit nowhere look at 300 agents once between
// them, at those that are new once more, and at nothing again that has not changed.
func TestWorkGrowsWithWhatIsNew(t *testing.T) {
	var demands []placement.Demand
	for n := range 200 {
		demands = append(demands, waiting(fmt.Sprintf("job%d", n), 5, func(g *job.Group) { g.Resources.CPU = 17 }))
	}
	q := question(agents(300), demands, 1000)
	var m placement.Matcher
	looks := func() uint64 {
		before := m.Looks()
		if placements, verdicts := m.Match(q); len(placements) > 0 || len(verdicts) != len(demands) {
			t.Fatalf("%d placements, %d verdicts", len(placements), len(verdicts))
		}
		return m.Looks() - before
	}
	if n := looks(); n != 300 {
		t.Errorf("%d looks at 300 agents for 200 jobs that are alike, want one at each", n)
	}
	if n := looks(); n != 0 {
		t.Errorf("%d looks at agents that have not changed", n)
	}
	for _, o := range agents(310)[300:] {
		q.Offers[o.ID] = o
	}
	more := agents(1)[0]
	more.ID, more.Resources = "more", offer.Resources{Mem: 1000}
	q.Offers[more.ID] = more
	if n := looks(); n != 11 {
		t.Errorf("%d looks after ten agents came and one got more, want 11", n)
	}
	delete(q.Offers, more.ID)
	for n := range 100 {
		delete(q.Offers, fmt.Sprintf("O%d", n+100))
	}
	if n := looks(); n > 1 {
		t.Errorf("%d looks after agents went, and one has less", n)
	}
}

// TestWorkOfPlacing: 3,000 tasks of 30 jobs on 300 agents with room for them need a few
// looks for each task, however many agents there are.
func TestWorkOfPlacing(t *testing.T) {
	for _, count := range []int{300, 3000} {
		var demands []placement.Demand
		for n := range 30 {
			demands = append(demands, waiting(fmt.Sprintf("job%d", n), 100, func(*job.Group) {}))
		}
		var m placement.Matcher
		placed := 0
		placements, _ := m.Match(question(agents(count), demands, 5000))
		for _, p := range placements {
			placed += len(p.Tasks)
		}
		if n := m.Looks(); placed != 3000 || n > 6*3000 {
			t.Errorf("%d agents: %d looks for %d tasks", count, n, placed)
		}
	}
}
