package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"
)

// asError is errors.As with its type spelled once.
func asError[T error](err error, into *T) bool { return errors.As(err, into) }

// observe gives every request an id and writes its line and its metrics.
func (s *Service) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := s.opts.Now()
		r, err := s.newRequest(c)
		if err != nil {
			return err
		}
		c.Response().Header().Set(echo.HeaderXRequestID, r.id)
		c.Response().Before(func() {
			if c.Response().Header().Get(headerSequence) == "" {
				setSequence(c, s.live.Sequence())
			}
		})
		if err := next(c); err != nil {
			r.err = err
			s.fail(err, c)
		}
		took := s.opts.Now().Sub(began)
		s.metrics.answered(c.Request().Method, c.Path(), c.Response().Status, took)
		s.line(c, r, took)
		return nil
	}
}

// line writes one line about a request; what went wrong inside is an error.
func (s *Service) line(c echo.Context, r *request, took time.Duration) {
	level := zerolog.InfoLevel
	if c.Response().Status == http.StatusInternalServerError {
		level = zerolog.ErrorLevel
	}
	s.log.WithLevel(level).Str("method", c.Request().Method).Str("path", c.Request().URL.Path).
		Int("status", c.Response().Status).Int64("bytes", c.Response().Size).Dur("took", took).
		Str("request_id", r.id).Str("actor", r.author.actor).Uint64("seq", r.sequence).
		Func(func(e *zerolog.Event) {
			if r.job != "" {
				e.Str("job", r.job)
			}
		}).AnErr("error", r.err).Msg("request")
}

// panicError is a panic in a handler.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// recovered makes an error of a panic, so that one request cannot end them all.
func recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if cause, ok := value.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
				panic(value)
			}
			err = &panicError{value: value, stack: debug.Stack()}
		}()
		return next(c)
	}
}

// sameOrigin refuses writes that a browser was made to send by another site:
// the api listens on this machine, where any page could reach it.
func sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if err := protection.Check(c.Request()); err != nil {
			return echo.NewHTTPError(http.StatusForbidden).SetInternal(err)
		}
		return next(c)
	}
}

// caught answers 503 until the log is replayed: half a state is no answer.
func (s *Service) caught(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.caughtUp(); err != nil {
			return err
		}
		return next(c)
	}
}

// bounded ends what a request waits for; feeds have no such bound.
func bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), requestTimeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
