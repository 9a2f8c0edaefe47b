package natsauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// forgetConsumers is what docs/operating.md has done before each start of a single
// nats-server.
func forgetConsumers(t testing.TB, store string) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(store, "jetstream", natsauth.LogAccount, "streams", "*", "obs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// kept is what must stay of a stream.
type kept struct {
	config   natsjs.StreamConfig
	created  time.Time
	subjects map[string]uint64 // How many records each has.
}

// look returns what the streams are, by name. The names come from the metadata, since a
// listing leaves out each stream whose leader did not answer in time, as after a restart.
func (c closed) look(t *testing.T) map[string]kept {
	t.Helper()
	js, err := natsjs.New(c.connect(t, natsauth.Admin).Conn)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]kept{}
	names := js.StreamNames(within(t))
	for name := range names.Name() {
		testwait.Until(t, "what "+name+" is", func() bool {
			info, err := info(t, js, name)
			if err == nil {
				all[name] = kept{info.Config, info.Created, info.State.Subjects}
			}
			return err == nil
		})
	}
	if err := names.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// info asks once for a stream as it is, with what each subject has. A server that finds
// no leader of it does not answer.
func info(t *testing.T, js natsjs.JetStream, name string) (*natsjs.StreamInfo, error) {
	t.Helper()
	once, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	s, err := js.Stream(once, name)
	if err != nil {
		return nil, err
	}
	return s.Info(once, natsjs.WithSubjectFilter(">"))
}

// unharmed compares the streams with what they were: the same, and the log has the
// records more that were written.
func (c closed) unharmed(t *testing.T, before map[string]kept, written map[string]uint64) {
	t.Helper()
	after := c.look(t)
	if got, want := slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(before)); !slices.Equal(got, want) {
		t.Errorf("the streams are %q, were %q", got, want)
	}
	for name, b := range before {
		a := after[name]
		if !reflect.DeepEqual(a.config, b.config) || !a.created.Equal(b.created) {
			t.Errorf("%s is %+v of %s, was %+v of %s", name, a.config, a.created, b.config, b.created)
		}
		want := maps.Clone(b.subjects)
		for subject, n := range written {
			if name == streams.Ledger && strings.HasPrefix(subject, "taurus.ev.") || name == streams.Why && strings.HasPrefix(subject, "taurus.why.") ||
				name == streams.Audit && strings.HasPrefix(subject, "taurus.audit.") {
				want[subject] += n
			} else if name == "KV_"+streams.Bucket && strings.HasPrefix(subject, "$KV.") {
				want[subject] = 1 // The newest.
			}
		}
		if !maps.Equal(a.subjects, want) {
			t.Errorf("%s has records %v, want %v", name, a.subjects, want)
		}
	}
}

