package bench_test

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/bench"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
)

var (
	jobsFlag     = flag.Int("jobs", 50, "how many jobs the tasks are of")
	replicasFlag = flag.Int("replicas", 1, "how many planners and how many reapers there are")
	sharedFlag   = flag.Bool("shared", true, "whether they share the jobs out")
)

// BenchmarkTaurus is all of taurus between a user and the embedded Mesos: on a
// log in memory, which is what the services cost, and on JetStream as it is in
// production on one machine, every append on disk.
func BenchmarkTaurus(b *testing.B) {
	for _, kind := range []struct {
		name string
		open func(*testing.B) func(context.Context, string) (eventlog.Log, error)
	}{{"memory", inMemory}, {"jetstream", onJetStream}} {
		b.Run(kind.name, func(b *testing.B) {
			for b.Loop() {
				c := newCluster(b, *tasksFlag, false)
				leases := memory.NewLeases(time.Now)
				t := bench.Taurus{
					Replicas: *replicasFlag,
					Log:      kind.open(b), Lease: leases, Members: leases,
					Mesos: mesos.Config{Master: c.Addr(), Transport: c.Network().Client("taurus").Transport, Log: zerolog.Nop()},
				}
				if !*sharedFlag {
					t.Members = nil
				}
				p, err := t.Run(b.Context(), *jobsFlag, *tasksFlag / *jobsFlag)
				if err != nil {
					b.Fatal(err)
				}
				c.Close()
				tasks := float64(*jobsFlag * (*tasksFlag / *jobsFlag))
				b.ReportMetric(float64(*jobsFlag)/p.Submitted.Seconds(), "submissions/s")
				b.ReportMetric(tasks/p.Running.Seconds(), "running/s")
				b.ReportMetric(tasks/p.Killed.Seconds(), "killed/s")
				b.ReportMetric(p.Decisions, "decisions")
				b.ReportMetric(p.Lost, "lost-races")
			}
		})
	}
}

// inMemory opens one log for all services; it is closed with the process.
func inMemory(*testing.B) func(context.Context, string) (eventlog.Log, error) {
	log := memory.New()
	return func(context.Context, string) (eventlog.Log, error) { return shared{log}, nil }
}

// shared is a log that one of its users does not close for the others.
type shared struct{ eventlog.Log }

func (shared) Close() error { return nil }

func onJetStream(b *testing.B) func(context.Context, string) (eventlog.Log, error) {
	b.Helper()
	nats := natstest.Start(b)
	if err := jetstream.Create(b.Context(), jetstream.Options{URL: nats.URL()}); err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context, role string) (eventlog.Log, error) {
		return jetstream.Open(ctx, jetstream.Options{URL: nats.URL(), Name: role})
	}
}
