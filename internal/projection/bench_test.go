package projection_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// manyJobs is a log of 10,000 jobs with ten planned tasks each.
func manyJobs() *writer {
	w := &writer{log: memory.New()}
	for n := range 10_000 {
		id := fmt.Sprintf("job-%d", n*7919%10_000)
		spec := fmt.Sprintf(`{"id":%q,"kind":"service","tasks":[{"name":"g","replicas":10,"container":{"image":"i"}}]}`, id)
		run := w.append(spaceOf().Job(id), events.JobSubmitted{Spec: []byte(spec)})
		w.append(spaceOf().Plan(id), events.TasksPlanned{
			Run: run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: 9, Attempt: 1}},
		})
	}
	return w
}

func BenchmarkViews(b *testing.B) {
	w := manyJobs()
	p := running(b, w.log)
	m, err := projection.NewHistory(p).AsOf(b.Context(), w.n)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("page of 100", func(b *testing.B) {
		for b.Loop() {
			if len(m.List(projection.Query{Limit: 100}).Jobs) != 100 {
				b.Fatal("no page")
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			if len(m.List(projection.Query{}).Jobs) != 10_000 {
				b.Fatal("not all")
			}
		}
	})
	b.Run("cluster", func(b *testing.B) {
		for b.Loop() {
			if m.Cluster(nil).Jobs[projection.StatePending] != 10_000 {
				b.Fatal("not all")
			}
		}
	})
	b.Run("replay", func(b *testing.B) {
		for b.Loop() {
			if _, err := projection.NewHistory(p).AsOf(b.Context(), w.n); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// lives is a log in which the tasks of some jobs are planned, staged, run and end.
func lives(jobs int, tasks uint32) *writer {
	w, s := &writer{log: memory.New()}, spaceOf()
	runs := map[string]uint64{}
	each := func(f func(id string, run uint64, slot uint32)) {
		for slot := range tasks {
			for n := range jobs {
				id := fmt.Sprintf("job-%d", n)
				f(id, runs[id], slot)
			}
		}
	}
	for n := range jobs {
		id := fmt.Sprintf("job-%d", n)
		spec := fmt.Sprintf(`{"id":%q,"kind":"service","tasks":[{"name":"g","replicas":%d,"container":{"image":"i"}}]}`, id, tasks)
		runs[id] = w.append(s.Job(id), events.JobSubmitted{Spec: []byte(spec)})
		w.append(s.Plan(id), events.TasksPlanned{
			Run: runs[id], Version: 1, Group: "g", Slots: []events.SlotRange{{From: 0, To: tasks - 1, Attempt: 1}},
		})
	}
	each(func(id string, run uint64, slot uint32) {
		w.append(s.Task(id, slot), events.TaskStaged{
			Run: run, Version: 1, Group: "g", Slot: slot, Attempt: 1, TaskID: fmt.Sprintf("%s-g-%d-%d-1", id, run, slot),
			AgentID: "agent", Hostname: fmt.Sprint("host-", slot%100), Offers: []string{"o"},
		})
	})
	for _, state := range []string{"TASK_STARTING", "TASK_RUNNING", "TASK_KILLED"} {
		each(func(id string, run uint64, slot uint32) {
			w.append(s.Task(id, slot), events.TaskStatusChanged{
				Run: run, Slot: slot, Attempt: 1, TaskID: fmt.Sprintf("%s-g-%d-%d-1", id, run, slot), State: state, UUID: []byte("0123456789abcdef"),
			})
		})
	}
	return w
}

// BenchmarkRun is what a projection does with each event, at its start as later.
func BenchmarkRun(b *testing.B) {
	w := lives(50, 400)
	b.ReportAllocs()
	for b.Loop() {
		p := projection.New(w.log)
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		if err := p.WaitFor(ctx, w.n); err != nil {
			b.Fatal(err)
		}
		cancel()
		<-ended
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(w.n), "ns/event")
}
