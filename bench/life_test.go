package bench_test

import (
	"context"
	"fmt"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/bench"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/inprocess"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

// alive counts what agents run.
type alive struct{ n atomic.Int64 }

func (a *alive) Started(string, string, map[string]string) { a.n.Add(1) }
func (a *alive) Ended(string, string)                      { a.n.Add(-1) }

// live takes a job through its life on simulated agents that have room for all that it
// may have at a time.
func live(tb testing.TB, l bench.Life) bench.Steps {
	tb.Helper()
	running := &alive{}
	l.Running = func() int { return int(running.n.Load()) }
	room := max(l.Replicas+l.Surge, l.Grown()) + bench.TasksPerAgent
	c, err := inprocess.Start(context.Background(), inprocess.Options{
		Agents: room/bench.TasksPerAgent + 1, Ephemeral: true, Observer: running, Log: zerolog.Nop(),
	})
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	log, leases := memory.New(), memory.NewLeases(time.Now)
	s, err := bench.Taurus{
		Log:   func(context.Context, string) (eventlog.Log, error) { return shared{log}, nil },
		Lease: leases, Members: leases,
		Mesos: mesos.Config{Master: c.Addr(), Transport: c.Network().Client("taurus").Transport, Log: zerolog.Nop()},
	}.Live(tb.Context(), l)
	if err != nil {
		tb.Fatalf("%d replicas: %v", l.Replicas, err)
	}
	return s
}

// TestLife: jobs of 1, 4 and 1,000 tasks come up, roll, are scaled up and down and stop
// with exactly the tasks that they should have after each step, and within their bounds
// while they roll. BenchmarkLife does the same with 50,000.
func TestLife(t *testing.T) {
	for _, l := range []bench.Life{
		{Replicas: 1, Surge: 1},
		{Replicas: 1, Unavailable: 1},
		{Replicas: 4, Surge: 1},
		{Replicas: 4, Unavailable: 1},
		{Replicas: 4, Surge: 1, Unavailable: 1},
		{Replicas: 1000, Surge: 250},
		{Replicas: 1000, Unavailable: 250},
	} {
		t.Run(fmt.Sprintf("%d+%d-%d", l.Replicas, l.Surge, l.Unavailable), func(t *testing.T) {
			t.Parallel()
			s := live(t, l)
			t.Logf("%+v", s)
			if s.Most > l.Replicas+l.Surge || s.Least < l.Replicas-l.Unavailable {
				t.Errorf("%+v of %+v", s, l)
			}
			if l.Surge > 0 && s.Most <= l.Replicas || l.Unavailable > 0 && s.Least >= l.Replicas {
				t.Errorf("%+v does not use what it may: %+v", s, l)
			}
		})
	}
}

// BenchmarkLife is the life of one job, of 1 to 50,000 tasks: a quarter of them may surge.
func BenchmarkLife(b *testing.B) {
	for _, n := range []int{1, 4, 1000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				peak := peakMemory(b.Context())
				s := live(b, bench.Life{Replicas: n, Surge: (n + 3) / 4})
				b.ReportMetric(s.Up.Seconds(), "s-up")
				b.ReportMetric(s.Rolled.Seconds(), "s-rolled")
				b.ReportMetric(s.Grown.Seconds(), "s-grown")
				b.ReportMetric(s.Shrunk.Seconds(), "s-shrunk")
				b.ReportMetric(s.Stopped.Seconds(), "s-stopped")
				b.ReportMetric(float64(s.Records), "records")
				b.ReportMetric(float64(peak())/(1<<20), "MiB")
			}
		})
	}
}

// peakMemory watches how much memory the heap and the stacks take; what it returns ends
// that, and gives the most.
func peakMemory(ctx context.Context) func() uint64 {
	ctx, stop := context.WithCancel(ctx)
	peak := make(chan uint64)
	go func() {
		samples, most := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}, uint64(0)
		for {
			metrics.Read(samples)
			most = max(most, samples[0].Value.Uint64()+samples[1].Value.Uint64())
			select {
			case <-ctx.Done():
				peak <- most
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		stop()
		return <-peak
	}
}
