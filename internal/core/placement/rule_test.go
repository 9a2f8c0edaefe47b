package placement_test

import (
	"maps"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// TestTheLimit holds for all jobs together.
func TestTheLimit(t *testing.T) {
	offers := []offer.Offer{agent(1, 9, 900), agent(2, 9, 900)}
	for limit := range 4 {
		var demands []placement.Demand
		for _, id := range []string{"a", "b", "c"} {
			demands = append(demands, demand(id, 1))
		}
		var m placement.Matcher
		placements, _ := m.Match(question(offers, demands, limit))
		n := 0
		for _, here := range hosts(placements) {
			n += here
		}
		if n != limit {
			t.Errorf("%d of at most %d are placed", n, limit)
		}
	}
}

// TestWhoWaitedLonger: since a task was due, and since the job got its last place, be that
// of a task that has ended.
func TestWhoWaitedLonger(t *testing.T) {
	one := []offer.Offer{agent(1, 1, 900)}
	for name, c := range map[string]struct {
		change func(a *placement.Demand)
		first  string
	}{
		"as it is":      {func(*placement.Demand) {}, "a"},
		"it backed off": {func(a *placement.Demand) { a.Tasks[0].NotBefore = now.Add(-time.Second) }, "b"},
		"it has just got one": {func(a *placement.Demand) {
			a.Job.Slots[9] = &cluster.Slot{LastEnd: &cluster.Task{StagedAt: now.Add(-time.Second)}}
		}, "b"},
		"it got one long ago": {func(a *placement.Demand) {
			a.Job.Slots[9] = &cluster.Slot{LastEnd: &cluster.Task{StagedAt: now.Add(-time.Hour)}}
		}, "a"},
	} {
		a, b := demand("a", 1), demand("b", 1)
		a.Tasks[0].PlannedAt, b.Tasks[0].PlannedAt = now.Add(-10*time.Minute), now.Add(-5*time.Minute)
		c.change(&a)
		var m placement.Matcher
		placements, _ := m.Match(question(one, []placement.Demand{a, b}, 100))
		if got := byJob(placements); !maps.Equal(got, map[string]int{c.first + "/web": 1}) {
			t.Errorf("%s: placed %v, want %s", name, got, c.first)
		}
	}
}

// TestAffinity: what a group likes counts for more than how much is free, and what it
// dislikes against it.
func TestAffinity(t *testing.T) {
	for weight, want := range map[int32]string{10: "h2", -10: "h1", 0: "h1"} {
		d := demand("a", 1)
		if weight != 0 {
			d.Group.Affinities = []job.Affinity{{Attribute: "hostname", Operator: job.OpIs, Value: "h2", Weight: weight}}
		}
		var m placement.Matcher
		placements, _ := m.Match(question([]offer.Offer{agent(1, 9, 900), agent(2, 8, 900)}, []placement.Demand{d}, 100))
		if got := hosts(placements); !maps.Equal(got, map[string]int{want: 1}) {
			t.Errorf("weight %d: placed %v, want %s", weight, got, want)
		}
	}
}

// TestShares: the values that targets name get them, the others the rest in even parts,
// and an agent without the attribute nothing as long as there is another.
func TestShares(t *testing.T) {
	offers := []offer.Offer{
		agent(1, 20, 9000, rack("r1")), agent(2, 20, 9000, rack("r2")), agent(3, 20, 9000, rack("r3")), agent(4, 99, 9000),
	}
	for name, c := range map[string]struct {
		targets map[string]uint32
		tasks   int
		want    map[string]int
	}{
		"even":        {nil, 6, map[string]int{"h1": 2, "h2": 2, "h3": 2}},
		"half":        {map[string]uint32{"r1": 50}, 8, map[string]int{"h1": 4, "h2": 2, "h3": 2}},
		"all of it":   {map[string]uint32{"r1": 75, "r2": 25}, 4, map[string]int{"h1": 3, "h2": 1}},
		"most of all": {map[string]uint32{"r3": 80}, 10, map[string]int{"h1": 1, "h2": 1, "h3": 8}},
	} {
		d := demand("a", c.tasks)
		d.Group.Spread = []job.Spread{{Attribute: "rack", Weight: 50, Targets: c.targets}}
		var m placement.Matcher
		placements, _ := m.Match(question(offers, []placement.Demand{d}, 100))
		if got := hosts(placements); !maps.Equal(got, c.want) {
			t.Errorf("%s: placed %v, want %v", name, got, c.want)
		}
	}
}

// TestWhoIsOfAGang: what waits of it and is not told to end; once a task of it was
// launched, be that one which has ended, the others come one by one.
func TestWhoIsOfAGang(t *testing.T) {
	for name, c := range map[string]struct {
		other *cluster.Task
		ended bool
		cpus  float64
		want  int
	}{
		"one more waits":        {&cluster.Task{Run: 7, Group: "web"}, false, 9, 0},
		"that is told to end":   {&cluster.Task{Run: 7, Group: "web", Doom: &cluster.Doom{}}, false, 9, 2},
		"that is another's":     {&cluster.Task{Run: 7, Group: "db"}, false, 9, 2},
		"of another run":        {&cluster.Task{Run: 6, Group: "web"}, false, 9, 2},
		"not all fit":           {nil, false, 1, 0},
		"one has ended":         {&cluster.Task{Run: 7, Group: "web", ID: "t", State: cluster.Failed}, true, 1, 1},
		"one was never begun":   {&cluster.Task{Run: 7, Group: "web", State: cluster.Withdrawn}, true, 1, 0},
		"one of the run before": {&cluster.Task{Run: 6, Group: "web", ID: "t", State: cluster.Failed}, true, 1, 0},
	} {
		d := gang("a", 2, time.Minute)
		for _, task := range d.Tasks {
			d.Job.Slots[task.Slot] = &cluster.Slot{Number: task.Slot, Tasks: []*cluster.Task{task}}
		}
		switch {
		case c.ended:
			d.Job.Slots[9] = &cluster.Slot{Number: 9, LastEnd: c.other}
		case c.other != nil:
			d.Job.Slots[9] = &cluster.Slot{Number: 9, Tasks: []*cluster.Task{c.other}}
		}
		a := new(placement.Matcher).Answer(question([]offer.Offer{agent(1, c.cpus, 900)}, []placement.Demand{d}, 100))
		if got := byJob(a.Placements)["a/web"]; got != c.want {
			t.Errorf("%s: %d placed, want %d; %+v", name, got, c.want, a.Verdicts)
		}
	}
}

// TestAGangThatFallsShortTakesNothing of the limit, and is nowhere for those who stay
// away from it.
func TestAGangThatFallsShortTakesNothing(t *testing.T) {
	db := gang("db", 3, time.Hour)
	db.Group.Priority = 9
	small := demand("small", 3)
	small.Group.Resources.CPU = 0.1
	q := question([]offer.Offer{agent(1, 2, 900), agent(2, 0.5, 900)}, []placement.Demand{db, small}, 3)
	a := new(placement.Matcher).Answer(q)
	if got := hosts(a.Placements); a.Kept == nil || !maps.Equal(got, map[string]int{"h2": 3}) {
		t.Errorf("kept %+v, placed %v", a.Kept, got)
	}
	web := demand("web", 1, job.Constraint{Attribute: "hostname", Operator: job.OpWithoutJob, Value: "db"})
	q = question([]offer.Offer{agent(1, 2, 900)}, []placement.Demand{db, web}, 100)
	q.Jobs = map[string]*cluster.Job{"web": web.Job, "db": db.Job}
	q.GivingWay = map[placement.Gang]bool{{Job: "db", Group: "web"}: true}
	a = new(placement.Matcher).Answer(q)
	if got := byJob(a.Placements); a.Kept != nil || !maps.Equal(got, map[string]int{"web/web": 1}) {
		t.Errorf("kept %+v, placed %v", a.Kept, got)
	}
}
