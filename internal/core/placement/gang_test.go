package placement_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
)

// gang is a demand of tasks that start together, and have waited for so long.
func gang(id string, tasks int, waited time.Duration) placement.Demand {
	d := demand(id, tasks)
	d.Group.Gang = true
	for _, t := range d.Tasks {
		t.PlannedAt = now.Add(-waited)
	}
	return d
}

// byJob counts what was placed of each job.
func byJob(placements []placement.Placement) map[string]int {
	found := map[string]int{}
	for _, p := range placements {
		for _, one := range p.Tasks {
			found[one.Task.Job+"/"+one.Task.Group]++
		}
	}
	return found
}

// TestAllOrNone: a gang by itself gets its places where tasks that start one by one would
// all get one, and then the same, and otherwise none; what is told is for how many there was one.
func TestAllOrNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := randomDemand(t, "job0")
		d.Group.Name = "new" // None of the tasks that run are of it.
		liking(t, d.Group)
		held := map[string]offer.Offer{}
		for _, o := range randomOffers(t) {
			held[o.ID] = o
		}
		q := placement.Question{
			Offers: held, Demands: []placement.Demand{d}, Jobs: map[string]*cluster.Job{d.Job.ID: d.Job},
			Limit: rapid.IntRange(1, 9).Draw(t, "limit"), Now: now, Log: now,
		}
		all := q
		all.Limit = len(d.Tasks)
		alone := placement.MatchSlowly(all)
		d.Group.Gang = true
		answer := new(placement.Matcher).Answer(q)
		switch room := byJob(alone.Placements)["job0/web"]; {
		case len(d.Tasks) > q.Limit:
			if !answer.PutOff || len(answer.Placements) > 0 || len(answer.Verdicts) > 0 {
				t.Fatalf("more than the limit: %+v", answer)
			}
		case room == len(d.Tasks):
			if !reflect.DeepEqual(answer.Placements, alone.Placements) || answer.Kept != nil || len(answer.Verdicts) > 0 {
				t.Fatalf("all fit: %+v, one by one %+v", answer, alone)
			}
		default:
			v := answer.Verdicts[0]
			if len(answer.Placements) > 0 || int(v.Room) != room || int(v.Gang) != len(d.Tasks) || int(v.Waiting) != len(d.Tasks) {
				t.Fatalf("%d fit: %+v", room, answer)
			}
			var parts []string
			for _, p := range alone.Placements {
				parts = append(parts, p.Offers...)
			}
			slices.Sort(parts)
			if room > 0 && !slices.Equal(answer.Kept.Offers, parts) || room == 0 && answer.Kept != nil {
				t.Fatalf("kept %+v, a part fits on %v", answer.Kept, parts)
			}
		}
	})
}

// TestGangsAmongOthers: of no gang a part gets places, and none for which offers are kept.
func TestGangsAmongOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var demands []placement.Demand
		for n := range rapid.IntRange(1, 4).Draw(t, "demands") {
			d := randomDemand(t, "job"+strconv.Itoa(n))
			d.Group.Name, d.Group.Gang = "new", rapid.Bool().Draw(t, "gang")
			for _, task := range d.Tasks {
				task.Group = "new"
			}
			demands = append(demands, d)
		}
		answer := new(placement.Matcher).Answer(question(randomOffers(t), demands, 100))
		got := byJob(answer.Placements)
		for _, d := range demands {
			n := got[d.Job.ID+"/new"]
			if d.Group.Gang && n != 0 && n != len(d.Tasks) {
				t.Fatalf("%d of a gang of %d: %+v", n, len(d.Tasks), answer)
			}
			if answer.Kept != nil && answer.Kept.Job == d.Job.ID && n > 0 {
				t.Fatalf("offers are kept for %s, which has its places", d.Job.ID)
			}
		}
	})
}

