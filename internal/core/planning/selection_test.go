package planning_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

func selecting(word string, replicas uint32) *job.Spec {
	s := clustertest.Service("web", replicas)
	s.Tasks[0].KillSelection = word
	s.Tasks[0].HealthCheck = &job.HealthCheck{Path: "/"}
	return s
}

// TestKillSelection: which tasks go when fewer are wanted.
func TestKillSelection(t *testing.T) {
	for word, want := range map[string][]uint32{
		"": {4, 5}, job.KillHighestSlot: {4, 5}, job.KillNewest: {1, 5}, job.KillOldest: {3, 4}, job.KillUnhealthy: {0, 2},
	} {
		t.Run(word, func(t *testing.T) {
			b := newBench(t, selecting(word, 6))
			b.decide()
			b.run(0, 1, 2, 3, 4, 5)
			b.end(1, "TASK_FAILED") // So its next is the newest.
			b.decide()
			b.run(1)
			b.end(5, "TASK_FAILED")
			b.decide()
			b.run(5)
			for n := range uint32(6) {
				report := clustertest.Status(b.task(n), "TASK_RUNNING", "h")
				report.Healthy = new(n != 2)
				if n == 0 {
					continue // It is not checked yet.
				}
				b.Task("web", n, report)
			}
			b.Job("web", events.JobScaled{Run: b.j.Run, Version: b.j.Version + 1, Group: "web", Replicas: 4})
			ev, ok := b.decide().(events.TasksDoomed)
			got := slices.Collect(maps.Keys(maps.Collect(ranges.All(ev.Slots))))
			slices.Sort(got)
			if !ok || ev.Class != "scaled_down" || !slices.Equal(got, want) {
				t.Fatalf("%+v dooms %v, want %v", ev, got, want)
			}
			b.want()
			for _, n := range want {
				b.end(n, "TASK_KILLED")
			}
			b.want()
			b.Job("web", events.JobScaled{Run: b.j.Run, Version: b.j.Version + 1, Group: "web", Replicas: 5})
			if ev, ok := b.decide().(events.TasksPlanned); !ok || len(ev.Slots) != 1 || ev.Slots[0].From != want[0] {
				t.Errorf("the lowest gap is filled by %+v", ev)
			}
		})
	}
}

// TestSelectionSparesWhatServes: whatever has happened to a service, scaling it down dooms
// just what is too much, nothing that serves while what does not would do, of what serves what
// the job says; and what happens later dooms nothing more.
func TestSelectionSparesWhatServes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{job.KillNewest, job.KillOldest, job.KillUnhealthy}).Draw(t, "word")
		replicas := rapid.Uint32Range(1, 8).Draw(t, "replicas")
		m := &machine{log: clustertest.New()}
		m.log.Elect()
		spec := selecting(word, replicas)
		spec.Tasks[0].Restart = &job.Restart{Policy: job.RestartOnFailure}
		m.log.Submit(spec)
		m.planAll(t)
		happen := func() {
			for range rapid.IntRange(0, 25).Draw(t, "steps") {
				m.log.Pass(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
				live := m.tasks((*cluster.Task).Live)
				if len(live) == 0 {
					return
				}
				task := live[rapid.IntRange(0, len(live)-1).Draw(t, "task")]
				if task.ID == "" {
					m.log.Stage(task)
					continue
				}
				ev := clustertest.Status(task, rapid.SampledFrom([]string{"TASK_RUNNING", "TASK_RUNNING", "TASK_RUNNING", "TASK_FAILED", "TASK_FINISHED"}).Draw(t, "state"), "u")
				if ev.State == "TASK_RUNNING" && rapid.Bool().Draw(t, "checked") {
					ev.Healthy = new(rapid.Bool().Draw(t, "healthy"))
				}
				m.log.Task("web", task.Slot, ev)
				if !m.job().Over() && rapid.Bool().Draw(t, "plan") {
					m.planAll(t)
				}
			}
		}
		happen()
		m.planAll(t)
		j := m.job()
		if j.Over() {
			return
		}
		fewer := rapid.Uint32Range(0, replicas-1).Draw(t, "fewer")
		standing := map[uint32]*cluster.Task{}
		for n, slot := range j.Slots {
			standing[n] = j.Standing(slot)
		}
		m.log.Job("web", events.JobScaled{Run: j.Run, Version: j.Version + 1, Group: "web", Replicas: fewer})
		live, gone := 0, map[uint32]bool{}
		for _, task := range standing {
			if task.Live() {
				live++
			}
		}
		if ev, ok := planning.Decide(j, m.log.Now).Event.(events.TasksDoomed); ok {
			for n := range ranges.All(ev.Slots) {
				gone[n] = true
			}
		}
		if want := max(0, live-int(fewer)); len(gone) != want {
			t.Fatalf("%d of %d are doomed for %d: %v", len(gone), live, fewer, gone)
		}
		for n := range gone {
			for other, task := range standing {
				if task.Live() && !gone[other] && goesBefore(word, task, standing[n]) {
					t.Fatalf("slot %d is doomed, and not %d, which goes before by %q", n, other, word)
				}
			}
		}
		m.planAll(t)
		checkQuiet(t, m)
		happen()
		for m.plan(t) {
			for _, task := range m.tasks(func(t *cluster.Task) bool { return t.Doom != nil && !gone[t.Slot] }) {
				if !j.Over() {
					t.Fatalf("%v is doomed later: %+v", task.Key(), task.Doom)
				}
			}
		}
	})
}

