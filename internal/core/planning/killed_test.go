package planning_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestKilledByAUser: what runs is killed at once, and started again; who asked and why is
// its reason. What was started since is not meant.
func TestKilledByAUser(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 3))
	b.decide()
	b.run(0, 1)
	ask := func(ev events.KillRequested) {
		ev.Run = b.j.Run
		b.Append(events.Subject{Role: events.RoleJob, Job: "web"}, events.Envelope{Actor: "ann"}, ev)
	}
	killed := func(from, to, attempt uint32, reason string) events.Event {
		return events.TasksDoomed{Run: b.j.Run, Slots: clustertest.Slots(from, to, attempt), Reason: reason, Class: "killed", GraceMillis: 5000, Keep: true}
	}
	ask(events.KillRequested{Slots: clustertest.Slots(1, 1, 1), Reason: "stuck"})
	b.want(killed(1, 1, 1, "killed by ann: stuck"))
	b.end(1, "TASK_KILLED")
	b.want(b.planned(1, 1, 2, "killed by ann: stuck", time.Time{}))
	b.run(1)
	ask(events.KillRequested{Slots: clustertest.Slots(1, 1, 1)})
	b.want()
	ask(events.KillRequested{Group: "db"})
	b.want()
	ask(events.KillRequested{}) // Slot 2 has no place yet.
	both, _ := killed(0, 0, 1, "killed by ann").(events.TasksDoomed)
	both.Slots = append(both.Slots, clustertest.Slots(1, 1, 2)...)
	b.want(both)
	if b.task(2).Doom != nil || b.j.Slots[1].Failures != 0 {
		t.Errorf("slot 2 %v, %d failures", b.task(2).Doom, b.j.Slots[1].Failures)
	}
}
