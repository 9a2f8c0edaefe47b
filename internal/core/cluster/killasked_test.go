package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// threePlanned is a service of three tasks that are planned.
func threePlanned(t *testing.T) (*clustertest.Log, *cluster.Job) {
	t.Helper()
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 3))
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 2, 1)})
	return l, j
}

// TestDismissing: what is named is given up with what is in it, and what a planner that
// knows of nothing yet puts there; the group has so many fewer.
func TestDismissing(t *testing.T) {
	t.Parallel()
	l, j := threePlanned(t)
	c := l.Append(events.Subject{Role: events.RoleJob, Job: "web"}, events.Envelope{Actor: "ann"}, events.KillRequested{
		Run: j.Run, Group: "web", Slots: clustertest.Slots(1, 1, 1), Reason: "bad disk", Version: 2, Replicas: 2,
	})
	if c.Judgement != cluster.Counted || len(c.Tasks) != 1 || j.Version != 2 || j.Target != 2 || j.Spec.Tasks[0].Replicas != 2 {
		t.Fatalf("%+v, version %d", c, j.Version)
	}
	if v := j.VersionOf(2); v.Scaled != "web" || v.By != "ann" || j.Rollout.Began != 0 {
		t.Errorf("%+v, rollout %+v", v, j.Rollout)
	}
	slot := j.Slots[1]
	for attempt, want := range map[uint32]bool{1: true, 2: true, 3: false} {
		who := slot.Dismissed(&cluster.Task{Run: j.Run, Slot: 1, Attempt: attempt})
		if (who != nil) != want || want && (who.By != "ann" || who.Reason != "bad disk" || who.Sequence != l.State.Sequence) {
			t.Errorf("attempt %d: %+v", attempt, who)
		}
	}
	if slot.Dismissed(&cluster.Task{Run: j.Run + 1, Attempt: 1}) != nil || j.Slots[0].Dismissed(j.Slots[0].Newest()) != nil {
		t.Error("others are dismissed, too")
	}
	// The next slot that the group takes has the index that is free.
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 2, Group: "web", Slots: clustertest.Slots(5, 5, 1)})
	if index := j.Slots[5].Newest().Index; index != 1 {
		t.Errorf("index %d", index)
	}
	l.Submit(clustertest.Service("web", 3))
	if slot.DismissedThrough(j.Run) != 0 || slot.Dismissed(slot.Newest()) != nil {
		t.Error("a new run knows of it")
	}
}

// TestDismissingThatIsRejected says nothing of the job at all.
func TestDismissingThatIsRejected(t *testing.T) {
	t.Parallel()
	for name, ev := range map[string]events.KillRequested{
		"version is 1":                        {Group: "web", Version: 1, Replicas: 2},
		"makes it 100001 tasks in the job":    {Group: "web", Version: 2, Replicas: 100_001},
		"version is 1048578, that of the job": {Group: "web", Version: 1<<20 + 2},
	} {
		l, j := threePlanned(t)
		ev.Run, ev.Slots = j.Run, clustertest.Slots(1, 1, 1)
		c := l.Job("web", ev)
		if c.Judgement != cluster.Rejected || !strings.Contains(l.State.Rejections.Newest[0].Reason, name) {
			t.Errorf("%s: %s, %+v", name, c.Judgement, l.State.Rejections)
		}
		if j.Version != 1 || j.Spec.Tasks[0].Replicas != 3 || j.Slots[1].DismissedThrough(j.Run) != 0 {
			t.Errorf("%s: it counts", name)
		}
	}
	l, j := threePlanned(t)
	if c := l.Job("web", events.KillRequested{Run: j.Run + 1, Group: "web", Slots: clustertest.Slots(1, 1, 1), Version: 2}); c.Judgement != cluster.Outranked || j.Version != 1 {
		t.Errorf("of another run: %s", c.Judgement)
	}
}

// TestRequestsAreKept: the newest, of runs before too, the first of each key, until the
// job is deleted.
func TestRequestsAreKept(t *testing.T) {
	t.Parallel()
	l, j := threePlanned(t)
	key := func(n int) string { return fmt.Sprint("k", n) }
	for n := range cluster.RequestsKept + 3 {
		l.Job("web", events.KillRequested{Run: j.Run, Slots: clustertest.Slots(0, 0, 1), IdempotencyKey: key(n)})
		l.Job("web", events.KillRequested{Run: j.Run})
	}
	l.Job("web", events.JobRestarted{Run: j.Run, Version: 1, IdempotencyKey: key(9)})
	l.Job("web", events.KillRequested{Run: j.Run + 7, IdempotencyKey: "none"})
	l.Submit(clustertest.Service("web", 1))
	if len(j.Requests) != cluster.RequestsKept || j.Request(key(2)) != nil || j.Request("") != nil || j.Request("none") != nil {
		t.Fatalf("%+v", j.Requests)
	}
	for n := 3; n < cluster.RequestsKept+3; n++ {
		if r := j.Request(key(n)); r == nil || r.Kind != cluster.RequestKill || !r.Names([]uint32{0}) || r.Names([]uint32{1}) || r.Names(nil) {
			t.Errorf("%d: %+v", n, r)
		}
	}
	l.Job("web", events.JobRestarted{Run: j.Run, Version: 1, Group: "web", IdempotencyKey: "r"})
	if r := j.Request("r"); r == nil || r.Kind != cluster.RequestRestart || r.Group != "web" || !r.Names(nil) {
		t.Errorf("%+v", r)
	}
	l.Job("web", events.JobStopped{Run: j.Run})
	l.Job("web", events.JobDeleted{Run: j.Run})
	if len(j.Requests) != 0 {
		t.Error("a job that was deleted keeps them")
	}
}
