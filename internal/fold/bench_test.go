package fold_test

import (
	"context"
	"testing"

	"github.com/milosgajdos/taurus/internal/fold"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

// BenchmarkFeed reads a log as a service does at its start: decoded, its checksums
// and its chain computed.
func BenchmarkFeed(b *testing.B) {
	const n = 20_000
	log, space := memory.New(), events.NewSpace(0)
	for i := range n {
		m, err := events.Encode(space.Task("web", uint32(i%100)), events.Envelope{ID: "web/task@1/x", Source: "taurus/launcher/one", Epoch: 1, Counter: uint64(i)},
			events.TaskStatusChanged{Run: 1, Slot: uint32(i % 100), Attempt: 1, TaskID: "web-1-1-1", AgentID: "S1", State: "TASK_RUNNING", UUID: []byte("0123456789abcdef")})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := log.Append(context.Background(), eventlog.Fact(m)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		ctx, stop := context.WithCancel(context.Background())
		feed := fold.Start(ctx, log, space, nil)
		for range n {
			<-feed.Records()
		}
		stop()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
}
