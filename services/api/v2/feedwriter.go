package v2

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/web"
)

var (
	// errFeedWrite: the client is gone or takes nothing.
	errFeedWrite = errors.New("the client takes no events")
	// errFeedSlow: the client takes events too slowly.
	errFeedSlow = errors.New("the client takes events too slowly")
)

// farewell is how long the last words to a slow client may take.
const farewell = time.Second

// feedWriter writes server-sent events (HTML, section 9.2).
type feedWriter struct {
	response *echo.Response
	control  *http.ResponseController
	// patience is how long one piece may take.
	patience time.Duration
	// last is the id that the client comes back with.
	last uint64

	mu          sync.Mutex
	ended, left bool
}

func newFeedWriter(c echo.Context, patience time.Duration) *feedWriter {
	return &feedWriter{response: c.Response(), control: http.NewResponseController(c.Response()), patience: patience}
}

// head writes the header alone.
func (w *feedWriter) head() {
	h := w.response.Header()
	h.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
	h.Set(echo.HeaderCacheControl, "no-store")
	h.Set("X-Accel-Buffering", "no") // Or nginx would keep events back.
	w.response.WriteHeader(http.StatusOK)
}

func (w *feedWriter) open(from uint64) error {
	w.head()
	w.last = from - 1
	w.extend()
	return w.send(fmt.Sprintf(": follows from %d\nretry: 1000\n\n", from))
}

// piece writes events. A client that does not take them in time is told so where it can
// be, between two events, and is cut off within one otherwise: it comes back behind the
// last that it has whole.
func (w *feedWriter) piece(events []projection.Event) error {
	if len(events) == 0 {
		return nil
	}
	until := w.extend()
	for i := range events {
		if time.Now().After(until) {
			return w.dismiss()
		}
		if err := w.event(&events[i]); err != nil {
			return err
		}
	}
	return w.flush()
}

func (w *feedWriter) event(ev *projection.Event) error {
	if _, err := fmt.Fprintf(w.response, "id: %d\nevent: %s\ndata: ", ev.Sequence, ev.Type); err != nil {
		return fmt.Errorf("%w: %w", errFeedWrite, err)
	}
	if err := json.MarshalWrite(w.response, ev, json.Deterministic(true)); err != nil {
		return fmt.Errorf("%w: event %d: %w", errFeedWrite, ev.Sequence, err)
	}
	if _, err := w.response.Write([]byte("\n\n")); err != nil {
		return fmt.Errorf("%w: %w", errFeedWrite, err)
	}
	w.last = ev.Sequence
	return nil
}

// dismiss says why the feed ends, and what to come back with.
func (w *feedWriter) dismiss() error {
	w.until(time.Now().Add(farewell))
	text := fmt.Sprintf(": ended, as what was held for this client was not taken within %v; come back with Last-Event-ID: %d\nretry: 5000\nid: %d\n\n",
		w.patience, w.last, w.last)
	if err := w.send(text); err != nil {
		return err
	}
	return errFeedSlow
}

// problem says why the feed ends where no status can any more. The client may come back
// behind the last event it has.
func (w *feedWriter) problem(p web.Problem) error {
	w.extend()
	return w.tell(p)
}

func (w *feedWriter) tell(p web.Problem) error {
	text, err := json.Marshal(p, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("%w: %w", errFeedWrite, err)
	}
	return w.send(fmt.Sprintf("retry: 5000\nid: %d\nevent: problem\ndata: %s\n\n", w.last, text))
}

// lastWords is problem, for whom nobody waits any more.
func (w *feedWriter) lastWords(p web.Problem) error {
	w.hurry()
	return w.tell(p)
}

// hurry gives the write under way, and what follows, the time of a farewell.
func (w *feedWriter) hurry() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended && !w.left {
		_ = w.control.SetWriteDeadline(time.Now().Add(farewell))
	}
}

// idle keeps the connection open and moves the client's Last-Event-ID on past
// events that the filter left out. Without data no event is dispatched.
func (w *feedWriter) idle(last uint64) error {
	w.last = last
	w.extend()
	return w.send(fmt.Sprintf(": heartbeat\nid: %d\n\n", last))
}

// extend gives the next piece its time, and returns when that is over; what is cut off
// then would have been dismissed, had it not been within an event.
func (w *feedWriter) extend() time.Time {
	until := time.Now().Add(w.patience)
	w.until(until.Add(farewell))
	return until
}

// until gives writes their time, unless the feed is to end. Where the connection has
// no deadlines, that is no reason to end the feed.
func (w *feedWriter) until(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		_ = w.control.SetWriteDeadline(t)
	}
}

// end cuts off the write under way and all to come. It does nothing once the handler has
// left: net/http takes a response of HTTP/2 back then, and panics at who still has it.
func (w *feedWriter) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if !w.left {
		_ = w.control.SetWriteDeadline(time.Now())
	}
}

// leave is the last that a handler does with it.
func (w *feedWriter) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = true
}

func (w *feedWriter) send(text string) error {
	if _, err := w.response.Write([]byte(text)); err != nil {
		return fmt.Errorf("%w: %w", errFeedWrite, err)
	}
	return w.flush()
}

func (w *feedWriter) flush() error {
	if err := w.control.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errFeedWrite, err)
	}
	return nil
}