// goesBefore reports whether a is to go, and b is not, by a word.
func goesBefore(word string, a, b *cluster.Task) bool {
	if idle := a.State == cluster.Waiting; idle != (b.State == cluster.Waiting) || idle {
		return idle && b.State != cluster.Waiting
	}
	bad := func(t *cluster.Task) int {
		switch {
		case t.Unhealthy():
			return 0
		case t.UpSince.IsZero():
			return 1
		}
		return 2
	}
	switch word {
	case job.KillNewest:
		return a.Planned > b.Planned
	case job.KillOldest:
		return a.Planned < b.Planned
	}
	return bad(a) < bad(b)
}

// TestWhatEndedFirstIsNotWanted: a slot that went since its task had ended stays out of it
// when another fails, which is started again.
func TestWhatEndedFirstIsNotWanted(t *testing.T) {
	spec := selecting(job.KillNewest, 3)
	spec.Tasks[0].Restart = &job.Restart{Policy: job.RestartOnFailure}
	b := newBench(t, spec)
	b.decide()
	b.run(0, 1, 2)
	b.end(0, "TASK_FINISHED")
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: b.j.Version + 1, Group: "web", Replicas: 2})
	b.want()
	b.Pass(time.Second)
	b.end(1, "TASK_FAILED")
	if ev, ok := b.decide().(events.TasksPlanned); !ok || ev.Slots[0] != (events.SlotRange{From: 1, To: 1, Attempt: 2}) {
		t.Errorf("decided %+v", ev)
	}
}

// BenchmarkSelection is a look at a large job of which more is there than is wanted, all of
// it running.
func BenchmarkSelection(b *testing.B) {
	const tasks = 50_000
	log := clustertest.New()
	log.Elect()
	j := log.Submit(selecting(job.KillOldest, tasks))
	for d := planning.Decide(j, log.Now); d.Event != nil; d = planning.Decide(j, log.Now) {
		log.Plan("web", d.Event)
	}
	for _, slot := range j.Slots {
		log.Stage(slot.Newest())
		log.Report(slot.Newest(), "TASK_RUNNING", "u")
	}
	log.Job("web", events.JobScaled{Run: j.Run, Version: j.Version + 1, Group: "web", Replicas: tasks / 2})
	for b.Loop() {
		if _, ok := planning.Decide(j, log.Now).Event.(events.TasksDoomed); !ok {
			b.Fatal("nothing is doomed")
		}
	}
}
