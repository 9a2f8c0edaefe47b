package placement_test

import (
	"maps"
	"reflect"
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

// liking draws what a group likes.
func liking(t *rapid.T, g *job.Group) {
	attribute := rapid.SampledFrom([]string{"hostname", "rack", "zone"})
	for range rapid.IntRange(0, 2).Draw(t, "affinities") {
		g.Affinities = append(g.Affinities, job.Affinity{
			Attribute: attribute.Draw(t, "liked attribute"), Weight: rapid.Int32Range(-2, 2).Draw(t, "weight"),
			Operator: rapid.SampledFrom([]string{job.OpIs, job.OpIsNot, job.OpLike, job.OpUnlike}).Draw(t, "liked operator"),
			Value:    rapid.SampledFrom([]string{"r1", "h2", "r[12]"}).Draw(t, "liked value"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "spreads") {
		s := job.Spread{Attribute: attribute.Draw(t, "spread attribute"), Weight: rapid.Uint32Range(1, 3).Draw(t, "spread weight")}
		if rapid.Bool().Draw(t, "targets") {
			s.Targets = map[string]uint32{"r1": rapid.Uint32Range(0, 60).Draw(t, "r1"), "h0": rapid.Uint32Range(0, 40).Draw(t, "h0")}
		}
		g.Spread = append(g.Spread, s)
	}
	if rapid.IntRange(0, 2).Draw(t, "limited") == 0 {
		g.Resources.CPULimit = g.Resources.CPU + 1
		g.Container = &job.Container{Containerizer: rapid.SampledFrom([]string{"", job.ContainerizerMesos}).Draw(t, "containerizer")}
	}
	g.Placement = rapid.SampledFrom([]string{"", job.PlacementSpread, job.PlacementBinpack}).Draw(t, "placement")
	for range rapid.IntRange(0, 1).Draw(t, "evened") {
		g.Constraints = append(g.Constraints, job.Constraint{Attribute: attribute.Draw(t, "evened attribute"), Operator: job.OpGroupBy})
	}
	for range rapid.IntRange(0, 1).Draw(t, "others") {
		g.Constraints = append(g.Constraints, job.Constraint{
			Attribute: attribute.Draw(t, "other's attribute"), Value: rapid.SampledFrom([]string{"job0", "job1", "nobody"}).Draw(t, "other"),
			Operator: rapid.SampledFrom([]string{job.OpWithJob, job.OpWithoutJob}).Draw(t, "other's operator"),
		})
	}
}

// incapable draws what agents are incapable of.
func incapable(t *rapid.T) map[string]placement.Incapacity {
	all := map[string]placement.Incapacity{}
	for n := range rapid.IntRange(0, 3).Draw(t, "incapable") {
		all["S"+strconv.Itoa(n)] = placement.Incapacity{
			Any: rapid.Bool().Draw(t, "of any limit"), ByMesos: rapid.Bool().Draw(t, "of those of Mesos"),
		}
	}
	return all
}

// TestAsIfEverythingWereLookedAt: a matcher that has followed offers as they came and
// went answers as one that looks at every agent for every task.
func TestAsIfEverythingWereLookedAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var matcher placement.Matcher
		held := map[string]offer.Offer{}
		var demands []placement.Demand
		for n := range rapid.IntRange(1, 4).Draw(t, "demands") {
			d := randomDemand(t, "job"+strconv.Itoa(n/2))
			d.Group.Name += strconv.Itoa(n) // Two groups of a job, on their own.
			liking(t, d.Group)
			d.Group.Gang = rapid.IntRange(0, 2).Draw(t, "gang") == 0
			for _, task := range d.Tasks {
				task.PlannedAt = now.Add(-time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes waiting")) * time.Minute)
				task.Group = d.Group.Name
			}
			if n%2 == 1 {
				d.Job = demands[n-1].Job
			}
			demands = append(demands, d)
		}
		jobs := map[string]*cluster.Job{}
		for _, d := range demands {
			jobs[d.Job.ID] = d.Job
		}
		for range rapid.IntRange(1, 4).Draw(t, "questions") {
			for _, o := range randomOffers(t) {
				o.Reserved = offer.Resources{CPUs: o.Resources.CPUs * offer.Milli(rapid.IntRange(0, 1).Draw(t, "reserved"))}
				held[o.ID] = o
			}
			q := placement.Question{Offers: held, Demands: demands, Jobs: jobs, Incapable: incapable(t), Limit: rapid.IntRange(0, 12).Draw(t, "limit"), Now: now, Log: now}
			q.GivingWay = map[placement.Gang]bool{{Job: "job0", Group: "web0"}: rapid.Bool().Draw(t, "gives way")}
			answer, slowly := matcher.Answer(q), placement.MatchSlowly(q)
			if !reflect.DeepEqual(answer, slowly) {
				t.Fatalf("%+v\nbut looking at everything\n%+v", answer, slowly)
			}
			for _, id := range slices.Sorted(maps.Keys(held)) { // Some are used, or go back.
				if rapid.IntRange(0, 2).Draw(t, "stays") == 0 {
					delete(held, id)
				}
			}
		}
	})
}

// TestTakenBack: placings that are taken back leave no trace. The turns begin anew, so
// where nobody is in the way of others the same comes of it.
func TestTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := randomDemand(t, "job0")
		liking(t, d.Group)
		held := map[string]offer.Offer{}
		for _, o := range randomOffers(t) {
			held[o.ID] = o
		}
		q := placement.Question{
			Offers: held, Demands: []placement.Demand{d}, Jobs: map[string]*cluster.Job{d.Job.ID: d.Job},
			Limit: rapid.IntRange(0, 12).Draw(t, "limit"), Now: now, Log: now,
		}
		slowly := placement.MatchSlowly(q)
		placements, verdicts := slowly.Placements, slowly.Verdicts
		again, why := placement.Back(q, rapid.IntRange(0, 5).Draw(t, "kept"))
		if !reflect.DeepEqual(placements, again) || !reflect.DeepEqual(verdicts, why) {
			t.Fatalf("%+v\nwith %+v, but having taken back\n%+v\nwith %+v", placements, verdicts, again, why)
		}
	})
}
