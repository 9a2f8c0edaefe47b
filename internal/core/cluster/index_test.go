package cluster_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// twoGroups is a log with a job of the groups web and db that nothing is planned of.
func twoGroups() (*clustertest.Log, *cluster.Job) {
	l := clustertest.New()
	l.Elect()
	spec := clustertest.Batch("j", 3)
	spec.Tasks = append(spec.Tasks, job.Group{Name: "db", Replicas: 3, Container: &job.Container{Image: "x"}})
	return l, l.Submit(spec)
}

func seated(l *clustertest.Log, j *cluster.Job, group string, from, to, attempt uint32) {
	l.Plan(j.ID, events.TasksPlanned{Run: j.Run, Version: 1, Group: group, Slots: clustertest.Slots(from, to, attempt)})
}

func givenUp(l *clustertest.Log, j *cluster.Job, slot, attempt uint32) {
	l.Plan(j.ID, events.TasksDoomed{Run: j.Run, Reason: "test", Slots: clustertest.Slots(slot, slot, attempt)})
}

// TestIndexOfASlotWhoseOlderTaskGoesOn: what was put beside it and is given up again leaves
// the index to it, so that no other slot gets the same; once both are given up it is free.
func TestIndexOfASlotWhoseOlderTaskGoesOn(t *testing.T) {
	l, j := twoGroups()
	seated(l, j, "web", 0, 0, 1)
	old := j.Slots[0].Newest()
	l.Stage(old)
	l.Report(old, "TASK_RUNNING", "u")
	l.Plan(j.ID, events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 2), Beside: true})
	l.Withdraw(j.Slots[0].Newest())
	l.Plan(j.ID, events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 3), Beside: true})
	givenUp(l, j, 0, 3)
	seated(l, j, "web", 1, 1, 1)
	if got := j.Slots[1].Newest().Index; got != 1 || old.Index != 0 || old.Doom != nil {
		t.Fatalf("slot 1 has index %d beside slot 0 with %d", got, old.Index)
	}
	givenUp(l, j, 0, 1)
	seated(l, j, "web", 2, 2, 1)
	if got := j.Slots[2].Newest().Index; got != 0 {
		t.Errorf("slot 2 has index %d, want the one that was given up", got)
	}
}

// TestIndexesAreOfTheGroup, whatever the numbers of its slots, and stay with the slot.
func TestIndexesAreOfTheGroup(t *testing.T) {
	l, j := twoGroups()
	want := func(slot, index uint32) {
		t.Helper()
		if got := j.Slots[slot].Newest().Index; got != index {
			t.Errorf("slot %d has index %d, want %d", slot, got, index)
		}
	}
	seated(l, j, "web", 0, 2, 1)
	seated(l, j, "db", 3, 5, 1)
	for slot, index := range map[uint32]uint32{0: 0, 2: 2, 3: 0, 5: 2} {
		want(slot, index)
	}
	task := j.Slots[4].Newest()
	l.Stage(task)
	l.Report(task, "TASK_FAILED", "u")
	seated(l, j, "db", 4, 4, 2)
	want(4, 1) // The next attempt has what the first had.
	seated(l, j, "db", 6, 6, 1)
	want(6, 3)
	givenUp(l, j, 3, 1)
	seated(l, j, "db", 7, 8, 1)
	want(7, 0) // That of the slot that was given up, and no longer is in use by what is wanted.
	want(8, 4)
	if got := j.Slots[3].Newest().Index; got != 0 {
		t.Errorf("the doomed task has become %d", got)
	}
}

// TestIndexesOfANewRun begin at 0, and none is left of a deleted job.
func TestIndexesOfANewRun(t *testing.T) {
	l, j := twoGroups()
	seated(l, j, "web", 0, 2, 1)
	for slot := range uint32(3) {
		givenUp(l, j, slot, 1)
		l.Withdraw(j.Slots[slot].Newest())
	}
	l.Job("j", events.JobStopped{Run: j.Run})
	l.Job("j", events.JobDeleted{Run: j.Run})
	l.Submit(clustertest.Batch("j", 2))
	seated(l, j, "web", 0, 1, 1)
	if a, b := j.Slots[0].Newest().Index, j.Slots[1].Newest().Index; a != 0 || b != 1 {
		t.Errorf("indexes are %d and %d", a, b)
	}
}

