package reaping

import (
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/deciding"
	"github.com/milosgajdos/taurus/pkg/events"
)

// large is a service of so many tasks, all of which run, and the slots of some are told
// to end.
func large(t testing.TB, tasks uint32, doomed ...uint32) (*clustertest.Log, *cluster.Job) {
	t.Helper()
	l := clustertest.New()
	l.Elect()
	l.Append(events.Subject{Role: events.RoleLauncher}, events.Envelope{Epoch: l.State.Launcher.Epoch}, events.SubscriptionOpened{
		FrameworkID: "F", StreamID: "s", Master: "m",
	})
	j := l.Submit(clustertest.Service("web", tasks))
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, tasks-1, 1)})
	for _, slot := range j.Slots {
		l.Stage(slot.Newest())
		l.Report(slot.Newest(), "TASK_RUNNING", "u")
	}
	for _, n := range doomed {
		l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(n, n, 1), Reason: "r", GraceMillis: 1000})
	}
	return l, j
}

// TestOnlyTheDoomedAreLookedAt: a decision about a large job does not look at the slots in
// which nothing is doomed: here they are not even there.
func TestOnlyTheDoomedAreLookedAt(t *testing.T) {
	l, j := large(t, 100, 3, 97)
	for n := range j.Slots {
		if n != 3 && n != 97 {
			j.Slots[n] = nil
		}
	}
	decide := func() deciding.Proposal { return policy{}.Decide(l.State, j, l.Now, deciding.Takes{}) }
	ev, issues := decide().Event.(events.KillIssued)
	if !issues || len(ev.Slots) != 2 {
		t.Fatalf("%+v", ev)
	}
	l.Append(events.Subject{Role: events.RoleKill, Job: "web"}, events.Envelope{}, ev)
	if p := decide(); p.Event != nil || !p.Wake.Equal(l.Now.Add(Margin+1000e6)) {
		t.Errorf("%+v", p)
	}
	l.Report(j.Slots[3].Newest(), "TASK_KILLED", "k")
	l.Report(j.Slots[97].Newest(), "TASK_KILLED", "k")
	j.Slots[3], j.Slots[97] = nil, nil
	if p := decide(); p.Event != nil || !p.Wake.IsZero() {
		t.Errorf("%+v", p)
	}
}

// BenchmarkDecide is a look at a large job of which nothing, or little, is doomed.
func BenchmarkDecide(b *testing.B) {
	for name, doomed := range map[string][]uint32{"nothing": nil, "two": {7, 70}} {
		b.Run(name, func(b *testing.B) {
			l, j := large(b, 50_000, doomed...)
			for b.Loop() {
				policy{}.Decide(l.State, j, l.Now, deciding.Takes{})
			}
		})
	}
}
