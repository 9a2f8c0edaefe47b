package natsauth_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/milosgajdos/taurus/internal/natsauth"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// TestWhatIsLeft has a planner that means harm name subjects of others for the answers
// of JetStream. What it wants stored there keeps the subject that it wrote it on, or is
// an answer and no record; what is left is that it can make a stream go away, as the
// docs say.
func TestWhatIsLeft(t *testing.T) {
	c := embedded(t)
	c.begin(t)
	nc := c.connect(t, natsauth.Planner)
	js, err := natsjs.New(nc.Conn)
	if err != nil {
		t.Fatal(err)
	}
	l := open(t, c.options(natsauth.Planner))
	forged := eventlog.Message{Subject: "taurus.ev.0.plan.x", Header: map[string]string{"ce-id": "x"}, Data: []byte("forged")}
	if _, err := l.Append(within(t), eventlog.Fact(forged)); err != nil {
		t.Fatal(err)
	}
	key := nats.NewMsg("$KV.taurus_lease.presence.planner.x")
	key.Header.Set("ce-id", "x")
	key.Data = forged.Data
	if _, err := js.PublishMsg(within(t), key); err != nil {
		t.Fatal(err)
	}
	consumer := func(from natsjs.DeliverPolicy) string {
		made, err := js.CreateConsumer(within(t), streams.Ledger, natsjs.ConsumerConfig{
			AckPolicy: natsjs.AckNonePolicy, MemoryStorage: true, DeliverPolicy: from,
		})
		if err != nil {
			t.Fatal(err)
		}
		return made.CachedInfo().Name
	}
	// To the stream itself the server delivers nothing.
	if _, err := js.CreatePushConsumer(within(t), streams.Ledger, natsjs.ConsumerConfig{DeliverSubject: "taurus.ev.0.job.x", AckPolicy: natsjs.AckNonePolicy}); err == nil {
		t.Error("records are delivered to another's subject")
	}
	ask := func(subject, reply, data string) {
		t.Helper()
		if err := nc.PublishRequest(subject, reply, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	nc.deny(t, "publish", "$JS.API.DIRECT.GET.KV_taurus_lease", func() error {
		return nc.PublishRequest("$JS.API.DIRECT.GET.KV_taurus_lease", "taurus.ev.0.job.x", []byte(`{"last_by_subj":"$KV.taurus_lease.presence.planner.x"}`))
	})
	for n, a := range []struct{ subject, data string }{
		{"$JS.API.CONSUMER.MSG.NEXT.TAURUS." + consumer(natsjs.DeliverAllPolicy), `{"batch":1}`},
		{"$JS.API.STREAM.MSG.GET.TAURUS", `{"seq":1}`},
		{"$JS.API.STREAM.MSG.GET.KV_taurus_lease", `{"last_by_subj":"$KV.taurus_lease.presence.planner.x"}`},
	} {
		ask(a.subject, "taurus.ev.0.job.x", a.data)
		want := uint64(n + 2)
		testwait.Until(t, fmt.Sprintf("%s is answered", a.subject), func() bool {
			b, err := l.Bounds(within(t))
			return err == nil && b.Last >= want
		})
	}
	for rec, err := range l.Read(within(t), 1, 4) {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Subject != forged.Subject && (len(rec.Header) > 0 || slices.Equal(rec.Data, forged.Data)) {
			t.Errorf("a planner has written %s: %v %q", rec.Subject, rec.Header, rec.Data)
		}
	}
	// That nothing is there to read is an empty message, which deletes what its subject
	// names. Who reads that stream is told that it is gone.
	ask("$JS.API.CONSUMER.MSG.NEXT.TAURUS."+consumer(natsjs.DeliverNewPolicy), "$JS.API.STREAM.DELETE.TAURUS_WHY", `{"batch":1,"no_wait":true}`)
	admin, err := natsjs.New(c.connect(t, natsauth.Admin).Conn)
	if err != nil {
		t.Fatal(err)
	}
	testwait.Until(t, "the stream is gone", func() bool {
		_, err := admin.Stream(within(t), streams.Why)
		return err != nil
	})
}
