package v2

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/projection"
)

// deadlined is an answer that remembers until when it may be written.
type deadlined struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (d *deadlined) SetWriteDeadline(t time.Time) error {
	d.until = t
	return nil
}

// TestAFeedThatEndsStaysSo: a write that begins as the service stops must not get
// its time after all, or the stop would wait for it.
func TestAFeedThatEndsStaysSo(t *testing.T) {
	answer := &deadlined{ResponseRecorder: httptest.NewRecorder()}
	w := &feedWriter{
		response: echo.NewResponse(answer, echo.New()), control: http.NewResponseController(answer), patience: time.Hour,
	}
	w.extend()
	if time.Until(answer.until) < time.Minute {
		t.Fatalf("a write has until %v, want an hour", answer.until)
	}
	w.end()
	w.extend()
	w.until(time.Now().Add(time.Hour))
	if left := time.Until(answer.until); left > 0 {
		t.Errorf("a write has %v left after the end", left)
	}
}

// TestAFeedThatIsOverIsNotEnded: of HTTP/2 the response is taken back when its handler
// returns, and whoever sets its deadline then brings the api down.
func TestAFeedThatIsOverIsNotEnded(t *testing.T) {
	over := make(chan *feedWriter, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := newFeedWriter(echo.New().NewContext(r, w), time.Hour)
		defer out.leave()
		if r.ProtoMajor != 2 {
			t.Errorf("it is HTTP/%d", r.ProtoMajor)
		}
		if err := out.open(1); err != nil {
			t.Error(err)
		}
		over <- out
	})
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	answer, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil { // The handler has returned.
		t.Fatal(err)
	}
	(<-over).end()
}

// slowly is an answer to a client that takes its time for each event.
type slowly struct {
	deadlined
	each time.Duration
}

func (s *slowly) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), "id: ") {
		time.Sleep(s.each)
	}
	if time.Now().After(s.until) {
		return 0, errTimeout
	}
	return s.ResponseRecorder.Write(p)
}

var errTimeout = errors.New("timeout")

// TestASlowClientIsToldWhyItsFeedEnds, between two events, and with what to come back.
func TestASlowClientIsToldWhyItsFeedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []projection.Event
		for n := range uint64(5) {
			events = append(events, projection.Event{Sequence: 10 + n, Type: "t", Data: jsontext.Value(`{}`)})
		}
		answer := &slowly{deadlined: deadlined{ResponseRecorder: httptest.NewRecorder()}, each: 11 * time.Second}
		w := &feedWriter{
			response: echo.NewResponse(answer, echo.New()), control: http.NewResponseController(answer), patience: 30 * time.Second,
		}
		if err := w.open(10); err != nil {
			t.Fatal(err)
		}
		if err := w.piece(events[:2]); err != nil {
			t.Fatalf("two events in time: %v", err)
		}
		// A client that takes piece after piece, each in its time, is never too slow.
		if err := w.piece(events[2:4]); err != nil {
			t.Fatalf("two more in time: %v", err)
		}
		answer.each = 32 * time.Second
		if err := w.piece(events[4:]); !errors.Is(err, errFeedWrite) {
			t.Fatalf("an event that took too long by itself: %v", err)
		}
		answer.Body.Reset()
		answer.each = 30*time.Second + farewell/2
		if err := w.piece(append(events, events...)); !errors.Is(err, errFeedSlow) {
			t.Fatalf("got %v", err)
		}
		body := answer.Body.String()
		if !strings.Contains(body, "\n\n: ended, as what was held for this client was not taken within 30s; come back with Last-Event-ID: 10\n"+
			"retry: 5000\nid: 10\n\n") {
			t.Errorf("the last words are %s", body)
		}
		if strings.Contains(body, "id: 11") {
			t.Errorf("went on: %s", body)
		}
	})
}