// TestAnAdoptedTaskKeepsItsIndex, which it was started with, unless another has it.
func TestAnAdoptedTaskKeepsItsIndex(t *testing.T) {
	l, j := twoGroups()
	adopt := func(slot, index uint32) *cluster.Task {
		l.Task("j", slot, events.TaskAdopted{
			Run: j.Run, Version: 1, Group: "web", Slot: slot, Attempt: 1, TaskID: clustertest.TaskID("j", j.Run, slot, 1),
			State: "TASK_RUNNING", Index: &index,
		})
		return j.Slots[slot].Newest()
	}
	for _, c := range []struct{ slot, told, want uint32 }{{7, 2, 2}, {5, 2, 0}, {6, 700, 700}, {8, cluster.SlotEnd, 1}} {
		if got := adopt(c.slot, c.told).Index; got != c.want {
			t.Errorf("slot %d was told %d and has %d, want %d", c.slot, c.told, got, c.want)
		}
	}
	seated(l, j, "web", 0, 0, 1)
	if got := j.Slots[0].Newest().Index; got != 3 {
		t.Errorf("the next has index %d, want 3", got)
	}
	l.Task("j", 20, events.TaskAdopted{Run: j.Run + 90, Version: 1, Group: "web", Slot: 20, Attempt: 1, TaskID: "x", State: "TASK_RUNNING"})
	if got := j.Slots[20].Newest().Index; got != 0 {
		t.Errorf("a task of another run has index %d", got)
	}
}

// TestIndexes: whatever slots groups take and give up, no two that a group holds have
// the same index, one stays while the slot does, and each is the lowest that was free.
func TestIndexes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, j := twoGroups()
		model := map[string]map[uint32]uint32{"web": {}, "db": {}} // by group: indexes by slot
		attempts := map[uint32]uint32{}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			slot := rapid.Uint32Range(0, 9).Draw(t, "slot")
			holder := ""
			for group, held := range model {
				if _, has := held[slot]; has {
					holder = group
				}
			}
			if holder != "" && rapid.Bool().Draw(t, "given up") {
				givenUp(l, j, slot, attempts[slot])
				delete(model[holder], slot)
				continue
			}
			group := holder
			if group == "" {
				group = rapid.SampledFrom([]string{"web", "db"}).Draw(t, "group")
				index, taken := uint32(0), slices.Sorted(maps.Values(model[group]))
				for slices.Contains(taken, index) {
					index++
				}
				model[group][slot] = index
			}
			for _, task := range attemptsOf(j, slot) {
				if task.Live() { // Else the slot is full some day.
					l.Withdraw(task)
				}
			}
			attempts[slot]++
			seated(l, j, group, slot, slot, attempts[slot])
			for group, held := range model {
				for slot, index := range held {
					if got := j.Slots[slot].Newest(); got.Index != index || got.Group != group {
						t.Fatalf("slot %d is %s[%d], want %s[%d]", slot, got.Group, got.Index, group, index)
					}
				}
			}
		}
	})
}

// TestManyIndexes: to plan a job of 50,000 tasks and to give up every other one takes
// no time to speak of. Looking through what is taken for each would take minutes.
func TestManyIndexes(t *testing.T) {
	const n = 50_000
	l := clustertest.New()
	j := l.Submit(clustertest.Batch("j", n))
	began := time.Now()
	seated(l, j, "web", 0, n-1, 1)
	for slot := uint32(0); slot < n; slot += 2 {
		givenUp(l, j, slot, 1)
	}
	seated(l, j, "web", n, n+n/2-1, 1)
	if got := j.Slots[n+n/2-1].Newest().Index; got != n-2 {
		t.Errorf("the last has index %d, want %d", got, n-2)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

func attemptsOf(j *cluster.Job, slot uint32) []*cluster.Task {
	if j.Slots[slot] == nil {
		return nil
	}
	return slices.Clone(j.Slots[slot].Tasks)
}
