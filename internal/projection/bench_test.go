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
	m, err := projection.Replay(context.Background(), w.log, w.n)
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
			if m.Cluster().Jobs[projection.StatePending] != 10_000 {
				b.Fatal("not all")
			}
		}
	})
	b.Run("replay", func(b *testing.B) {
		for b.Loop() {
			if _, err := projection.Replay(context.Background(), w.log, w.n); err != nil {
				b.Fatal(err)
			}
		}
	})
}