// victims are subjects that a role would like the server to publish on: requests of the
// admin's, what others write, what others are answered on, and its own.
func (c closed) victims(r natsauth.Role) []string {
	all := slices.DeleteFunc(c.forbidden(r), func(s string) bool { return strings.HasPrefix(s, "$JS.ACK.") }) // Reserved.
	for _, pattern := range natsauth.Publish(r, streams) {
		all = append(all, sample(pattern))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// request is one that a role may make.
type request struct {
	subject, data string
	header        nats.Header
	stored        bool
}

// requests are all of a role's, as they are answered: with a record, with JSON, and with
// nothing. What is stored is a record itself. Each MSG.NEXT is of a consumer that is there.
func (c closed) requests(t *testing.T, r natsauth.Role, js natsjs.JetStream) (all []request) {
	t.Helper()
	for _, pattern := range natsauth.Publish(r, streams) {
		stream := strings.Split(pattern+"....", ".")[4]
		switch {
		case strings.Contains(pattern, ".CONSUMER.MSG.NEXT."):
			for _, from := range []natsjs.DeliverPolicy{natsjs.DeliverAllPolicy, natsjs.DeliverNewPolicy} {
				made, err := js.CreateConsumer(within(t), strings.Split(pattern, ".")[5], natsjs.ConsumerConfig{
					AckPolicy: natsjs.AckNonePolicy, MemoryStorage: true, DeliverPolicy: from, MaxWaiting: 4096,
				})
				if err != nil {
					t.Fatal(err)
				}
				subject := strings.TrimSuffix(pattern, "*") + made.CachedInfo().Name
				all = append(all, request{subject: subject, data: `{"batch":1,"no_wait":true}`},
					request{subject: subject, data: `{"batch":1,"expires":500000000,"idle_heartbeat":200000000}`})
			}
		case strings.Contains(pattern, ".CONSUMER.CREATE."):
			config, err := json.Marshal(map[string]any{"stream_name": stream, "config": map[string]any{
				"ack_policy": "none", "mem_storage": true, "deliver_policy": "all", "name": "7", "inactive_threshold": time.Second,
			}})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, request{subject: sample(pattern), data: string(config)}, request{subject: sample(pattern)})
		case strings.Contains(pattern, ".STREAM.MSG.GET."):
			all = append(all, request{subject: pattern, data: `{"seq":1}`}, request{subject: pattern, data: `{"seq":1000000000}`})
		case strings.HasPrefix(pattern, "$JS.API."):
			all = append(all, request{subject: sample(pattern)}, request{subject: sample(pattern), data: "{}"})
		default:
			batch := nats.Header{"Nats-Batch-Id": {string(r)}, "Nats-Batch-Sequence": {"1"}} // Begun, which is answered with nothing.
			all = append(all, request{subject: sample(pattern), stored: true}, request{subject: sample(pattern), data: "{}", stored: true},
				request{subject: sample(pattern), data: "{}", header: batch})
		}
	}
	return all
}

// TestNoReplyDoesHarm has each role that means harm name what it may not publish, and
// what it may, for the answers to all that it may ask: nothing comes of it, not even a
// record on a subject of its own.
func TestNoReplyDoesHarm(t *testing.T) {
	for name, start := range servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t)
			c.begin(t)
			for _, r := range natsauth.Roles() {
				if r != natsauth.Admin {
					t.Run(string(r), func(t *testing.T) { c.repliesDoNoHarm(t, r) })
				}
			}
		})
	}
}

// servers are the kinds of them.
func servers() map[string]func(testing.TB) closed {
	return map[string]func(testing.TB) closed{
		"embedded": func(t testing.TB) closed { return embedded(t) },
		"R1":       func(t testing.TB) closed { return configured(t, 1) },
		"R3":       func(t testing.TB) closed { return configured(t, 3) },
	}
}