// TestGangsGiveWay: there is room for four. Offers are kept for the gang that has waited
// longest, and nobody else gets them, until it gives way.
func TestGangsGiveWay(t *testing.T) {
	older, younger := placement.Gang{Job: "older", Group: "web"}, placement.Gang{Job: "younger", Group: "web"}
	for _, c := range []struct {
		name      string
		ofYounger int
		givingWay map[placement.Gang]bool
		kept      *placement.Kept
		placed    map[string]int
	}{
		{"the older first", 5, nil, &placement.Kept{Gang: older, Offers: []string{"O1", "O2"}}, map[string]int{}},
		{"though the younger would fit", 4, nil, &placement.Kept{Gang: older, Offers: []string{"O1", "O2"}}, map[string]int{}},
		{"then the younger", 5, map[placement.Gang]bool{older: true}, &placement.Kept{Gang: younger, Offers: []string{"O1", "O2"}}, map[string]int{}},
		{"which fits", 4, map[placement.Gang]bool{older: true}, nil, map[string]int{"younger/web": 4}},
		{"then what starts by itself", 5, map[placement.Gang]bool{older: true, younger: true}, nil, map[string]int{"single/web": 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := question([]offer.Offer{agent(1, 2, 900), agent(2, 2, 900)}, []placement.Demand{
				demand("single", 9), gang("younger", c.ofYounger, time.Minute), gang("older", 5, 2*time.Minute),
			}, 100)
			q.GivingWay = c.givingWay
			answer := new(placement.Matcher).Answer(q)
			if (answer.Kept == nil) != (c.kept == nil) || c.kept != nil && (answer.Kept.Gang != c.kept.Gang || !slices.Equal(answer.Kept.Offers, c.kept.Offers)) {
				t.Errorf("kept %+v, want %+v", answer.Kept, c.kept)
			}
			if got := byJob(answer.Placements); !maps.Equal(got, c.placed) {
				t.Errorf("placed %v, want %v", got, c.placed)
			}
			for _, v := range answer.Verdicts {
				if told := v.Reasons["held for a gang"]; (told == 2) != (c.kept != nil && c.kept.Job != v.Job && !c.givingWay[placement.Gang{Job: v.Job, Group: v.Group}]) {
					t.Errorf("%s is told of %d agents that are held", v.Job, told)
				}
			}
			if v := answer.Verdicts[0]; v.Job != "older" || v.Gang != 5 || v.Room != 4 {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

// TestRoomForFive is what users read.
func TestRoomForFive(t *testing.T) {
	_, verdicts := placement.Match([]offer.Offer{agent(1, 2, 900), agent(2, 3, 900)}, []placement.Demand{gang("mpi", 8, 0)}, 100, now)
	if want := "8 waiting: a gang of 8, room for 5: none of the 2 agents that made offers fits one more: cpus on 2"; !strings.HasPrefix(verdicts[0].Summary(), want) {
		t.Errorf("%q, want %q", verdicts[0].Summary(), want)
	}
}

// TestMembersByThemselves: once one of a gang has had a place, each is placed by itself;
// while one of them backs off, none is.
func TestMembersByThemselves(t *testing.T) {
	for name, c := range map[string]struct {
		other *cluster.Task
		want  int
		held  string
	}{
		"one runs":              {&cluster.Task{Run: 7, Group: "web", Slot: 9, State: cluster.Running}, 2, ""},
		"one has failed":        {&cluster.Task{Run: 7, Group: "web", Slot: 9, State: cluster.Failed, ID: "x"}, 2, ""},
		"one of an earlier run": {&cluster.Task{Run: 6, Group: "web", Slot: 9, State: cluster.Running}, 0, ""},
		"one of another group":  {&cluster.Task{Run: 7, Group: "db", Slot: 9, State: cluster.Running}, 0, ""},
		"one was withdrawn":     {&cluster.Task{Run: 7, Group: "web", Slot: 9, State: cluster.Withdrawn}, 0, ""},
		"one may not start yet": {&cluster.Task{Run: 7, Group: "web", Slot: 9, State: cluster.Waiting}, 0, "a gang of 4, of which 1 may not start yet"},
	} {
		t.Run(name, func(t *testing.T) {
			d := gang("mpi", 3, 0)
			for _, task := range append(d.Tasks, c.other) {
				d.Job.Slots[task.Slot] = &cluster.Slot{Number: task.Slot, Tasks: []*cluster.Task{task}}
			}
			answer := new(placement.Matcher).Answer(question([]offer.Offer{agent(1, 2, 900)}, []placement.Demand{d}, 100))
			if got := byJob(answer.Placements)["mpi/web"]; got != c.want || !strings.HasPrefix(answer.Verdicts[0].Held, c.held) {
				t.Errorf("placed %d, %+v", got, answer.Verdicts)
			}
		})
	}
}

// TestGangOfTwoVersions: all of its tasks start together, whichever version planned them.
func TestGangOfTwoVersions(t *testing.T) {
	first, second := gang("mpi", 2, 0), gang("mpi", 3, 0)
	second.Job = first.Job
	for _, task := range second.Tasks {
		task.Template = 2
	}
	for cpus, want := range map[offer.Milli]int{4000: 0, 5000: 5} {
		o := agent(1, 1, 900)
		o.Resources.CPUs = cpus
		answer := new(placement.Matcher).Answer(question([]offer.Offer{o}, []placement.Demand{first, second}, 100))
		if got := byJob(answer.Placements)["mpi/web"]; got != want {
			t.Errorf("placed %d of 5 on %d, want %d", got, cpus, want)
		}
		if want == 0 && (len(answer.Verdicts) != 1 || answer.Verdicts[0].Waiting != 5 || answer.Verdicts[0].Room != 4) {
			t.Errorf("verdicts %+v", answer.Verdicts)
		}
	}
}

// TestManyGangsAlike: gangs that ask the same are not tried one after the other, and each
// is told what it would be told if it was.
func TestManyGangsAlike(t *testing.T) {
	var offers []offer.Offer
	for n := range 100 {
		offers = append(offers, agent(n, 2, 900))
	}
	looks := map[int]uint64{}
	for _, gangs := range []int{2, 200} {
		var demands []placement.Demand
		for n := range gangs {
			demands = append(demands, gang(fmt.Sprintf("g%03d", n), 300+n%7, time.Minute))
		}
		var m placement.Matcher
		q := question(offers, demands, 1000)
		answer := m.Answer(q)
		looks[gangs] = m.Looks()
		if len(answer.Placements) != 0 || answer.Kept == nil || len(answer.Verdicts) != gangs {
			t.Fatalf("%d gangs: %+v", gangs, answer.Kept)
		}
		for n, v := range answer.Verdicts {
			if want := uint32(300 + n%7); v.Gang != want || v.Room != 0 && n > 0 {
				t.Errorf("gang %d: %+v", n, v)
			}
		}
	}
	if looks[200] > looks[2] {
		t.Errorf("%d looks for 2 gangs, %d for 200", looks[2], looks[200])
	}
}
