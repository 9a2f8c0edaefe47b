package api

import (
	"context"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
)

// moment is what a read is of.
type moment struct {
	now      time.Time
	sequence uint64
	past     bool
}

// read lets f look at the model that a request asks about: that of now, once it
// has come to ?after=, or that of ?at=. f must keep nothing of the model.
func (s *Service) read(c echo.Context, f func(*projection.Model, moment)) error {
	if err := s.waitAfter(c); err != nil {
		return err
	}
	if c.QueryParam("at") == "" {
		now := moment{now: s.now()}
		s.live.View(func(m *projection.Model) {
			now.sequence = m.Sequence()
			f(m, now)
		})
		setSequence(c, now.sequence)
		return nil
	}
	m, err := s.past(c.Request().Context(), c.QueryParam("at"))
	if err != nil {
		return err
	}
	setSequence(c, m.Sequence())
	f(m, moment{now: m.Time(), sequence: m.Sequence(), past: true})
	return nil
}

// waitAfter waits until what ?after= names is folded, so that users read their
// writes whichever instance they ask.
func (s *Service) waitAfter(c echo.Context) error {
	after, err := number(c, "after", 0, 1<<63, 0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), requestTimeout)
	defer cancel()
	return s.live.WaitFor(ctx, after)
}

// past builds the model of a sequence or of a time.
func (s *Service) past(ctx context.Context, at string) (*projection.Model, error) {
	n, err := s.sequenceOf(ctx, at)
	if err != nil {
		return nil, err
	}
	return s.history.AsOf(ctx, n)
}

// sequenceOf reads ?at=: a sequence, or a time whose last sequence is meant.
func (s *Service) sequenceOf(ctx context.Context, at string) (uint64, error) {
	if n, err := strconv.ParseUint(at, 10, 64); err == nil {
		return n, nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return 0, badParam("at", "%q must be a sequence or a time such as 2006-01-02T15:04:05Z (+ written as %%2B)", cleaned(at, actorMax))
	}
	return s.history.SequenceAt(ctx, t)
}

// job reads one job; the error is submission.ErrNotFound if there is none.
func (s *Service) job(c echo.Context, id string) (projection.Job, error) {
	var (
		v  projection.Job
		ok bool
	)
	err := s.read(c, func(m *projection.Model, _ moment) { v, ok = m.Job(id) })
	if err != nil {
		return v, err
	}
	if !ok {
		return v, submission.ErrNotFound
	}
	return v, nil
}
