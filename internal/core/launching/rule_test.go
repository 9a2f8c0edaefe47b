package launching

import (
	"slices"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestGangsTakeTurns: something is held for a gang for a while, then nothing for another
// while, and then again. To hold something again meanwhile begins no new while.
func TestGangsTakeTurns(t *testing.T) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	name := placement.Gang{Job: "a", Group: "web"}
	g := gangs{}
	if got := g.keep(nil, begin); got != nil {
		t.Errorf("nothing is kept: %v", got)
	}
	kept := &placement.Kept{Gang: name, Offers: []string{"O1"}}
	for _, c := range []struct {
		at          time.Duration
		gives, kept bool
	}{
		{0, false, true},
		{gangHold - 1, false, true},
		{gangHold, true, true},
		{gangHold + gangRest - 1, true, true},
		{gangHold + gangRest, false, false},
	} {
		now := begin.Add(c.at)
		if c.at < gangHold {
			g.keep(kept, now)
		}
		gives := g.givingWay(now)[name]
		if _, known := g[name]; gives != c.gives || known != c.kept {
			t.Errorf("after %s: gives way %t, known %t", c.at, gives, known)
		}
	}
	g.keep(kept, begin.Add(time.Hour))
	if g.givingWay(begin.Add(time.Hour + gangHold - 1))[name] {
		t.Error("it gives way before its second turn is over")
	}
}

// TestOnlyGangsWaitForABatch: others are placed beside what it holds of their group.
func TestOnlyGangsWaitForABatch(t *testing.T) {
	m := New(Config{}, cluster.New())
	m.cfg.Space = events.NewSpace(0)
	demand := func(id string, gang bool) placement.Demand {
		d := placement.Demand{Job: &cluster.Job{ID: id}, Group: &job.Group{Name: "web", Gang: gang}}
		for n := range uint32(2) {
			d.Tasks = append(d.Tasks, &cluster.Task{Job: id, Group: "web", Slot: n})
		}
		return d
	}
	all := []placement.Demand{demand("gang", true), demand("other", false), demand("free", true)}
	ids := func(b *batch) (list []string) {
		for _, d := range m.free(b, all) {
			list = append(list, d.Job.ID)
		}
		return list
	}
	b := m.newBatch(1)
	if got := ids(b); !slices.Equal(got, []string{"gang", "other", "free"}) {
		t.Errorf("with an empty batch: %v", got)
	}
	for _, id := range []string{"gang", "other"} {
		subject := m.cfg.Space.Task(id, 1)
		b.drafts, b.subjects[subject] = append(b.drafts, machine.Draft{Subject: subject}), true
	}
	if got := ids(b); !slices.Equal(got, []string{"other", "free"}) {
		t.Errorf("with a decision about each: %v", got)
	}
}

// TestWhoIsAdopted: what the log does not hold for alive, where its slot has room.
func TestWhoIsAdopted(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 1))
	adopted := func(slot, attempt uint32) {
		l.Task("web", slot, events.TaskAdopted{
			Run: j.Run, Version: 1, Group: "web", Slot: slot, Attempt: attempt, TaskID: clustertest.TaskID("web", j.Run, slot, attempt), State: "TASK_RUNNING",
		})
	}
	for attempt := range uint32(cluster.AttemptsHeld) {
		adopted(7, attempt+1)
	}
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	adopted(2, 1)
	l.Report(j.Slots[2].Newest(), "TASK_LOST", "")
	m := New(Config{}, l.State)
	m.session = &session{}
	for name, c := range map[string]struct {
		key            cluster.Key
		alive, crowded bool
	}{
		"of no job":            {cluster.Key{Job: "x", Run: 1, Slot: 0, Attempt: 1}, false, false},
		"of no slot":           {cluster.Key{Job: "web", Run: j.Run, Slot: 9, Attempt: 1}, false, false},
		"that waits":           {cluster.Key{Job: "web", Run: j.Run, Slot: 0, Attempt: 1}, false, false},
		"that is over":         {cluster.Key{Job: "web", Run: j.Run, Slot: 2, Attempt: 1}, false, false},
		"that is known":        {cluster.Key{Job: "web", Run: j.Run, Slot: 7, Attempt: 3}, true, false},
		"in a full slot":       {cluster.Key{Job: "web", Run: j.Run, Slot: 7, Attempt: 99}, false, true},
		"of another run in it": {cluster.Key{Job: "web", Run: j.Run + 5, Slot: 7, Attempt: 1}, false, true},
	} {
		if alive, crowded := m.alive(c.key), m.crowded(c.key); alive != c.alive || crowded != c.crowded {
			t.Errorf("%s: alive %t, crowded %t", name, alive, crowded)
		}
		m.session.adopt = map[cluster.Key]adoption{c.key: {}}
		m.addAdoptions(m.newBatch(1))
		if _, waits := m.session.adopt[c.key]; waits == (c.alive || c.crowded) {
			t.Errorf("%s: is to be adopted %t", name, waits)
		}
	}
	m.session.round.awaited = map[string]string{
		clustertest.TaskID("web", j.Run, 7, 1): "S1", clustertest.TaskID("web", j.Run, 2, 1): "S1", "nobody": "S2",
	}
	if named := m.unanswered(); len(named) != 1 || named[0].TaskID != clustertest.TaskID("web", j.Run, 7, 1) || len(m.session.round.awaited) != 1 {
		t.Errorf("asked about %+v", named)
	}
}

// TestWhoseResourcesAnOfferLacks: those of tasks that had their place when it was made,
// and no other: what was staged since is in what it says is free.
func TestWhoseResourcesAnOfferLacks(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 5))
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 4, 1)})
	offered := l.Now.Add(time.Minute)
	for n := range uint32(4) {
		l.Pass(30 * time.Second)
		l.Stage(j.Slots[n].Newest()) // Half a minute before, then, half a minute after ...
	}
	l.Report(j.Slots[0].Newest(), "TASK_FAILED", "u")
	m := New(Config{}, l.State)
	found := m.runningOn(map[string]agentOffer{"S1": {at: offered.Add(time.Second)}, "S9": {at: offered}})
	var slots []uint32
	for _, task := range found["S1"] {
		slots = append(slots, task.Slot)
	}
	if len(found) != 1 || !slices.Equal(slots, []uint32{1}) {
		t.Errorf("found %v of %d agents", slots, len(found))
	}
	if again := m.runningOn(map[string]agentOffer{"S1": {at: offered}}); len(again["S1"]) != 0 {
		t.Errorf("staged at the very time: %v", again)
	}
}
