package natsauth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// forgetful is how a server is configured to forget a request that it has no answer to
// for so long. By default that is two minutes, which is too long for a test.
func forgetful(d time.Duration) []string {
	return []string{
		"response_type: stream, ", fmt.Sprintf("response_type: stream, response_threshold: %q, ", d),
		`{ service: "taurus.ev.`, fmt.Sprintf(`{ response_threshold: %q, service: "taurus.ev.`, d),
	}
}

// readers are the names of the consumers of the log.
func (c closed) readers(t *testing.T) string {
	t.Helper()
	js, err := natsjs.New(c.connect(t, natsauth.Admin).Conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(within(t), streams.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	list := s.ConsumerNames(within(t))
	for name := range list.Name() {
		names = append(names, name)
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// TestAFollowerThatIdles goes on with the consumer that it has, long after the server
// would have forgotten a pull that nothing came for: heartbeats come.
func TestAFollowerThatIdles(t *testing.T) {
	for name, n := range map[string]int{"R1": 1, "R3": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := configured(t, n, forgetful(2*time.Second)...)
			c.begin(t)
			l := open(t, c.options(natsauth.API))
			add := func() {
				t.Helper()
				if _, err := l.Append(within(t), eventlog.Fact(eventlog.Message{Subject: "taurus.ev.0.job.web", Data: []byte("{}")})); err != nil {
					t.Fatal(err)
				}
			}
			add()
			follower := open(t, c.options(natsauth.Planner))
			got := make(chan eventlog.Record)
			ctx := within(t)
			go func() {
				defer close(got)
				for rec, err := range follower.Read(ctx, 1, 0) {
					if err != nil {
						return
					}
					got <- rec
				}
			}()
			<-got
			before := c.readers(t)
			time.Sleep(12 * time.Second)
			add()
			if rec, ok := <-got; !ok || rec.Sequence != 2 {
				t.Errorf("got %+v, %t", rec, ok)
			}
			if after := c.readers(t); before == "" || after != before {
				t.Errorf("the consumers are %q, were %q", after, before)
			}
		})
	}
}

// TestAnswersAreForgotten: what the servers keep for each request, to know whom its
// answer is for, is gone once it was answered, or some time after the last of many.
func TestAnswersAreForgotten(t *testing.T) {
	for name, n := range map[string]int{"R1": 1, "R3": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			configured(t, n, forgetful(2*time.Second)...).forgets(t)
		})
	}
}

func (c closed) forgets(t *testing.T) {
	c.begin(t)
	l, follower := open(t, c.options(natsauth.API)), open(t, c.options(natsauth.Planner))
	const rounds, each = 200, 32
	done := make(chan error, 1)
	ctx := within(t)
	go func() { done <- count(ctx, follower, rounds*each) }()
	entries := make([]eventlog.Entry, each)
	for i := range entries {
		entries[i] = eventlog.Fact(eventlog.Message{Subject: fmt.Sprintf("taurus.ev.0.job.%d", i), Data: []byte("{}")})
	}
	peak := 0
	for n := range rounds {
		if _, err := l.Append(ctx, entries...); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Bounds(ctx); err != nil {
			t.Fatal(err)
		}
		if n%30 == 0 { // Another reader begins, and ends.
			peak = max(peak, c.awaited(t))
			if err := count(ctx, l, uint64(each*(n+1))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if peak == 0 || peak > 200 { // None at all would mean that this counts the wrong thing.
		t.Errorf("while %d are appended, up to %d answers are waited for", rounds*each, peak)
	}
	testwait.Until(t, "the last are forgotten", func() bool { return c.awaited(t) <= 8 })
}

// awaited is how many requests the servers wait for an answer to.
func (c closed) awaited(t *testing.T) (n int) {
	t.Helper()
	for _, s := range c.servers() {
		if log, err := s.LookupAccount(natsauth.LogAccount); err == nil {
			if d, err := log.ServiceExportResponseThreshold("$JS.API.CONSUMER.MSG.NEXT.TAURUS.*"); err != nil || d != 2*time.Second {
				t.Fatalf("the server waits for %s, %v", d, err)
			}
		}
		for _, name := range []string{natsauth.LogAccount, natsauth.LogAccount + "_api", natsauth.LogAccount + "_planner"} {
			a, err := s.LookupAccount(name)
			if err != nil {
				t.Fatal(err)
			}
			n += a.NumPendingAllResponses() + a.NumPendingReverseResponses()
		}
	}
	return n
}
