package bench_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/bench"
	"github.com/milosgajdos/taurus/internal/allinone/natsserver"
	"github.com/milosgajdos/taurus/internal/mesos"
	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/natskeys"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/internal/testwait"
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
// production on one machine, every append on disk: open to all, and closed by keys as
// that of `taurus dev` is.
func BenchmarkTaurus(b *testing.B) {
	for _, kind := range []struct {
		name string
		open func(*testing.B) func(context.Context, string) (eventlog.Log, error)
	}{{"memory", inMemory}, {"jetstream", onJetStream}, {"closed", onClosed}} {
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

func onClosed(b *testing.B) func(context.Context, string) (eventlog.Log, error) {
	b.Helper()
	keys := b.TempDir()
	if _, err := natskeys.Make(keys, natskeys.Options{}); err != nil {
		b.Fatal(err)
	}
	public, err := natskeys.Public(filepath.Join(keys, natskeys.ServerDir))
	if err != nil {
		b.Fatal(err)
	}
	url := startNATS(b, filepath.Join(keys, natskeys.ServerDir))
	options := func(name string) jetstream.Options {
		role := natsauth.Role(name)
		if public[role] == "" {
			role = natsauth.Observer
		}
		return jetstream.Options{
			URL: url, Name: name, NKeySeed: natskeys.Seed(keys, role), InboxPrefix: natsauth.InboxPrefix(public[role]),
		}
	}
	if err := jetstream.Create(b.Context(), options(string(natsauth.Admin))); err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context, role string) (eventlog.Log, error) {
		return jetstream.Open(ctx, options(role))
	}
}

// envNATS are the arguments of the NATS server that this program is, in place of tests.
const envNATS = "TAURUS_BENCH_NATS"

func TestMain(m *testing.M) {
	natstest.Main()
	asTaurus()
	if args, ok := os.LookupEnv(envNATS); ok {
		cmd := natsserver.Command()
		cmd.SetArgs(strings.Fields(args))
		os.Exit(service.Execute(context.Background(), cmd))
	}
	os.Exit(m.Run())
}

// startNATS starts a NATS server as `taurus dev` does, a process of its own, and returns
// its URL.
func startNATS(b *testing.B, keys string) string {
	b.Helper()
	announce := filepath.Join(b.TempDir(), "announce")
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), os.Args[0])
	cmd.Env = append(os.Environ(), envNATS+"="+strings.Join([]string{
		"--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0", "--store-dir=" + b.TempDir(), "--keys=" + keys, "--announce=" + announce,
	}, " "))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	var address string
	testwait.Until(b, "the NATS server says where it listens", func() bool {
		a, err := service.ReadAnnouncement(announce)
		address = a.Address
		return err == nil && address != ""
	})
	return "nats://" + address
}
