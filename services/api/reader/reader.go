package reader

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/web"
)

// Reader reads the model of now and of the past. It is safe for concurrent use.
type Reader struct {
	live    *projection.Projection
	history *projection.History
	now     func() time.Time
}

// New returns a reader of the model of now and of a log's history; now is the
// clock.
func New(live *projection.Projection, history *projection.History, now func() time.Time) *Reader {
	return &Reader{live: live, history: history, now: now}
}

// Kinds are the errors of reading.
func Kinds() []web.Kind {
	return []web.Kind{
		{
			Is: projection.ErrNotYet, Status: http.StatusBadRequest, Name: "not-yet",
			Title: "The log has not come to this sequence", Detail: "Ask for a sequence up to X-Taurus-Sequence.",
		},
		Unlike(),
	}
}

// Unlike is the kind of old events that cannot be told.
func Unlike() web.Kind {
	return web.Kind{
		Is: projection.ErrUnlike, Status: http.StatusServiceUnavailable, Name: "log-unlike",
		Title: "The log gives something else than was there", Detail: "Try again in a moment.",
	}
}

// Moment is what a read is of.
type Moment struct {
	Now      time.Time
	Sequence uint64
}

// Read lets f look at the model that a request asks about: that of now, once it
// has come to ?after=, or that of ?at=. f must keep nothing of the model.
func (r *Reader) Read(c echo.Context, f func(*projection.Model, Moment)) error {
	return r.read(c, f, func(f func(*projection.Model)) error {
		r.live.View(f)
		return nil
	})
}

// Scan does the same for an f that may look at all there is: readers hold up the fold,
// so those that take long take turns.
func (r *Reader) Scan(c echo.Context, f func(*projection.Model, Moment)) error {
	return r.read(c, f, func(f func(*projection.Model)) error { return r.live.Scan(c.Request().Context(), f) })
}

// Whole lets f look at the same, where a job is there with all its tasks. Those of one that ended
// long ago are read from the log.
func (r *Reader) Whole(c echo.Context, id string, f func(*projection.Model, Moment)) error {
	return r.whole(c, id, f, r.Read)
}

// ScanWhole does the same for an f that may look at all there is of a large job.
func (r *Reader) ScanWhole(c echo.Context, id string, f func(*projection.Model, Moment)) error {
	return r.whole(c, id, f, r.Scan)
}

// WholeNow does the same with the model of now, whatever the request asks about.
func (r *Reader) WholeNow(c echo.Context, id string, f func(*projection.Model, Moment)) error {
	return r.whole(c, id, f, func(_ echo.Context, f func(*projection.Model, Moment)) error {
		r.live.View(func(m *projection.Model) { f(m, Moment{Now: r.now().UTC(), Sequence: m.Sequence()}) })
		return nil
	})
}

func (r *Reader) whole(c echo.Context, id string, f func(*projection.Model, Moment), read func(echo.Context, func(*projection.Model, Moment)) error) error {
	var found *cluster.Job // The job as a whole, and as of which record about it.
	for as := uint64(0); ; {
		last, lacks := uint64(0), false
		err := read(c, func(m *projection.Model, at Moment) {
			if last, lacks = m.Lacks(id); lacks && found != nil && as == last {
				m, lacks = m.With(found), false
			}
			if !lacks {
				f(m, at)
			}
		})
		if err != nil || !lacks {
			return err
		}
		if found, err = r.history.Whole(c.Request().Context(), id, last); err != nil {
			return err
		}
		as = last
	}
}

func (r *Reader) read(c echo.Context, f func(*projection.Model, Moment), now func(func(*projection.Model)) error) error {
	if err := r.WaitAfter(c); err != nil {
		return err
	}
	if c.QueryParam("at") == "" {
		moment := Moment{Now: r.now().UTC()}
		err := now(func(m *projection.Model) {
			moment.Sequence = m.Sequence()
			f(m, moment)
		})
		if err == nil {
			web.SetSequence(c, moment.Sequence)
		}
		return err
	}
	m, err := r.past(c.Request().Context(), c.QueryParam("at"))
	if err != nil {
		return err
	}
	web.SetSequence(c, m.Sequence())
	f(m, Moment{Now: m.Time(), Sequence: m.Sequence()})
	return nil
}

// Job reads one job; the error is submission.ErrNotFound if there is none.
func (r *Reader) Job(c echo.Context, id string) (projection.Job, error) {
	var (
		v  projection.Job
		ok bool
	)
	err := r.Read(c, func(m *projection.Model, _ Moment) { v, ok = m.Job(id) })
	if err != nil {
		return v, err
	}
	if !ok {
		return v, submission.ErrNotFound
	}
	return v, nil
}

// View lets f look at the model of now, whatever the request asks about. f must
// keep nothing of it.
func (r *Reader) View(f func(*projection.Model)) { r.live.View(f) }

// WaitAfter waits until what ?after= names is folded, so that users read their
// writes whichever instance they ask.
func (r *Reader) WaitAfter(c echo.Context) error {
	after, err := web.Number(c, "after", 0, 1<<63, 0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), web.RequestTimeout)
	defer cancel()
	return r.live.WaitFor(ctx, after)
}

// past builds the model of a sequence or of a time.
func (r *Reader) past(ctx context.Context, at string) (*projection.Model, error) {
	n, err := r.SequenceOf(ctx, at)
	if err != nil {
		return nil, err
	}
	return r.history.AsOf(ctx, n)
}

// SequenceOf reads ?at=: a sequence, or a time whose last sequence is meant.
func (r *Reader) SequenceOf(ctx context.Context, at string) (uint64, error) {
	if n, err := strconv.ParseUint(at, 10, 64); err == nil {
		return n, nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return 0, web.BadParam("at", "%q must be a sequence or a time such as 2006-01-02T15:04:05Z (+ written as %%2B)", web.Cleaned(at, web.WordMax))
	}
	return r.history.SequenceAt(ctx, t)
}
