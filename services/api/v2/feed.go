package v2

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

const (
	eventsPage, eventsPageMax = 100, 1000
	// typesMax is how many types one filter has at most: each is held against every event.
	typesMax = 32

	heartbeat = 15 * time.Second
)

// Defaults of what feeds are held to.
const (
	// DefaultFeedPatience is how long a client may take for what one feed holds for it.
	DefaultFeedPatience = 30 * time.Second
	// DefaultFeedBytes is what one feed holds for its client, DefaultFeedsBytes what all
	// feeds do, in bytes as projection.Event.Size counts them.
	DefaultFeedBytes  = 256 << 10
	DefaultFeedsBytes = 64 << 20
)

// feeds are the events: as they come, and in pages.
type feeds struct {
	reader *reader.Reader
	live   *projection.Projection
	log    Bounds
	// open counts the feeds that are, cut those that were ended as slow.
	open Gauge
	cut  Counter
	// stopping is closed when feeds must end.
	stopping <-chan struct{}
	// heartbeat is how often idle feeds are written to.
	heartbeat time.Duration
	// patience is how long a client may take for one piece of its feed, and bytes how
	// large that is.
	patience time.Duration
	bytes    int
	// allowance is what all of them may hold.
	allowance *allowance
}

// all is the feed of all events.
func (f *feeds) all(c echo.Context) error {
	types, err := types(c)
	if err != nil {
		return err
	}
	return f.follow(c, projection.Filter{Job: c.QueryParam("job"), Types: types, Sees: seesEvent(c)}, 0)
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
	if len(list) > typesMax {
		return nil, web.BadParam("type", "names %d types; name %d at most", len(list), typesMax)
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
	if from <= f.live.Sequence() {
		if err := web.LookBack(c); err != nil {
			return 0, err
		}
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
// Every client reads at its own pace: what is held for it is one piece of the events,
// and the log is read no faster than that is taken. Who is too slow is cut off, holds
// up nobody, and comes back behind the last event it got.
func (f *feeds) follow(c echo.Context, filter projection.Filter, fallback uint64) error {
	from, err := f.feedStart(c, fallback)
	if err != nil {
		return err
	}
	out := newFeedWriter(c, f.patience)
	if c.Request().Method == http.MethodHead {
		out.head()
		return nil
	}
	defer out.leave()
	f.open.Inc()
	defer f.open.Dec()
	ctx, cancel := context.WithCancelCause(c.Request().Context())
	defer cancel(nil)
	go func() {
		select {
		case <-f.stopping:
			cancel(nil)
			out.end() // A write to a client that takes nothing ends too.
		case <-ctx.Done():
		}
	}()
	watched := make(chan struct{})
	defer func() { <-watched }() // It looks at the request, which is not there for ever.
	defer cancel(nil)
	go func() {
		defer close(watched)
		web.Watch(ctx, c, func(why error) {
			cancel(&lostError{why})
			out.hurry()
		})
	}()
	if err := out.open(from); err != nil {
		return err
	}
	err = f.run(ctx, c, out, from, filter)
	if lost := lostBy(ctx, err); lost != nil {
		_ = out.lastWords(web.ProblemOf(c, lost)) // Who is gone by now need not be told.
		return lost
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, errFeedSlow), errors.Is(err, os.ErrDeadlineExceeded):
		f.cut.Inc()
	case errors.Is(err, errFeedWrite):
		return nil
	case errors.Is(err, projection.ErrUnlike):
		_ = out.problem(reader.Unlike().Problem(err)) // Who is gone by now need not be told.
	}
	return err // Too late for a status; it is logged.
}

// lostError is why somebody may not have a feed any more.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// lostBy is that, as the end of a context or of a run says; nil if it is something else.
func lostBy(ctx context.Context, err error) error {
	for _, err := range []error{err, context.Cause(ctx)} {
		if lost, ok := errors.AsType[*lostError](err); ok {
			return lost.error
		}
	}
	return nil
}

// run sends piece after piece.
func (f *feeds) run(ctx context.Context, c echo.Context, out *feedWriter, from uint64, filter projection.Filter) error {
	tick := time.NewTicker(f.heartbeat)
	defer tick.Stop()
	more := make(chan struct{})
	close(more)
	for {
		next, changed, err := f.piece(ctx, c, out, from, filter)
		if err != nil {
			return err
		}
		if from = next; changed == nil {
			changed = more
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := out.idle(from - 1); err != nil {
				return err
			}
		case <-changed:
		}
	}
}

// piece sends the next piece of a feed, and holds what that takes no longer.
func (f *feeds) piece(ctx context.Context, c echo.Context, out *feedWriter, from uint64, filter projection.Filter) (next uint64, changed <-chan struct{}, err error) {
	held, err := f.allowance.take(ctx, f.bytes+eventMax, out.end)
	if err != nil {
		return from, nil, err
	}
	defer held.release()
	all := filter
	all.Sees = nil // What may be seen is known below.
	piece, err := f.live.Piece(ctx, from, all, f.bytes)
	if err != nil {
		return from, nil, err
	}
	// What it has was folded before this: nothing of it that came after the end of a right is
	// sent, and all of it that came after a right was given.
	if err := web.Renew(c); err != nil {
		return from, nil, &lostError{err}
	}
	piece.Events = slices.DeleteFunc(piece.Events, func(ev projection.Event) bool { return !filter.Matches(ev) })
	size := 0
	for i := range piece.Events {
		size += piece.Events[i].Size()
	}
	held.shrink(size)
	return piece.Next, piece.Changed, out.piece(piece.Events)
}