func (c closed) repliesDoNoHarm(t *testing.T, r natsauth.Role) {
	nc := c.connect(t, r)
	js, err := natsjs.New(nc.Conn)
	if err != nil {
		t.Fatal(err)
	}
	heard := c.overhear(t, r)
	before := c.look(t)
	requests, victims := c.requests(t, r, js), c.victims(r)
	written := map[string]uint64{}
	for _, victim := range victims {
		for _, q := range requests {
			if err := nc.PublishMsg(&nats.Msg{Subject: q.subject, Reply: victim, Header: q.header, Data: []byte(q.data)}); err != nil {
				t.Fatal(err)
			}
			if q.stored {
				written[q.subject]++
			}
		}
		// A little at a time: what JetStream's API has too much of it drops.
		if _, err := js.AccountInfo(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d requests, to be answered on %d subjects each", len(requests), len(victims))
	time.Sleep(time.Second) // For what must not happen there is nothing to wait for.
	c.unharmed(t, before, written)
	quiet(t, heard)
	for _, reserved := range []string{"_R_.x.y", "_GR_.x.y.z", "$JS.ACK.TAURUS.c.1.1.1.1.0"} {
		if err := nc.PublishRequest("$JS.API.STREAM.INFO.TAURUS", reserved, nil); err != nil {
			t.Fatal(err)
		}
		testwait.Until(t, reserved+" is denied", func() bool {
			select {
			case text := <-nc.denied:
				return strings.Contains(text, reserved)
			default:
				return false
			}
		})
	}
}

func quiet(t *testing.T, heard <-chan *nats.Msg) {
	t.Helper()
	select {
	case m := <-heard:
		t.Errorf("another hears on %s: %v %q", m.Subject, m.Header, m.Data)
	default:
	}
}

// overhear returns what any other role hears on inboxes of its own.
func (c closed) overhear(t *testing.T, but natsauth.Role) <-chan *nats.Msg {
	t.Helper()
	heard := make(chan *nats.Msg, 10000)
	for _, r := range natsauth.Roles() {
		if r == but {
			continue
		}
		nc := c.connect(t, r)
		if _, err := nc.ChanSubscribe(c.inbox(r)+".x", heard); err != nil {
			t.Fatal(err)
		}
		if err := nc.FlushTimeout(testwait.Patience); err != nil {
			t.Fatal(err)
		}
	}
	return heard
}

// TestNoDeliveryDoesHarm has a role make consumers that push records and heartbeats to
// what it may not publish, and has the servers start again, which look at consumers
// anew. A record keeps its subject, so that it is no request; a heartbeat is one.
func TestNoDeliveryDoesHarm(t *testing.T) {
	for name, start := range servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t)
			c.begin(t)
			c.deliveriesDoNoHarm(t)
		})
	}
}

func (c closed) deliveriesDoNoHarm(t *testing.T) {
	const r = natsauth.API
	js, err := natsjs.New(c.connect(t, r).Conn)
	if err != nil {
		t.Fatal(err)
	}
	write := func(n int) {
		if _, err := js.PublishMsg(within(t), &nats.Msg{Subject: fmt.Sprintf("taurus.ev.0.job.%d", n)}); err != nil {
			t.Fatal(err)
		}
	}
	write(0)
	n := 0
	for _, stream := range []string{streams.Ledger, streams.Why, streams.Audit} {
		for _, victim := range append([]string{
			"$JS.API.STREAM.DELETE." + streams.Ledger, "$JS.API.STREAM.DELETE." + streams.Why, "$JS.API.STREAM.DELETE." + streams.Audit, "$JS.API.STREAM.DELETE.KV_" + streams.Bucket,
			"$JS.API.STREAM.PURGE.KV_" + streams.Bucket, "taurus.ev.0.plan.x", "taurus.why.0.x", "taurus.audit.x", "$KV.taurus_lease.lease.x",
		}, c.inbox(natsauth.Planner)+".x") {
			for _, durable := range []string{"", fmt.Sprintf("d%d", n)} {
				_, err := js.CreatePushConsumer(within(t), stream, natsjs.ConsumerConfig{
					Durable: durable, DeliverSubject: victim, AckPolicy: natsjs.AckNonePolicy, IdleHeartbeat: 100 * time.Millisecond,
					InactiveThreshold: time.Hour,
				})
				cycle := stream == streams.Ledger && strings.HasPrefix(victim, "taurus.ev.") || stream == streams.Why && strings.HasPrefix(victim, "taurus.why.") ||
					stream == streams.Audit && strings.HasPrefix(victim, "taurus.audit.")
				if (err != nil) != cycle {
					t.Errorf("%s is to be delivered to %s: %v", stream, victim, err)
				}
				n++
			}
		}
	}
	write(1)
	heard := c.overhear(t, r)
	before := c.look(t)
	time.Sleep(time.Second)
	c.unharmed(t, before, nil)
	c.restart(t)
	testwait.Until(t, "the log takes more", func() bool {
		_, err := js.PublishMsg(within(t), &nats.Msg{Subject: "taurus.ev.0.job.2"}, natsjs.WithRetryAttempts(0))
		return err == nil
	})
	time.Sleep(2 * time.Second)
	c.unharmed(t, before, map[string]uint64{"taurus.ev.0.job.2": 1})
	quiet(t, heard)
}
