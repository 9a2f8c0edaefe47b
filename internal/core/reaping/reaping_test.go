package reaping_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/core/reaping"
)

func TestDue(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	doom := &cluster.Doom{Grace: 5 * time.Second}
	again := now.Add(-5*time.Second - reaping.Margin)
	for _, c := range []struct {
		name string
		task cluster.Task
		due  bool
		wake time.Time
	}{
		{"not doomed", cluster.Task{State: cluster.Running, Confirmed: true}, false, time.Time{}},
		{"waiting", cluster.Task{State: cluster.Waiting, Doom: doom}, false, time.Time{}},
		{"staged, never heard of [V1]", cluster.Task{State: cluster.Staged, Doom: doom}, false, time.Time{}},
		{"staged, reconciled", cluster.Task{State: cluster.Staged, Confirmed: true, Doom: doom}, true, time.Time{}},
		{"running", cluster.Task{State: cluster.Running, Confirmed: true, Doom: doom}, true, time.Time{}},
		{"unreachable", cluster.Task{State: cluster.Running, Confirmed: true, Unreachable: true, Doom: doom}, false, time.Time{}},
		{"over", cluster.Task{State: cluster.Killed, Confirmed: true, Doom: doom}, false, time.Time{}},
		{
			"killed just now",
			cluster.Task{State: cluster.Running, Confirmed: true, Doom: doom, Kills: 1, KilledAt: now},
			false, now.Add(5*time.Second + reaping.Margin),
		},
		{
			"killed a grace and almost a margin ago",
			cluster.Task{State: cluster.Killing, Confirmed: true, Doom: doom, Kills: 1, KilledAt: again.Add(1)},
			false, now.Add(1),
		},
		{
			"killed a grace and a margin ago",
			cluster.Task{State: cluster.Killing, Confirmed: true, Doom: doom, Kills: 7, KilledAt: again},
			true, now,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			due, wake := reaping.Due(&c.task, now)
			if due != c.due || !wake.Equal(c.wake) {
				t.Errorf("%t, wake %s; want %t, %s", due, wake, c.due, c.wake)
			}
		})
	}
}

// TestIssue: an event names just the tasks that are issued, which are all that
// share run and grace; asking on with the rest comes to all of them.
func TestIssue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := map[cluster.Key]bool{}
		var tasks []*cluster.Task
		for range rapid.IntRange(1, 40).Draw(t, "tasks") {
			task := &cluster.Task{
				Job: "web", Run: rapid.Uint64Range(1, 2).Draw(t, "run"), Slot: rapid.Uint32Range(0, 12).Draw(t, "slot"),
				Attempt: rapid.Uint32Range(1, 2).Draw(t, "attempt"),
				Doom:    &cluster.Doom{Grace: time.Duration(rapid.IntRange(0, 1).Draw(t, "grace")) * time.Second},
			}
			if !seen[task.Key()] {
				seen[task.Key()] = true
				tasks = append(tasks, task)
			}
		}
		first, _ := reaping.Issue(slices.Clone(tasks))
		if again, _ := reaping.Issue(rapid.Permutation(tasks).Draw(t, "order")); !reflect.DeepEqual(first, again) {
			t.Fatalf("in another order %+v, then %+v", first, again)
		}
		left := slices.Clone(tasks)
		for events := 0; len(left) > 0; events++ {
			if events > 4 {
				t.Fatalf("%d events for two runs and two graces", events)
			}
			left = issue(t, left)
		}
	})
}

// issue takes one event's tasks out of those given.
func issue(t *rapid.T, tasks []*cluster.Task) []*cluster.Task {
	ev, issued := reaping.Issue(tasks)
	named := map[cluster.Key]bool{}
	for slot, attempt := range ranges.All(ev.Slots) {
		named[cluster.Key{Job: "web", Run: ev.Run, Slot: slot, Attempt: attempt}] = true
	}
	if len(named) != len(issued) {
		t.Fatalf("%d named, %d issued", len(named), len(issued))
	}
	for _, task := range issued {
		if !named[task.Key()] || task.Doom.Grace.Milliseconds() != ev.GraceMillis {
			t.Fatalf("%v with grace %s in %+v", task.Key(), task.Doom.Grace, ev)
		}
	}
	left := slices.DeleteFunc(tasks, func(task *cluster.Task) bool { return named[task.Key()] })
	for _, task := range left {
		if task.Run == ev.Run && task.Doom.Grace.Milliseconds() == ev.GraceMillis {
			t.Fatalf("%v fits the event, but is left out", task.Key())
		}
	}
	return left
}

// TestIssueIsBounded, so that the event fits into a message.
func TestIssueIsBounded(t *testing.T) {
	var tasks []*cluster.Task
	for n := range uint32(ranges.Max + 5) {
		tasks = append(tasks, &cluster.Task{Job: "web", Run: 1, Slot: 2 * n, Attempt: 1, Doom: &cluster.Doom{}})
	}
	ev, issued := reaping.Issue(tasks)
	if len(ev.Slots) != ranges.Max || len(issued) != ranges.Max {
		t.Errorf("%d ranges, %d tasks, want %d", len(ev.Slots), len(issued), ranges.Max)
	}
}
