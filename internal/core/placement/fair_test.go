package placement_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// line is a job whose tasks are placed one question after the other.
type line struct {
	demand placement.Demand
	// last is the question in which a task of it was placed last.
	last int
}

// newLine is a job of so many tasks, which have waited since a time.
func newLine(id string, tasks int, priority uint32, since time.Time) *line {
	d := waiting(id, tasks, func(g *job.Group) { g.Priority = priority })
	d.Job.Slots = map[uint32]*cluster.Slot{}
	for _, t := range d.Tasks {
		t.PlannedAt = since
		d.Job.Slots[t.Slot] = &cluster.Slot{Number: t.Slot, Tasks: []*cluster.Task{t}}
	}
	return &line{demand: d}
}

// ask asks for a number of places of one task each, and stages what gets one.
func ask(m *placement.Matcher, lines []*line, question, places int, at time.Time) map[string]int {
	held := map[string]offer.Offer{}
	for n := range places {
		id := fmt.Sprintf("O%d.%d", question, n)
		held[id] = offer.Offer{ID: id, AgentID: id, Hostname: id, Resources: offer.Resources{CPUs: 1500, Mem: 128_000}}
	}
	var demands []placement.Demand
	for _, l := range lines {
		if len(l.demand.Tasks) > 0 {
			demands = append(demands, l.demand)
		}
	}
	placements, _ := m.Match(placement.Question{Offers: held, Demands: demands, Limit: 1000, Now: at, Log: at})
	got := map[string]int{}
	for _, p := range placements {
		for _, one := range p.Tasks {
			one.Task.State, one.Task.StagedAt, one.Task.Hostname = cluster.Staged, at, p.Hostname
			got[one.Task.Job]++
		}
	}
	for _, l := range lines {
		var left []*cluster.Task
		for _, t := range l.demand.Tasks {
			if t.State == cluster.Waiting {
				left = append(left, t)
			}
		}
		if l.demand.Tasks = left; got[l.demand.Job.ID] > 0 {
			l.last = question
		}
	}
	return got
}

// TestTurns: of jobs of one priority, however large they are and however few places are
// free at a time, none waits for more questions than it takes to give each of the others
// one place.
func TestTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []*line
		for n := range rapid.IntRange(2, 6).Draw(t, "jobs") {
			tasks := rapid.SampledFrom([]int{1, 2, 5, 40}).Draw(t, "tasks")
			since := now.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "seconds")) * time.Second)
			lines = append(lines, newLine("job"+strconv.Itoa(n), tasks, 0, since))
		}
		var m placement.Matcher
		places := rapid.IntRange(1, 3).Draw(t, "places")
		bound := (len(lines) + places - 1) / places
		for question := 1; ; question++ {
			waits := false
			before := make([]bool, len(lines))
			for i, l := range lines {
				before[i] = len(l.demand.Tasks) > 0
				waits = waits || before[i]
			}
			if !waits {
				break
			}
			ask(&m, lines, question, places, now.Add(time.Duration(question)*time.Second))
			for i, l := range lines {
				if before[i] && question-l.last >= bound+1 {
					t.Fatalf("%s got no place in %d questions, of %d places for %d jobs", l.demand.Job.ID, question-l.last, places, len(lines))
				}
			}
		}
	})
}

// TestABigJobHoldsUpNoSmallOne: with ten places at a time, a job of ten has them all
// after two questions beside one of 50,000 that was there long before.
func TestABigJobHoldsUpNoSmallOne(t *testing.T) {
	big, small := newLine("big", 50_000, 0, now.Add(-10*time.Minute)), newLine("small", 10, 0, now)
	var m placement.Matcher
	for question := 1; question <= 2; question++ {
		got := ask(&m, []*line{big, small}, question, 10, now.Add(time.Duration(question)*time.Second))
		if got["big"] != 5 || got["small"] != 5 {
			t.Errorf("question %d: %v", question, got)
		}
	}
	if len(small.demand.Tasks) > 0 {
		t.Errorf("%d of the small job wait after 20 places", len(small.demand.Tasks))
	}
}

// TestPriorities: the larger is placed first, and what has waited for long is raised.
func TestPriorities(t *testing.T) {
	for _, c := range []struct {
		waited     time.Duration
		priorities []uint32
		// first reports whether the oldest, of the smallest priority, gets a place at once.
		first bool
	}{
		{placement.AgeStep - time.Second, []uint32{1, 2}, false},
		{placement.AgeStep, []uint32{1, 2}, true},
		{placement.AgeStep, []uint32{1, 4_000_000_000}, true},
		{placement.AgeStep, []uint32{1, 2, 3}, false},
		{2 * placement.AgeStep, []uint32{1, 2, 3}, true},
		{9 * placement.AgeStep, []uint32{1, 2, 3}, true},
		{-time.Hour, []uint32{1, 2, 3}, false},
	} {
		var lines []*line
		for i, priority := range c.priorities {
			since := now
			if i == 0 {
				since = now.Add(-c.waited)
			}
			lines = append(lines, newLine("job"+strconv.Itoa(i), 5, priority, since))
		}
		var m placement.Matcher
		got := ask(&m, lines, 1, 1, now)
		want := "job" + strconv.Itoa(len(lines)-1)
		if c.first {
			want = "job0"
		}
		if got[want] != 1 {
			t.Errorf("%v after %v: %v, want %s", c.priorities, c.waited, got, want)
		}
	}
}

// TestNobodyWaitsForEver: while jobs of larger priorities come all the time, one of the
// smallest has its place within as many AgeSteps as there are other priorities, and one
// turn.
func TestNobodyWaitsForEver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.IntRange(1, 4).Draw(t, "priorities")
		low := newLine("low", 3, 0, now)
		lines := []*line{low}
		var m placement.Matcher
		step := placement.AgeStep / 4
		for question := 1; len(low.demand.Tasks) == 3; question++ {
			at := now.Add(time.Duration(question) * step)
			for n := range levels { // Each question brings more than there are places.
				lines = append(lines, newLine(fmt.Sprintf("j%d.%d", question, n), 1, uint32(n+1), at))
			}
			ask(&m, lines, question, 1, at)
			if at.Sub(now) > time.Duration(levels)*placement.AgeStep+step {
				t.Fatalf("low has waited for %v beside %d larger priorities", at.Sub(now), levels)
			}
		}
	})
}
