package jetstream_test

import (
	"context"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/pkg/eventlog/eventlogtest"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

func TestKillR1(t *testing.T) {
	t.Parallel()
	p := natstest.StartProcesses(t, 1)[0]
	eventlogtest.RunCrash(t, func(t *testing.T) eventlogtest.Harness {
		return harness(t, store{
			urls: p.URL(), options: jetstream.Options{Replicas: 1},
			restart: func(t testing.TB) {
				p.Kill()
				p.Restart(t)
			},
		})
	})
}

// TestKillR3 kills the stream's leader and lets it come back while the others
// elect.
func TestKillR3(t *testing.T) {
	t.Parallel()
	cluster := natstest.StartProcesses(t, 3)
	urls := cluster[0].URL() + "," + cluster[1].URL() + "," + cluster[2].URL()
	eventlogtest.RunCrash(t, func(t *testing.T) eventlogtest.Harness {
		return harness(t, store{
			urls: urls, options: jetstream.Options{Replicas: 3},
			restart: func(t testing.TB) {
				leader := awaitLeader(t, admin(t, urls))
				for _, p := range cluster {
					if p.Name() == leader {
						p.Kill()
						p.Restart(t)
					}
				}
			},
		})
	})
}

// TestKillAllOfR3 kills every server at once.
func TestKillAllOfR3(t *testing.T) {
	t.Parallel()
	cluster := natstest.StartProcesses(t, 3)
	urls := cluster[0].URL() + "," + cluster[1].URL() + "," + cluster[2].URL()
	eventlogtest.RunCrash(t, func(t *testing.T) eventlogtest.Harness {
		return harness(t, store{
			urls: urls, options: jetstream.Options{Replicas: 3},
			restart: func(t testing.TB) {
				for _, p := range cluster {
					p.Kill()
				}
				for _, p := range cluster {
					p.Restart(t)
				}
			},
		})
	})
}

// awaitLeader returns the name of the server that leads the stream. A request that
// a killed server had is never answered, so each waits but a moment.
func awaitLeader(t testing.TB, js natsjs.JetStream) string {
	t.Helper()
	for ctx := within(t); ; time.Sleep(50 * time.Millisecond) {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		s, err := js.Stream(attempt, jetstream.DefaultStream)
		cancel()
		if ctx.Err() != nil {
			t.Fatalf("no leader: %v", err)
		}
		if err == nil && s.CachedInfo().Cluster != nil && s.CachedInfo().Cluster.Leader != "" {
			return s.CachedInfo().Cluster.Leader
		}
	}
}
