package cluster_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestVersionsThatAreKept: those that tasks of this run have, over or not, and no others
// beyond the newest.
func TestVersionsThatAreKept(t *testing.T) {
	l, task := in(t, "RUNNING")
	l.Plan("web", events.TasksPlanned{Run: task.Run, Version: 1, Group: "web", Slots: clustertest.Slots(1, 1, 1)})
	j := l.Submit(clustertest.Service("web", 1)) // The task is of the run before.
	image := func(n int) {
		for i := range n {
			update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = fmt.Sprint("v", j.Version, i) })
		}
	}
	image(1)
	rolloutEvent(t, l, j, "succeeded")
	if j.Stood != 2 {
		t.Fatalf("version %d stood", j.Stood)
	}
	image(1)
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 3, Group: "web", Slots: clustertest.Slots(2, 2, 1)})
	ended := j.Slots[2].Newest()
	l.Stage(ended)
	l.Report(ended, "TASK_FAILED", "u")
	image(2 * cluster.VersionsKept)
	if j.SpecOf(1) != nil || j.SpecOf(2) == nil || j.SpecOf(3) == nil || j.SpecOf(4) != nil || len(j.Versions) != cluster.VersionsKept+2 {
		t.Errorf("%d versions are kept; 1: %t, 2: %t, 3: %t, 4: %t", len(j.Versions), j.SpecOf(1) != nil, j.SpecOf(2) != nil, j.SpecOf(3) != nil, j.SpecOf(4) != nil)
	}
	if g := j.GroupOf(ended); g == nil || g.Container.Image != j.SpecOf(3).Tasks[0].Container.Image {
		t.Errorf("what has ended is of %+v", g)
	}
	// What stood is kept also where there are more than are held.
	for i := range uint32(2 * cluster.VersionsHeld) {
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: j.Version, Group: "web", Slots: clustertest.Slots(i+10, i+10, 1)})
		image(1)
	}
	if len(j.Versions) != cluster.VersionsHeld || j.SpecOf(2) == nil || j.SpecOf(j.Version) == nil {
		t.Errorf("%d versions are kept, what stood: %t", len(j.Versions), j.SpecOf(2) != nil)
	}
}

// TestAVersionThatIsLost is stood for by the newest before it, or by the oldest that there
// is: who stops such a task knows how.
func TestAVersionThatIsLost(t *testing.T) {
	l, task := in(t, "RUNNING")
	j := l.State.Jobs["web"]
	for i := range 3 * cluster.VersionsKept {
		update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = fmt.Sprint("v", i+2) })
	}
	adopted := func(slot uint32, version uint64) string {
		l.Task("web", slot, events.TaskAdopted{
			Run: j.Run, Version: version, Group: "web", Slot: slot, Attempt: 1, TaskID: fmt.Sprint("t", slot), State: "TASK_RUNNING",
		})
		g := j.GroupOf(j.Slots[slot].Newest())
		if g == nil {
			return "nothing"
		}
		return g.Container.Image
	}
	if got := adopted(5, 7); got != "x" { // Of version 1, which the first task has.
		t.Errorf("version 7 is taken for %s", got)
	}
	l.Report(task, "TASK_FAILED", "v")
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: j.Version, Group: "web", Slots: clustertest.Slots(0, 0, 2)})
	l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(5, 5, 1)})
	l.Report(j.Slots[5].Newest(), "TASK_FAILED", "v")
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: j.Version, Group: "web", Slots: clustertest.Slots(5, 5, 2)})
	rolloutEvent(t, l, j, "succeeded")
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "last" })
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "the last" })
	oldest := j.Versions[0]
	if got := adopted(6, 2); oldest.Number < 3 || got != oldest.Spec.Tasks[0].Container.Image {
		t.Errorf("version 2 is taken for %s, the oldest is %d", got, oldest.Number)
	}
}

// TestTheGroupOfAnotherRun is the one of now: what its versions were nobody knows.
func TestTheGroupOfAnotherRun(t *testing.T) {
	l, task := in(t, "RUNNING")
	j := l.Submit(clustertest.Service("web", 1))
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "y" })
	if g := j.GroupOf(task); g != j.Group("web") {
		t.Errorf("it is of %+v", g)
	}
}

// TestWhatAnUpdateTells: who made a version, of which it is the spec again, by which key.
func TestWhatAnUpdateTells(t *testing.T) {
	l, j := rolloutIn(t, "rolling")
	spec, err := j.SpecOf(1).JSON()
	if err != nil {
		t.Fatal(err)
	}
	l.Append(events.Subject{Role: events.RoleJob, Job: "web"}, events.Envelope{Actor: "ann"}, events.JobUpdated{
		Run: j.Run, Version: 3, Spec: spec, RevertOf: 1, IdempotencyKey: "k",
	})
	if v := j.VersionOf(3); v.By != "ann" || v.RevertOf != 1 || v.Key != "k" || v.Sequence != l.State.Sequence {
		t.Errorf("version 3 is %+v", v)
	}
	if j.TemplateOf("web") != 1 || j.Outdated(j.Slots[0].Newest()) {
		t.Error("what is the same as version 1 is not of its template")
	}
}
