package foresight_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/foresight"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
)

// TestForeseenIsPossible: whatever is asked one after the other, nobody has more than
// there is, and each task that is wanted is up or waits for a reason that is told.
func TestForeseenIsPossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var on []foresight.Agent
		for i := range rapid.IntRange(1, 4).Draw(t, "agents") {
			on = append(on, foresight.Agent{
				ID: fmt.Sprintf("S%d", i), Hostname: fmt.Sprintf("h%d", i), Role: "*",
				Whole: offer.Resources{CPUs: offer.Milli(1000 * rapid.IntRange(1, 4).Draw(t, "cpus")), Mem: 4096_000},
			})
		}
		s := cluster.New()
		for range rapid.IntRange(1, 4).Draw(t, "questions") {
			id := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "job")
			var q foresight.Question
			would := func(c submission.Command) {
				if ev, err := submission.Decide(s.Jobs[id], c); err == nil && ev != nil {
					q.Drafts = append(q.Drafts, foresight.Draft{Subject: space().Job(id), Event: ev})
				}
			}
			n := rapid.Uint32Range(0, 6).Draw(t, "tasks")
			switch rapid.SampledFrom([]string{"run", "scale", "stop", "lose"}).Draw(t, "ask") {
			case "run":
				data, err := clustertest.Service(id, n+1).JSON()
				if err != nil {
					t.Fatal(err)
				}
				would(submission.Submit{Spec: data})
			case "scale":
				would(submission.Scale{Replicas: n, Limits: job.DefaultLimits()})
			case "stop":
				would(submission.Stop{})
			case "lose":
				q.Lost = []string{on[rapid.IntRange(0, len(on)-1).Draw(t, "lost")].ID}
			}
			a := foresight.Foresee(s.Clone(), on, q, space(), start)
			if !a.Settled {
				t.Fatalf("it does not settle: %+v", a.Steps)
			}
			checkRoom(t, a.State, on)
			for _, g := range a.Groups {
				if g.After+g.Waiting != int(g.Wanted) || g.Lowest > min(g.Before, g.After) || (g.Waiting > 0) != (g.Reason != "") {
					t.Fatalf("%+v after %+v", g, a.Steps)
				}
			}
			if len(q.Lost) == 0 { // Else the next question would be of agents that are not there.
				s = a.State
			}
		}
	})
}

// checkRoom holds what tasks have against what agents have.
func checkRoom(t *rapid.T, s *cluster.State, on []foresight.Agent) {
	used := map[string]offer.Milli{}
	for _, j := range s.Jobs {
		for _, slot := range j.Slots {
			for _, task := range slot.Tasks {
				if task.Live() && !task.Unreachable {
					used[task.AgentID] += foresight.Amounts(task.Resources).CPUs
				}
			}
		}
	}
	for _, a := range on {
		if used[a.ID] > a.Whole.CPUs {
			t.Fatalf("%s has %d, its tasks %d", a.ID, a.Whole.CPUs, used[a.ID])
		}
	}
}
