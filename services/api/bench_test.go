package api_test

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
	"github.com/milosgajdos/taurus/services/api/web"
)

// memoryInUse is that of live objects and of stacks.
func memoryInUse() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}

// BenchmarkParked is what a client costs that asks and takes nothing, in bytes: of a feed
// of old events, of one that waits for new ones, and of the list of all jobs. What the
// kernel holds for it is not in it.
func BenchmarkParked(b *testing.B) {
	log, space := memory.New(), events.NewSpace(0)
	for n := range 20_000 {
		id := fmt.Sprintf("job%d", n%5000)
		var ev events.Event = events.TasksPlanned{Run: uint64(n%5000 + 1), Group: "none", Reason: strings.Repeat("r", 300)}
		subject := space.Plan(id)
		if n < 5000 {
			subject, ev = space.Job(id), events.JobSubmitted{Spec: fmt.Appendf(nil,
				`{"id":%q,"kind":"service","tasks":[{"name":"g","replicas":1,"container":{"image":"i"},"env":{"A":%q}}]}`, id, strings.Repeat("a", 1000))}
		}
		m, err := events.Encode(subject, events.Envelope{ID: fmt.Sprint(n), Source: "bench", Time: time.Unix(1, 0)}, ev)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := log.Append(b.Context(), eventlog.Fact(m)); err != nil {
			b.Fatal(err)
		}
	}
	const clients = 100
	for name, target := range map[string]string{"feed/old": "/v2/events?from=1", "feed/new": "/v2/events", "list": "/job/all"} {
		b.Run(name, func(b *testing.B) {
			s, err := api.New(api.Options{
				Anonymous: "admin",
				Log:       log, Instance: "bench", Listen: "127.0.0.1:0", Logger: zerolog.Nop(),
				Requests: web.Limits{Requests: 16 * clients, RequestsEach: 16 * clients, FeedsEach: clients},
			})
			if err != nil {
				b.Fatal(err)
			}
			apitest.Run(b, s)
			for b.Loop() {
				before := memoryInUse()
				var parked []net.Conn
				for range clients {
					parked = append(parked, ask(b, s.Addr(), target, ""))
				}
				time.Sleep(2 * time.Second) // All is sent that they take.
				b.ReportMetric((memoryInUse()-before)/clients, "B/client")
				for _, conn := range parked {
					_ = conn.Close()
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
