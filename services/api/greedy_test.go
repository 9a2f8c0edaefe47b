package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
	"github.com/milosgajdos/taurus/services/api/web"
)

const (
	greedyEvents  = 60_000
	greedyJobs    = 3_000
	greedyFeeds   = 150
	greedyReaders = 15
	// greedyHeapMax is by how much the heap of api and NATS together, what is still to
	// be collected included, may grow for clients that take nothing, in bytes. Before feeds
	// were bounded it grew by gigabytes.
	greedyHeapMax = 256 << 20
	// greedyHeldMax is what of that may stay.
	greedyHeldMax = 100 << 20
)

// fill writes jobs, and events about them.
func fill(t *testing.T, log eventlog.Log, jobs, total int) {
	t.Helper()
	space := events.NewSpace(0)
	var entries []eventlog.Entry
	add := func(subject string, ev events.Event) {
		env := events.Envelope{ID: fmt.Sprintf("e%d", len(entries)), Source: "test", Time: time.Unix(1, 0)}
		m, err := events.Encode(subject, env, ev)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, eventlog.Fact(m))
	}
	for n := range jobs {
		add(space.Job(fmt.Sprintf("job%d", n)), events.JobSubmitted{Spec: fmt.Appendf(nil,
			`{"id":"job%d","kind":"service","tasks":[{"name":"g","replicas":1,"container":{"image":"i"},"env":{"A":%q}}]}`,
			n, strings.Repeat("a", 500))})
	}
	for n := range total - jobs {
		add(space.Plan(fmt.Sprintf("job%d", n%jobs)), events.TasksPlanned{Run: uint64(n%jobs + 1), Group: "none", Reason: strings.Repeat("r", 300)})
	}
	for chunk := entries; len(chunk) > 0; {
		n := min(len(chunk), eventlog.MaxBatch)
		if _, err := log.Append(t.Context(), chunk[:n]...); err != nil {
			t.Fatal(err)
		}
		chunk = chunk[n:]
	}
}

// heap is what objects take, dead ones that are still to be collected included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// highest is the greatest heap until stop is called.
func highest() (stop func() uint64) {
	var most atomic.Uint64
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			most.Store(max(most.Load(), heap()))
			select {
			case <-end:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(end)
		<-ended
		return most.Load()
	}
}

// still waits until what a service reads for its feeds stands still: no client takes any
// more.
func still(t *testing.T, log *counted) {
	t.Helper()
	testwait.Until(t, "clients to take no more", func() bool {
		before := log.records.Load()
		time.Sleep(time.Second)
		return before > 0 && log.records.Load() == before
	})
}

// counted is a log that counts the records that are read from it.
type counted struct {
	eventlog.Log
	records atomic.Int64
}

func (c *counted) Read(ctx context.Context, from, to uint64) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for rec, err := range c.Log.Read(ctx, from, to) {
			c.records.Add(1)
			if !yield(rec, err) {
				return
			}
		}
	}
}

// ask sends a request, and takes nothing of the answer.
func ask(t testing.TB, addr, target, lastID string) net.Conn {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if lastID != "" {
		lastID = "Last-Event-ID: " + lastID + "\r\n"
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: localhost\r\n%s\r\n", target, lastID); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(testwait.Patience))
	return conn
}

// received are the ids of the whole events that a client got before its feed broke off.
func received(t *testing.T, conn io.Reader) (ids []uint64) {
	t.Helper()
	all, _ := io.ReadAll(conn) // However it ends, what came counts.
	blocks := bytes.Split(all, []byte("\n\n"))
	for _, block := range blocks[:len(blocks)-1] {
		if !bytes.Contains(block, []byte("\ndata:")) {
			continue // A heartbeat repeats the id of the last event.
		}
		var id uint64
		for line := range bytes.Lines(block) {
			if _, err := fmt.Sscanf(string(line), "id: %d", &id); err == nil {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// contiguous checks that ids follow upon one without gap or repeat.
func contiguous(t *testing.T, client int, last uint64, ids []uint64) {
	t.Helper()
	for _, id := range ids {
		if id != last+1 {
			t.Fatalf("client %d: %d follows upon %d", client, id, last)
		}
		last = id
	}
}

// TestGreedyClientsCostOnlyThemselves: many feeds from the first event on and many readers
// of the list of all jobs, none of which takes anything. What api and NATS hold for them is
// bounded, a stop meanwhile is answered, and every feed is gone on with where it ended.
func TestGreedyClientsCostOnlyThemselves(t *testing.T) {
	nats := natstest.Start(t)
	log, reads := openLog(t, nats.URL()), &counted{Log: openLog(t, nats.URL())}
	fill(t, log, greedyJobs, greedyEvents)
	registry := prometheus.NewRegistry()
	o := api.Options{
		Anonymous: "admin",
		Log:       log, ReadLog: reads, Instance: "one", Listen: "127.0.0.1:0", Metrics: registry, FeedPatience: time.Hour,
		Requests: web.Limits{FeedsEach: greedyFeeds},
	}
	one, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- one.Run(ctx) }()
	testwait.Until(t, "the log to be replayed", func() bool { return one.Ready() == nil })
	runtime.GC()
	before, stop := heap(), highest()

	var feeds []net.Conn
	for range greedyFeeds {
		feeds = append(feeds, ask(t, one.Addr(), "/v2/events?from=1", ""))
	}
	for range greedyReaders {
		ask(t, one.Addr(), "/job/all", "")
	}
	apitest.Send(t, one, "POST", "/v2/jobs/job7/stop", "").Want(http.StatusOK)
	testwait.Until(t, "all feeds to be open", func() bool { return gauge(t, registry, "taurus_api_feeds") == greedyFeeds })
	still(t, reads)
	apitest.Send(t, one, "DELETE", "/job/job8", "").Want(http.StatusOK)
	most := stop()
	runtime.GC()
	held := heap()
	t.Logf("heap %d MiB before, %d at most, %d while all wait", before>>20, most>>20, held>>20)
	if most > before+greedyHeapMax || held > before+greedyHeldMax {
		t.Errorf("heap %d before, %d at most, %d while all wait", before, most, held)
	}

	// The service ends, and with it all feeds: another goes on with each.
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	o.Instance, o.Metrics = "two", nil
	two := apitest.Start(t, o)
	var clients sync.WaitGroup
	for n, feed := range feeds {
		clients.Go(func() {
			ids := received(t, feed)
			if len(ids) == 0 {
				t.Errorf("client %d: got nothing", n)
				return
			}
			contiguous(t, n, 0, ids)
			last := ids[len(ids)-1]
			again := ask(t, two.Addr(), "/v2/events", fmt.Sprint(last))
			more := received(t, io.LimitReader(again, 20_000))
			if len(more) == 0 {
				t.Errorf("client %d: nothing follows upon %d", n, last)
			}
			contiguous(t, n, last, more)
			_ = again.Close()
		})
	}
	clients.Wait()
}

// gauge is the value of a metric.
func gauge(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return -1
}
