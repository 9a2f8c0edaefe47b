package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// eventList is a page of the events about a job.
type eventList struct {
	Events []projection.Event `json:"events"`
	// Next is the sequence to go on with (?from=), absent on the last page.
	Next     uint64 `json:"next,omitzero"`
	Sequence uint64 `json:"sequence"`
}

// events is the feed of all events.
func (s *Service) events(c echo.Context) error {
	return s.follow(c, projection.Filter{Job: c.QueryParam("job"), Types: types(c)}, 0)
}

func types(c echo.Context) []string {
	var list []string
	for _, value := range c.QueryParams()["type"] {
		for word := range strings.SplitSeq(value, ",") {
			if word != "" {
				list = append(list, strings.TrimSuffix(word, "*"))
			}
		}
	}
	return list
}

// jobEvents is the history of a job, deleted ones too: a page, or a feed for
// those that accept one.
func (s *Service) jobEvents(c echo.Context) error {
	id, err := jobID(c, "id")
	if err != nil {
		return err
	}
	if err := s.waitAfter(c); err != nil {
		return err
	}
	if !s.live.Seen(id) {
		return submission.ErrNotFound
	}
	if strings.Contains(c.Request().Header.Get(echo.HeaderAccept), "text/event-stream") {
		return s.follow(c, projection.Filter{Job: id, Types: types(c)}, 1)
	}
	list, err := s.eventPage(c, id)
	if err != nil {
		return err
	}
	setSequence(c, list.Sequence)
	return writeJSON(c, http.StatusOK, jsonType, list)
}

func (s *Service) eventPage(c echo.Context, id string) (list eventList, err error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), requestTimeout)
	defer cancel()
	limit, errLimit := number(c, "limit", 1, eventsPageMax, eventsPage)
	from, errFrom := number(c, "from", 0, 1<<63, 0)
	if err := badParams(errLimit, errFrom); err != nil {
		return list, err
	}
	list.Sequence = s.live.Sequence()
	if at := c.QueryParam("at"); at != "" {
		then, err := s.sequenceOf(ctx, at)
		if err != nil {
			return list, err
		}
		if then > list.Sequence {
			return list, fmt.Errorf("%w: %d, the last is %d", projection.ErrNotYet, then, list.Sequence)
		}
		list.Sequence = then
	}
	list.Events, list.Next, err = s.live.JobEvents(ctx, id, from, list.Sequence, int(limit))
	return list, err
}

// feedStart is the sequence that a feed begins with: behind Last-Event-ID, at
// ?from=, or else at fallback, 0 being what comes next.
func (s *Service) feedStart(c echo.Context, fallback uint64) (uint64, error) {
	from, err := number(c, "from", 0, 1<<63, fallback)
	if err != nil {
		return 0, err
	}
	if last := c.Request().Header.Get("Last-Event-ID"); last != "" {
		n, err := strconv.ParseUint(last, 10, 63)
		if err != nil {
			return 0, badParam("Last-Event-ID", "must be the id of an event, a sequence")
		}
		from = n + 1
	}
	if from == 0 {
		return s.live.Sequence() + 1, nil
	}
	bounds, err := s.opts.Log.Bounds(c.Request().Context())
	switch {
	case errors.Is(err, eventlog.ErrUnavailable):
		return from, nil // What is at hand can be followed all the same.
	case err != nil:
		return 0, err
	case from < bounds.First:
		return 0, fmt.Errorf("%w: the first kept is %d", errGone, bounds.First)
	case from > bounds.Last+1:
		return 0, badParam("from", "%d has not happened yet, the log is at %d; was it begun anew?", from, bounds.Last)
	}
	return from, nil
}

// follow sends events as they are folded until the client or the service goes.
// Every client reads at its own pace: one that takes nothing for
// feedWriteTimeout is cut off and holds up nobody.
func (s *Service) follow(c echo.Context, filter projection.Filter, fallback uint64) error {
	from, err := s.feedStart(c, fallback)
	if err != nil {
		return err
	}
	s.metrics.feeds.Inc()
	defer s.metrics.feeds.Dec()
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer cancel()
	out := newFeedWriter(c)
	go func() {
		select {
		case <-s.stopping:
			cancel()
			out.deadline(time.Now()) // A write to a client that takes nothing ends too.
		case <-ctx.Done():
		}
	}()
	if err := out.open(from); err != nil {
		return err
	}
	err = s.live.Follow(ctx, from, filter, s.heartbeat, out.event, out.idle)
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
}

func newFeedWriter(c echo.Context) *feedWriter {
	return &feedWriter{response: c.Response(), control: http.NewResponseController(c.Response())}
}

func (w *feedWriter) open(from uint64) error {
	h := w.response.Header()
	h.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
	h.Set(echo.HeaderCacheControl, "no-store")
	h.Set("X-Accel-Buffering", "no") // Or nginx would keep events back.
	w.response.WriteHeader(http.StatusOK)
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

// deadline bounds writes. Where the connection has none, that is no reason to
// end the feed.
func (w *feedWriter) deadline(t time.Time) { _ = w.control.SetWriteDeadline(t) }

func (w *feedWriter) send(text string) error {
	w.deadline(time.Now().Add(feedWriteTimeout))
	if _, err := w.response.Write([]byte(text)); err != nil {
		return fmt.Errorf("%w: %w", errFeedWrite, err)
	}
	if err := w.control.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errFeedWrite, err)
	}
	return nil
}
