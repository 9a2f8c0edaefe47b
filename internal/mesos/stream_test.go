package mesos

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/offer"
)

// piped is a subscription whose stream is a pipe, for tests of time.
func piped(ctx context.Context, buffer int) (*Subscription, *io.PipeWriter) {
	r, in := io.Pipe()
	ctx, end := context.WithCancelCause(ctx)
	c := &Client{cfg: Config{HeartbeatMisses: 5, CallTimeout: time.Second, EventBuffer: buffer, AckConns: 1, Log: zerolog.Nop(), guard: &guard{}}}
	w := welcome{
		target:    Target{Master: "http://master", FrameworkID: testFramework, StreamID: testStream},
		heartbeat: 15 * time.Second,
	}
	// As with HTTP, the end of the context ends the reading.
	context.AfterFunc(ctx, func() { _ = r.CloseWithError(context.Cause(ctx)) })
	rd := &eventReader{body: r, records: newRecords(r, DefaultEventMax)}
	return c.subscription(ctx, end, w, newDoer(c.cfg, nil, 1), rd), in
}

func TestHeartbeatWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := piped(t.Context(), 16)
		start := time.Now()
		for range 10 {
			time.Sleep(74 * time.Second)
			if _, err := w.Write(heartbeat()); err != nil {
				t.Fatal(err)
			}
		}
		beats := 0
		for range s.Events() {
			beats++
		}
		if err := s.Err(); !errors.Is(err, ErrHeartbeatLost) {
			t.Errorf("ended with %v", err)
		}
		if got, want := time.Since(start), (10*74+75)*time.Second; got != want || beats != 10 {
			t.Errorf("ended after %s and %d heartbeats, want %s", got, beats, want)
		}
	})
}

// Who reads slowly must not take his own slowness for the master's death.
func TestWatchdogForgivesASlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := piped(t.Context(), 0)
		go func() {
			for range 2 {
				_, _ = w.Write(heartbeat())
			}
		}()
		time.Sleep(time.Hour)
		for range 2 {
			if _, ok := next(t, s).(Heartbeat); !ok {
				t.Error("no heartbeat")
			}
		}
		s.Close()
		if err := s.Err(); !errors.Is(err, ErrClosed) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestStreamEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		send []byte
		want error
	}{
		{"cleanly", nil, ErrDisconnected},
		{"within an event", []byte("10\nabc"), ErrDisconnected},
		{"failed over", errorEvent("Framework failed over"), ErrFailedOver},
		{"removed", errorEvent("Framework has been removed"), ErrFrameworkRemoved},
		{"refused", errorEvent("what else"), ErrRefused},
		{"too large", []byte("999999999\n"), ErrEventTooLarge},
		{"garbage", []byte("HTTP/1.1 500\r\n"), ErrProtocol},
		{"undecodable", frame([]byte{0xff, 0xff}), ErrProtocol},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newFakeMaster(t)
			s := m.subscribed(t, Config{})
			m.events <- append(heartbeat(), tt.send...)
			close(m.events)
			if _, ok := next(t, s).(Heartbeat); !ok {
				t.Error("lost the event before")
			}
			if err := ended(s); !errors.Is(err, tt.want) {
				t.Errorf("ended with %v, want %v", err, tt.want)
			}
			if err := s.Revive(t.Context(), nil); !errors.Is(err, ErrClosed) {
				t.Errorf("a call afterwards: %v", err)
			}
		})
	}
}

func TestStreamEndsWithItsContext(t *testing.T) {
	m := newFakeMaster(t)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := testClient(t, testConfig(m.host())).Subscribe(ctx, testInfo())
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := ended(s); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	s.Close()
}

// mesos-go's own reader breaks at 4 MiB.
func TestLargeEvent(t *testing.T) {
	m := newFakeMaster(t)
	s := m.subscribed(t, Config{})
	many := make([]mesos.Offer, 15_000)
	for i := range many {
		many[i] = wireTestOffer(strings.Repeat("o", 300)+string(rune('a'+i%26)), scalar("cpus", 1))
	}
	ev := offersEvent(many...)
	if len(ev) < 5<<20 {
		t.Fatalf("event of %d bytes proves nothing", len(ev))
	}
	m.events <- ev
	if got, ok := next(t, s).(Offers); !ok || len(got.Offers) != len(many) {
		t.Errorf("got %d offers", len(got.Offers))
	}
}

