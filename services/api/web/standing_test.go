package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/services/api/web"
)

var errExpired = errors.New("the token has expired")

// door lets somebody in until a time, by grants that change.
type door struct {
	until time.Time

	mu      sync.Mutex
	grants  access.Grants
	changed chan struct{}
}

func (d *door) Who(*http.Request) (access.Principal, error) {
	return access.Principal{Name: "ann", By: access.BearerToken, Expires: d.until}, nil
}

func (d *door) Standing(p access.Principal) (web.Standing, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !p.Expires.IsZero() && !time.Now().Before(p.Expires) {
		return web.Standing{}, errExpired
	}
	return web.Standing{Grants: d.grants, Until: p.Expires, Changed: d.changed}, nil
}

func (d *door) set(jobs ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.grants = access.Grants{{Rights: []access.Right{access.Read}, Jobs: jobs}}
	if d.changed != nil {
		close(d.changed)
	}
	d.changed = make(chan struct{})
}

// watching serves an answer that goes on until it is lost, and tells why and after how long.
func watching(t *testing.T, d *door, meanwhile func(c echo.Context)) (why web.Problem, took time.Duration) {
	t.Helper()
	h, err := web.Handler(web.Options{
		HostNames: asked,
		Dialects: []web.Dialect{{
			Roots: []string{"/"}, Fail: web.WriteProblem,
			Routes: []web.Route{{Method: http.MethodGet, Path: "/jobs/:id", Right: access.Read, About: web.JobIn("id"), Feed: func(*http.Request) bool { return true }, Handle: func(c echo.Context) error {
				if meanwhile != nil {
					go meanwhile(c)
				}
				began := time.Now()
				ctx, stop := context.WithTimeout(c.Request().Context(), 10*time.Hour)
				defer stop()
				web.Watch(ctx, c, func(err error) { why = web.ProblemOf(c, err) })
				took = time.Since(began)
				if (web.Renew(c) == nil) != (why.Status == 0) {
					t.Errorf("renewed: %v", web.Renew(c))
				}
				return nil
			}}},
		}},
		Log: zerolog.Nop(), Now: time.Now, BodyMax: 10, Answered: func(string, string, int, time.Duration) {},
		Sequence: func() uint64 { return 1 }, Ready: func() error { return nil }, Access: d,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/jobs/x", http.NoBody))
	return why, took
}

// TestAnswersEndWithTheirCredential, at the very time, and with the right that they take, as
// soon as it is gone; what else changes is nothing to them.
func TestAnswersEndWithTheirCredential(t *testing.T) {
	for name, row := range map[string]struct {
		until     time.Duration // 0 is never.
		meanwhile func(*door)
		status    int
		says      string
		after     time.Duration
	}{
		"expires":       {time.Hour, nil, 401, "The token has expired", time.Hour},
		"never expires": {0, nil, 0, "", 10 * time.Hour},
		"right is gone": {0, func(d *door) {
			time.Sleep(time.Minute)
			d.set("x", "y")
			time.Sleep(time.Minute)
			d.set("y")
		}, 403, "read", 2 * time.Minute},
		"expires after all": {time.Hour, func(d *door) {
			time.Sleep(time.Minute)
			d.set("*")
		}, 401, "The token has expired", time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &door{}
				if row.until > 0 {
					d.until = time.Now().Add(row.until)
				}
				d.set("x")
				meanwhile := func(echo.Context) {}
				if row.meanwhile != nil {
					meanwhile = func(echo.Context) { row.meanwhile(d) }
				}
				why, took := watching(t, d, meanwhile)
				if why.Status != row.status || took != row.after || !strings.Contains(why.Detail, row.says) {
					t.Errorf("after %v: %+v", took, why)
				}
			})
		})
	}
}
