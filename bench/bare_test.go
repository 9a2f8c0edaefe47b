package bench_test

import (
	"context"
	"flag"
	"runtime"
	"testing"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/bench"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/mesosim/inprocess"
)

var tasksFlag = flag.Int("tasks", 5000, "how many tasks to launch")

// ackers is how many acknowledgements are on their way, as many as the client
// has connections for them.
const ackers = mesos.DefaultAckConns

func newCluster(b testing.TB, tasks int, listen bool) *inprocess.Cluster {
	b.Helper()
	c, err := inprocess.Start(context.Background(), inprocess.Options{
		Agents: (tasks + bench.TasksPerAgent - 1) / bench.TasksPerAgent, Ephemeral: true,
		Listen: listen, IP: "127.0.0.1", Log: zerolog.Nop(),
	})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkBare is the limit: what the embedded Mesos and the client can do.
func BenchmarkBare(b *testing.B) {
	for _, way := range []string{"inprocess", "http"} {
		b.Run(way, func(b *testing.B) {
			for b.Loop() {
				c := newCluster(b, *tasksFlag, way == "http")
				took, err := bare(c, way == "http").Launch(b.Context(), *tasksFlag)
				if err != nil {
					b.Fatal(err)
				}
				c.Close()
				b.ReportMetric(float64(*tasksFlag)/took.Seconds(), "tasks/s")
			}
		})
	}
}

func bare(c *inprocess.Cluster, sockets bool) bench.Bare {
	cfg := mesos.Config{Master: c.Addr(), AckConns: ackers, Log: zerolog.Nop()}
	if !sockets {
		cfg.Transport = c.Network().Client("bare").Transport
	}
	return bench.Bare{Config: cfg, Acks: ackers}
}

// BenchmarkMemory is how much a cluster keeps for each agent and each task,
// master, agents and executors together, after a collection of garbage.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		before := heap()
		c := newCluster(b, *tasksFlag, false)
		agents := (*tasksFlag + bench.TasksPerAgent - 1) / bench.TasksPerAgent
		empty := heap()
		took, err := bare(c, false).Launch(b.Context(), *tasksFlag)
		if err != nil {
			b.Fatal(err)
		}
		full := heap()
		b.ReportMetric(float64(*tasksFlag)/took.Seconds(), "tasks/s")
		b.ReportMetric(float64(empty-before)/float64(agents), "B/agent")
		b.ReportMetric(float64(full-empty)/float64(*tasksFlag), "B/task")
		b.ReportMetric(float64(runtime.NumGoroutine()), "goroutines")
		c.Close()
	}
}

// heap is what is in use, stacks included.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
