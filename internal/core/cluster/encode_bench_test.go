package cluster_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// BenchmarkEncode: a state with 10,000 tasks that run, of 1,000 jobs.
func BenchmarkEncode(b *testing.B) {
	l := clustertest.New()
	l.Elect()
	for n := range 1000 {
		j := l.Submit(clustertest.Service(fmt.Sprint("job-", n), 10))
		l.Plan(j.ID, events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 9, 1)})
		for _, slot := range j.Slots {
			l.Stage(slot.Newest())
			l.Report(slot.Newest(), "TASK_RUNNING", "0123456789abcdef")
		}
	}
	data, err := cluster.Encode(l.State)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := cluster.Encode(l.State); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := cluster.DecodeState(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	empty, err := cluster.Encode(cluster.New())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("none", func(b *testing.B) {
		for b.Loop() {
			if _, err := cluster.DecodeState(empty); err != nil {
				b.Fatal(err)
			}
		}
	})
}
