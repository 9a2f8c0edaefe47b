package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/services/api/web"
)

// named says its name, and nothing else, when something is wrong.
func named(name string, d web.Dialect) web.Dialect {
	d.Fail = func(c echo.Context, p web.Problem) error { return c.String(p.Status, name) }
	return d
}

func handler(dialects ...web.Dialect) (http.Handler, error) {
	return web.Handler(web.Options{
		HostNames: asked,
		Dialects:  dialects, Log: zerolog.Nop(), Now: time.Now, BodyMax: 10,
		Answered: func(string, string, int, time.Duration) {}, Sequence: func() uint64 { return 1 }, Ready: func() error { return nil },
	})
}

// The dialect of the route answers, or else the one with the longest root.
func TestWhoseErrorItIs(t *testing.T) {
	t.Parallel()
	failing := func(echo.Context) error { return errors.New("x") }
	h, err := handler(
		named("a", web.Dialect{Roots: []string{"/a", "/a/"}, Routes: []web.Route{{Method: "POST", Path: "/a/x", Open: true, Handle: failing}}}),
		named("deep", web.Dialect{Roots: []string{"/a/deep/"}, Routes: []web.Route{{Method: "GET", Path: "/a/y", Open: true, Handle: failing}}}),
		named("rest", web.Dialect{Roots: []string{"/"}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		method, target string
		status         int
		want           string
	}{
		{"POST", "/a/x", 500, "a"},
		{"GET", "/a/x", 405, "a"},
		{"GET", "/a/y", 500, "deep"},
		{"GET", "/a", 404, "a"},
		{"GET", "/a/", 404, "a"},
		{"GET", "/a/deep", 404, "a"},
		{"GET", "/a/deep/er", 404, "deep"},
		{"GET", "/ab", 404, "rest"},
		{"GET", "/", 404, "rest"},
		{"OPTIONS", "*", 404, "rest"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), row.method, row.target, http.NoBody))
		if w.Code != row.status || w.Body.String() != row.want {
			t.Errorf("%s %s: %d by %q, want %d by %q", row.method, row.target, w.Code, w.Body, row.status, row.want)
		}
	}
}

func TestDialectsThatDoNotFit(t *testing.T) {
	t.Parallel()
	root := web.Dialect{Roots: []string{"/"}}
	get := web.Dialect{Routes: []web.Route{{Method: "GET", Path: "/x", Open: true}}}
	post := web.Dialect{Routes: []web.Route{{Method: "POST", Path: "/x", Open: true}}}
	both := web.Dialect{Routes: []web.Route{{Method: "GET", Path: "/x", Open: true}, {Method: "POST", Path: "/x", Open: true}}}
	for name, row := range map[string]struct {
		dialects []web.Dialect
		fit      bool
	}{
		"nobody for the rest":   {[]web.Dialect{get}, false},
		"one path, two of them": {[]web.Dialect{root, get, post}, false},
		"one root, two of them": {[]web.Dialect{root, root}, false},
		"one path of one":       {[]web.Dialect{root, both}, true},
	} {
		if _, err := handler(row.dialects...); (err == nil) != row.fit || err != nil && !errors.Is(err, web.ErrDialects) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The first kind that an error is counts, and a dialect's own come first.
func TestKindsAreTriedInOrder(t *testing.T) {
	t.Parallel()
	inner, outer := errors.New("inner"), errors.New("outer")
	shared := []web.Kind{{Is: inner, Status: 409, Name: "inner"}, {Is: outer, Status: 410, Name: "outer"}}
	failing := func(echo.Context) error { return errors.Join(outer, inner) }
	var got []int
	for _, own := range [][]web.Kind{nil, {{Is: outer, Status: 418, Name: "own"}}} {
		h, err := web.Handler(web.Options{
			HostNames: asked,
			Dialects:  []web.Dialect{{Roots: []string{"/"}, Kinds: own, Fail: web.WriteProblem, Routes: []web.Route{{Method: "GET", Path: "/", Open: true, Handle: failing}}}},
			Kinds:     shared, Log: zerolog.Nop(), Now: time.Now, BodyMax: 10,
			Answered: func(string, string, int, time.Duration) {}, Sequence: func() uint64 { return 1 }, Ready: func() error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", http.NoBody))
		got = append(got, w.Code)
	}
	if got[0] != 409 || got[1] != 418 {
		t.Errorf("statuses %v", got)
	}
}
