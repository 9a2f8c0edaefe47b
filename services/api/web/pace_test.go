package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/services/api/web"
)

// believing believes whoever says who they are, but for "wrong".
type believing struct{}

func (believing) Who(r *http.Request) (access.Principal, error) {
	switch name := r.Header.Get("Name"); name {
	case "":
		return access.Principal{Name: "anonymous", By: access.Anonymous}, nil
	case "wrong":
		return access.Principal{}, errors.New("there is no such token")
	default:
		return access.Principal{Name: name, By: access.BearerToken}, nil
	}
}

func (believing) Standing(access.Principal) (web.Standing, error) {
	return web.Standing{Grants: access.Grants{{Rights: access.Rights(), Jobs: []string{access.All}}}}, nil
}

// asker sends requests to a frame of one route and one for stops.
func asker(t *testing.T, l web.Limits) func(name, address, method string) *httptest.ResponseRecorder {
	t.Helper()
	fine := func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }
	h, err := web.Handler(web.Options{
		Dialects: []web.Dialect{{
			Roots: []string{"/"}, Fail: web.WriteProblem, Routes: []web.Route{
				{Method: http.MethodGet, Path: "/x", Right: access.Read, About: web.AnyJob(), Handle: fine},
				{Method: http.MethodDelete, Path: "/x", Right: access.Stop, About: web.AnyJob(), Handle: fine, Cost: web.Urgent},
			},
		}},
		HostNames: asked, Log: zerolog.Nop(), Now: time.Now, Answered: func(string, string, int, time.Duration) {}, Limits: l,
		Sequence: func() uint64 { return 1 }, Ready: func() error { return nil }, BodyMax: 1, Access: believing{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(name, address, method string) *httptest.ResponseRecorder {
		req, w := httptest.NewRequestWithContext(t.Context(), method, "/x", http.NoBody), httptest.NewRecorder()
		req.RemoteAddr = address
		req.Header.Set("Name", name)
		h.ServeHTTP(w, req)
		return w
	}
}

// TestPaceOfEachPrincipal: one that hurries is told when to come again, and holds up nobody
// else, not even from the same address; who does not sign in is known by their network.
func TestPaceOfEachPrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const here, there = "192.0.2.1:1", "192.0.2.2:1"
		ask := asker(t, web.Limits{Rate: 0.5, RateBurst: 3})
		want := func(status int, name, address, method string) *httptest.ResponseRecorder {
			t.Helper()
			w := ask(name, address, method)
			if w.Code != status {
				t.Errorf("%s %q of %s: %d, want %d: %s", method, name, address, w.Code, status, w.Body)
			}
			return w
		}
		for range 3 {
			want(204, "ann", here, "GET")
		}
		w := want(429, "ann", there, "GET")
		if w.Header().Get("Retry-After") != "2" || !strings.Contains(w.Body.String(), "--requests-per-second") || !strings.Contains(w.Body.String(), "problem:hurried") {
			t.Errorf("Retry-After %s: %s", w.Header().Get("Retry-After"), w.Body)
		}
		want(204, "ann", here, "DELETE") // She may still stop what she has.
		want(204, "bob", here, "GET")
		for range 3 {
			want(204, "", "[2001:db8::1]:1", "GET")
		}
		want(429, "", "[2001:db8::2]:9", "GET") // The same subscriber.
		want(204, "", "[2001:db8:0:1::1]:1", "GET")
		want(204, "", here, "GET")
		time.Sleep(2*time.Second - 1)
		want(429, "ann", here, "GET") // What was refused has cost nothing.
		time.Sleep(time.Nanosecond)
		want(204, "ann", here, "GET")
		want(429, "ann", here, "GET")
	})
}

// TestPaceOfWrongCredentials: of one address so many a minute, and after that nobody is told
// what was wrong; good ones go on.
func TestPaceOfWrongCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const here, there = "192.0.2.1:1", "192.0.2.2:1"
		ask := asker(t, web.Limits{FailuresPerMinute: 6})
		for i := range 6 {
			if w := ask("wrong", here, "GET"); w.Code != http.StatusUnauthorized {
				t.Errorf("try %d: %d", i, w.Code)
			}
		}
		w := ask("wrong", here, "GET")
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "10" || strings.Contains(w.Body.String(), "no such token") ||
			!strings.Contains(w.Body.String(), "--sign-in-failures-per-minute") {
			t.Errorf("%d, Retry-After %s: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
		}
		if got := ask("ann", here, "GET").Code; got != http.StatusNoContent {
			t.Errorf("a good one: %d", got)
		}
		if got := ask("wrong", there, "GET").Code; got != http.StatusUnauthorized {
			t.Errorf("from elsewhere: %d", got)
		}
		time.Sleep(10 * time.Second)
		if got := ask("wrong", here, "GET").Code; got != http.StatusUnauthorized {
			t.Errorf("later: %d", got)
		}
	})
}

// TestPacesAreBounded: however many ask, no more are kept, and who asks all the time is.
func TestPacesAreBounded(t *testing.T) {
	t.Parallel()
	if kept, busy := web.PacesKept(25_000); kept != 10_000 || !busy {
		t.Errorf("%d are kept; the one who asks all the time is held to it: %v", kept, busy)
	}
}
