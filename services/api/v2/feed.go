package v2

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

const (
	eventsPage, eventsPageMax = 100, 1000

	heartbeat    = 15 * time.Second
	feedPatience = 30 * time.Second
)

// feeds are the events: as they come, and in pages.
type feeds struct {
	reader *reader.Reader
	live   *projection.Projection
	log    Bounds
	// open counts the feeds that are.
	open Gauge
	// stopping is closed when feeds must end.
	stopping <-chan struct{}
	// heartbeat is how often idle feeds are written to.
	heartbeat time.Duration
	// patience is how long a client may take nothing.
	patience time.Duration
}

// all is the feed of all events.
func (f *feeds) all(c echo.Context) error {
	types, err := types(c)
	if err != nil {
		return err
	}
	return f.follow(c, projection.Filter{Job: c.QueryParam("job"), Types: types}, 0)
}

// types reads ?type=; none means all.
func types(c echo.Context) (list []string, err error) {
	for word := range strings.SplitSeq(web.Words(c, "type"), ",") {
		begins, many := strings.CutSuffix(word, "*")
		switch {
		case word == "":
		case strings.Contains(begins, "*") || many && !strings.HasSuffix(begins, "."):
			return nil, web.BadParam("type", "%q must be a type, or the beginning of some up to a dot and a *, such as taurus.task.*",
				web.Cleaned(word, web.WordMax))
		default:
			list = append(list, begins)
		}
	}
	return list, nil
}

// feedStart is the sequence that a feed begins with: behind Last-Event-ID, at
// ?from=, or else at fallback, 0 being what comes next.
func (f *feeds) feedStart(c echo.Context, fallback uint64) (uint64, error) {
	param := "from"
	from, err := web.Number(c, param, 0, 1<<63, fallback)
	if err != nil {
		return 0, err
	}
	if last := c.Request().Header.Get("Last-Event-ID"); last != "" {
		n, err := strconv.ParseUint(last, 10, 63)
		if err != nil {
			return 0, web.BadParam("Last-Event-ID", "must be the id of an event, a sequence")
		}
		param, from = "Last-Event-ID", n+1
	}
	if from == 0 {
		return f.live.Sequence() + 1, nil
	}
	bounds, err := f.log.Bounds(c.Request().Context())
	switch {
	case errors.Is(err, eventlog.ErrUnavailable):
		return from, nil // What is at hand can be followed all the same.
	case err != nil:
		return 0, err
	case from < bounds.First:
		return 0, fmt.Errorf("%w: the first kept is %d", errGone, bounds.First)
	case from > bounds.Last+1:
		return 0, web.BadParam(param, "has not happened yet, the log is at %d; leave it out to begin with what comes next", bounds.Last)
	}
	return from, nil
}

// follow sends events as they are folded until the client or the service goes.
// Every client reads at its own pace: one that takes nothing for
// feeds.patience is cut off and holds up nobody.
func (f *feeds) follow(c echo.Context, filter projection.Filter, fallback uint64) error {
	from, err := f.feedStart(c, fallback)
	if err != nil {
		return err
	}
	out := f.newFeedWriter(c)
	if c.Request().Method == http.MethodHead {
		out.head()
		return nil
	}
	f.open.Inc()
	defer f.open.Dec()
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer cancel()
	go func() {
		select {
		case <-f.stopping:
			cancel()
			out.end() // A write to a client that takes nothing ends too.
		case <-ctx.Done():
		}
	}()
	if err := out.open(from); err != nil {
		return err
	}
	err = f.live.Follow(ctx, from, filter, f.heartbeat, out.event, out.idle)
	if ctx.Err() == nil && !errors.Is(err, errFeedWrite) {
		return err // Too late for a status; it is logged.
	}
	return nil
}

// errFeedWrite: the client is gone or takes nothing.
var errFeedWrite = errors.New("the client takes no events")

// feedWriter writes server-sent events (HTML, section 9.2).
type feedWriter struct {
	response *echo.Response
	control  *http.ResponseController
	// patience is how long one write may take.
	patience time.Duration

	mu    sync.Mutex
	ended bool
}

func (f *feeds) newFeedWriter(c echo.Context) *feedWriter {
	return &feedWriter{response: c.Response(), control: http.NewResponseController(c.Response()), patience: f.patience}
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
	return w.send(fmt.Sprintf(": follows from %d\nretry: 1000\n\n", from))
}

func (w *feedWriter) event(ev projection.Event) error {
	data, err := json.Marshal(ev, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode event %d: %w", ev.Sequence, err)
	}
	return w.send(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", ev.Sequence, ev.Type, data))
}

// idle keeps the connection open and moves the client's Last-Event-ID on past
// events that the filter left out. Without data no event is dispatched.
func (w *feedWriter) idle(last uint64) error {
	return w.send(fmt.Sprintf(": heartbeat\nid: %d\n\n", last))
}

// extend gives the next write its time, unless the feed is to end. Where the
// connection has no deadlines, that is no reason to end the feed.
func (w *feedWriter) extend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		_ = w.control.SetWriteDeadline(time.Now().Add(w.patience))
	}
}

// end cuts off the write under way and all to come.
func (w *feedWriter) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	_ = w.control.SetWriteDeadline(time.Now())
}

func (w *feedWriter) send(text string) error {
	w.extend()
	if _, err := w.response.Write([]byte(text)); err != nil {
		return fmt.Errorf("%w: %w", errFeedWrite, err)
	}
	if err := w.control.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errFeedWrite, err)
	}
	return nil
}
