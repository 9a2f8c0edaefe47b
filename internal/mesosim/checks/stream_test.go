package checks_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/wire"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// stream is a subscription and its events.
type stream struct {
	t      *testing.T
	header http.Header
	events chan object
	cancel context.CancelFunc
}

// stream200 makes a call that must be answered with a stream.
func stream200(t *testing.T, addr, path string, call any, more ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	res := open(ctx, t, http.MethodPost, addr, path, jsonHeaders(more...), call) //nolint:bodyclose // The reader closes it.
	if res.StatusCode != http.StatusOK {
		cancel()
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("%s: %d %s", path, res.StatusCode, b)
	}
	s := &stream{t: t, header: res.Header, events: make(chan object, 10000), cancel: cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read(res.Body)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return s
}

func (s *stream) read(body io.ReadCloser) {
	defer func() { _ = body.Close() }()
	defer close(s.events)
	records := wire.NewRecordReader(body)
	for {
		record, err := records.Next()
		if err != nil {
			return
		}
		e := object{}
		if json.Unmarshal(record, &e) != nil {
			return
		}
		s.events <- e
	}
}

// next is the next event of any type; nil is the end of the stream.
func (s *stream) next() object {
	s.t.Helper()
	return s.nextBefore(time.After(testwait.Patience), "event")
}

func (s *stream) nextBefore(end <-chan time.Time, what string) object {
	s.t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-end:
		s.t.Fatal("no " + what)
		return nil
	}
}

// ended checks that the stream ends without another event than heartbeats and
// those of offers.
func (s *stream) ended() {
	s.t.Helper()
	end := time.After(testwait.Patience)
	for {
		e := s.nextBefore(end, "end of the stream")
		if e == nil {
			return
		}
		if e["type"] != "HEARTBEAT" && e["type"] != "OFFERS" && e["type"] != "RESCIND" {
			s.t.Fatalf("%v before the end of the stream", e)
		}
	}
}

// refused subscribes and wants an ERROR and the end.
func refused(t *testing.T, addr string, subscribe object, want string, more ...string) {
	t.Helper()
	call := object{"type": "SUBSCRIBE", "subscribe": subscribe}
	if id := at(subscribe, "framework_info.id"); id != nil {
		call["framework_id"] = id
	}
	s := stream200(t, addr, schedulerPath, call, more...)
	e := s.next()
	if e["type"] != "ERROR" || text(e, "error.message") != want {
		t.Errorf("got %v, want ERROR %q", e, want)
	}
	s.ended()
}
