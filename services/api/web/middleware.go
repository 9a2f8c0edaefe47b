package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/visible"
)

// observe gives every request an id and writes its line and its metrics.
func (f *frame) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := f.Now()
		r, err := f.newRequest(c)
		if err != nil {
			return err
		}
		c.Response().Header().Set(echo.HeaderXRequestID, r.ID)
		c.Response().Before(func() {
			if c.Response().Header().Get(sequenceHeader) == "" {
				SetSequence(c, f.Sequence())
			}
		})
		if err := next(c); err != nil {
			r.err = err
			f.fail(err, c)
		}
		took := f.Now().Sub(began)
		f.Answered(c.Request().Method, c.Path(), c.Response().Status, took)
		f.line(c, r, took)
		f.decided(c, r)
		if r.cut {
			panic(http.ErrAbortHandler) // Or half an answer would look like a whole one.
		}
		return nil
	}
}

// line writes one line about a request; what went wrong inside is an error.
func (f *frame) line(c echo.Context, r *Request, took time.Duration) {
	level := zerolog.InfoLevel
	if c.Response().Status == http.StatusInternalServerError {
		level = zerolog.ErrorLevel
	}
	f.Log.WithLevel(level).Str("method", c.Request().Method).Str("path", visible.Escaped(c.Request().URL.Path)).
		Int("status", c.Response().Status).Int64("bytes", c.Response().Size).Dur("took", took).
		Str("request_id", r.ID).Str("actor", r.Author.By()).Uint64("seq", r.Sequence).
		Func(func(e *zerolog.Event) {
			if r.Job != "" {
				e.Str("job", visible.Escaped(r.Job))
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
func (f *frame) caught(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := f.Ready(); err != nil {
			return err
		}
		return next(c)
	}
}

// bounded ends what a request waits for; feeds have no such bound.
func bounded(r Route, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if r.feeds(c) {
			return next(c)
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), RequestTimeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// sized bounds the body: reading more of it is an *http.MaxBytesError.
func (f *frame) sized(route Route, next echo.HandlerFunc) echo.HandlerFunc {
	most := f.BodyMax
	if route.Cost != Submission {
		most = min(most, SmallBody)
	}
	return func(c echo.Context) error {
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, most)
		RequestOf(c).submits = route.Cost == Submission
		return next(c)
	}
}
