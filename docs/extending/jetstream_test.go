package extending_test

import (
	"log/slog"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestJetStream opens the log that taurus uses in production, with a logger of
// the standard library.
func TestJetStream(t *testing.T) {
	nats := natstest.Start(t)
	o := jetstream.Options{URL: nats.URL(), Stream: "MINE", Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if err := jetstream.Create(t.Context(), o); err != nil { // Once; services only open it.
		t.Fatal(err)
	}
	log, err := jetstream.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	m := eventlog.Message{Subject: events.NewSpace(0).Job("web"), Data: []byte("{}")}
	if _, err := log.Append(t.Context(), eventlog.Decision(m, 0)); err != nil {
		t.Fatal(err)
	}
	for rec, err := range log.Read(t.Context(), 1, 1) {
		if err != nil || rec.Subject != m.Subject {
			t.Errorf("read %+v, %v", rec, err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}
