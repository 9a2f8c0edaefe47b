package jetstream

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
)

func opened(t *testing.T, o Options) *Log {
	t.Helper()
	if err := Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })

	return l
}

func entries(subjects ...string) []eventlog.Entry {
	var all []eventlog.Entry
	for _, s := range subjects {
		all = append(all, eventlog.Fact(eventlog.Message{Subject: "taurus.ev.0." + s}))
	}

	return all
}

// TestFactsOfOneSubjectKeepTheirOrder: sent one by one, the first of them might be
// refused and sent again, behind the second. So they go as a batch.
func TestFactsOfOneSubjectKeepTheirOrder(t *testing.T) {
	url := natstest.Start(t).URL()
	l := opened(t, Options{URL: url})
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sent, err := nc.SubscribeSync("taurus.ev.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		facts []eventlog.Entry
		batch bool
	}{
		{entries("a", "b", "c"), false},
		{entries("a", "b", "a"), true},
	} {
		if _, err := l.Append(t.Context(), c.facts...); err != nil {
			t.Fatal(err)
		}
		for range c.facts {
			m, err := sent.NextMsg(2 * time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Header.Get("Nats-Batch-Id") != ""; got != c.batch {
				t.Errorf("%s sent in a batch: %t, want %t", m.Subject, got, c.batch)
			}
		}
	}
}

// TestUncommittedBatch: no answer came to its beginning, so it was never committed.
// It is known not to be stored, now or later.
func TestUncommittedBatch(t *testing.T) {
	server := natstest.Start(t)
	proxy := natstest.NewProxy(t, server.URL())
	l := opened(t, Options{URL: proxy.URL(), AppendTimeout: 300 * time.Millisecond, Patience: time.Second})
	var batch []eventlog.Entry
	for i := range 3 {
		batch = append(batch, eventlog.Decision(eventlog.Message{Subject: fmt.Sprintf("taurus.ev.0.%d", i)}, 0))
	}
	proxy.Hold()
	_, err := l.Append(t.Context(), batch...)
	proxy.Release()
	if !errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, eventlog.ErrOutcomeUnknown) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	receipt, err := opened(t, Options{URL: server.URL()}).Append(t.Context(), batch...) // With time to spare.
	if err != nil || receipt != (eventlog.Receipt{First: 1, Last: 3}) {
		t.Fatalf("again: %+v, %v; want 1 to 3", receipt, err)
	}
}
