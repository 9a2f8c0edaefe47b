package launching

import (
	"cmp"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/placement"
	"github.com/milosgajdos/taurus/internal/job"
)

// asFound is what may be launched of all tasks of a job that wait, found by looking at
// every one, and when the next back-off ends.
func asFound(j *cluster.Job, at machine.Moment) (map[string][]*cluster.Task, time.Time) {
	found, wake := map[string][]*cluster.Task{}, time.Time{}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.State != cluster.Waiting || t.Doom != nil || t.Run != j.Run || j.Over() || slot.Occupied(t) {
				continue
			}
			if t.NotBefore.After(at.Log) {
				wake = earlier(wake, at.Now.Add(t.NotBefore.Sub(at.Log)))
				continue
			}
			found[t.Group] = append(found[t.Group], t)
		}
	}
	for _, tasks := range found {
		slices.SortFunc(tasks, func(a, b *cluster.Task) int {
			return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Attempt, b.Attempt))
		})
	}
	return found, wake
}

// TestDemands: however tasks come, go, are doomed, or have to wait, the demands are those
// of who looks at all tasks.
func TestDemands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := &job.Spec{ID: "web", Tasks: []job.Group{{Name: "a", Replicas: 9}, {Name: "b", Replicas: 9}}}
		j := &cluster.Job{ID: "web", Run: 2, Spec: spec, Slots: map[uint32]*cluster.Slot{}}
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		m := &Machine{state: &cluster.State{Jobs: map[string]*cluster.Job{"web": j}}, pending: newPending()}
		attempt := uint32(0)
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			slot := rapid.Uint32Range(0, 5).Draw(t, "slot")
			if j.Slots[slot] == nil {
				j.Slots[slot] = &cluster.Slot{Number: slot}
			}
			s := j.Slots[slot]
			var task *cluster.Task
			if len(s.Tasks) > 0 && rapid.Bool().Draw(t, "changed") {
				task = s.Tasks[rapid.IntRange(0, len(s.Tasks)-1).Draw(t, "task")]
				switch rapid.IntRange(0, 3).Draw(t, "change") {
				case 0:
					task.State = max(task.State, cluster.Staged)
					task.Template++ // It was staged by one that knew another version.
				case 1:
					task.State = max(task.State, cluster.Finished)
				case 2:
					task.Doom = &cluster.Doom{}
				case 3:
					task.Unreachable = task.State == cluster.Running
				}
			} else {
				attempt++
				task = &cluster.Task{
					Job: "web", Run: rapid.Uint64Range(1, 2).Draw(t, "run"), Slot: slot, Attempt: attempt, State: cluster.Waiting,
					Group:     rapid.SampledFrom([]string{"a", "b"}).Draw(t, "group"),
					NotBefore: now.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "back-off")) * time.Second),
				}
				s.Tasks = append(s.Tasks, task)
			}
			m.pending.update(cluster.Change{Job: j, Tasks: []*cluster.Task{task}})
			if rapid.IntRange(0, 2).Draw(t, "asked") > 0 {
				continue
			}
			m.at = machine.Moment{Now: now.Add(time.Hour), Log: now.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "later")) * time.Second)}
			demands, wake := m.demands()
			want, wakeWanted := asFound(j, m.at)
			got := map[string][]*cluster.Task{}
			for _, d := range demands {
				got[d.Group.Name] = d.Tasks
			}
			if !reflect.DeepEqual(got, want) || !wake.Equal(wakeWanted) {
				t.Fatalf("%v at %v, want %v at %v", got, wake, want, wakeWanted)
			}
		}
	})
}

// BenchmarkDemands: what it takes to know what of 100,000 tasks that wait may be launched,
// after a thousand of them were.
func BenchmarkDemands(b *testing.B) {
	const tasks, launched = 100_000, 1000
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	spec := &job.Spec{ID: "web", Tasks: []job.Group{{Name: "a", Replicas: tasks}}}
	j := &cluster.Job{ID: "web", Run: 2, Spec: spec, Slots: map[uint32]*cluster.Slot{}}
	m := &Machine{state: &cluster.State{Jobs: map[string]*cluster.Job{"web": j}}, pending: newPending()}
	m.at = machine.Moment{Now: now, Log: now}
	for n := range uint32(tasks) {
		t := &cluster.Task{Job: "web", Run: 2, Slot: n, Attempt: 1, State: cluster.Waiting, Group: "a", PlannedAt: now}
		j.Slots[n] = &cluster.Slot{Number: n, Tasks: []*cluster.Task{t}}
		m.pending.update(cluster.Change{Job: j, Tasks: []*cluster.Task{t}})
	}
	var demands []placement.Demand
	next := 0
	for b.Loop() {
		for range launched {
			if t := j.Slots[uint32(next)].Tasks[0]; next < tasks-launched {
				t.State = cluster.Staged
				m.pending.update(cluster.Change{Job: j, Tasks: []*cluster.Task{t}})
				next++
			}
		}
		if demands, _ = m.demands(); len(demands) != 1 || len(demands[0].Tasks) != tasks-next {
			b.Fatalf("%d demands", len(demands))
		}
	}
}