func TestEventsBecomePlain(t *testing.T) {
	m := newFakeMaster(t)
	s := m.subscribed(t, Config{})
	agent, executor := mesos.AgentID{Value: "a"}, mesos.ExecutorID{Value: "e"}
	for _, tt := range []struct {
		name string
		ev   *scheduler.Event
		want Event
	}{
		{"rescind", &scheduler.Event{
			Type: scheduler.Event_RESCIND, Rescind: &scheduler.Event_Rescind{OfferID: mesos.OfferID{Value: "o"}},
		}, Rescind{OfferID: "o"}},
		{"rescind inverse", &scheduler.Event{
			Type:                scheduler.Event_RESCIND_INVERSE_OFFER,
			RescindInverseOffer: &scheduler.Event_RescindInverseOffer{InverseOfferID: mesos.OfferID{Value: "o"}},
		}, RescindInverse{OfferID: "o"}},
		{"agent lost", &scheduler.Event{
			Type: scheduler.Event_FAILURE, Failure: &scheduler.Event_Failure{AgentID: &agent},
		}, Failure{AgentID: "a"}},
		{"executor lost", &scheduler.Event{
			Type: scheduler.Event_FAILURE, Failure: &scheduler.Event_Failure{AgentID: &agent, ExecutorID: &executor},
		}, Failure{AgentID: "a", ExecutorID: "e"}},
		{"heartbeat", &scheduler.Event{Type: scheduler.Event_HEARTBEAT}, Heartbeat{}},
	} {
		// An event without use comes before each and must not be in the way.
		m.events <- append(record(&scheduler.Event{
			Type: scheduler.Event_MESSAGE, Message: &scheduler.Event_Message{AgentID: agent, ExecutorID: executor, Data: []byte("x")},
		}), record(tt.ev)...)
		if got := next(t, s); got != tt.want {
			t.Errorf("%s: got %#v", tt.name, got)
		}
	}
	m.events <- record(&scheduler.Event{
		Type: scheduler.Event_INVERSE_OFFERS,
		InverseOffers: &scheduler.Event_InverseOffers{InverseOffers: []mesos.InverseOffer{{
			OfferID: mesos.OfferID{Value: "i"}, AgentID: &agent, FrameworkID: mesos.FrameworkID{Value: testFramework},
			Unavailability: mesos.Unavailability{Start: mesos.TimeInfo{Nanoseconds: 7}},
		}}},
	})
	got, ok := next(t, s).(InverseOffers)
	if !ok || len(got.Offers) != 1 || got.Offers[0] != (InverseOffer{ID: "i", AgentID: "a", UnavailableFrom: 7}) {
		t.Errorf("got %#v", got)
	}
}

// An event that arrives whole in the same packet as SUBSCRIBED is not lost.
func TestEventRightAfterSubscribed(t *testing.T) {
	m := newFakeMaster(t)
	m.subscribe = answering(bytes.Join([][]byte{
		subscribed(0), heartbeat(), offersEvent(wireTestOffer("o", scalar("cpus", 0.5))),
	}, nil))
	s := m.subscribed(t, Config{})
	if s.HeartbeatInterval() != defaultHeartbeat {
		t.Errorf("heartbeat every %s", s.HeartbeatInterval())
	}
	if _, ok := next(t, s).(Heartbeat); !ok {
		t.Error("no heartbeat")
	}
	got, ok := next(t, s).(Offers)
	if !ok || got.Offers[0].ID != "o" || got.Offers[0].Resources != (offer.Resources{CPUs: 500}) {
		t.Errorf("got %#v", got)
	}
	if err := ended(s); !errors.Is(err, ErrDisconnected) {
		t.Errorf("ended with %v", err)
	}
}
