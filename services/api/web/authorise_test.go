package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/services/api/web"
)

// A route that does not say who may is no route.
func TestRoutesSayWhoMay(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		route web.Route
		ok    bool
	}{
		"open":                         {web.Route{Open: true}, true},
		"a right on a job":             {web.Route{Right: access.Read, About: web.JobIn("id")}, true},
		"one of two":                   {web.Route{Right: access.Update, Else: access.Submit, About: web.JobIn("id")}, true},
		"on the cluster":               {web.Route{Right: access.Agents, About: web.Cluster()}, true},
		"nothing":                      {web.Route{}, false},
		"a right on nothing":           {web.Route{Right: access.Read}, false},
		"a job and no right":           {web.Route{About: web.JobIn("id")}, false},
		"no right that there is":       {web.Route{Right: "reed", About: web.AnyJob()}, false},
		"no other right that there is": {web.Route{Right: access.Read, Else: "reed", About: web.AnyJob()}, false},
		"open, with a right":           {web.Route{Open: true, Right: access.Read, About: web.AnyJob()}, false},
		"the cluster's, on a job":      {web.Route{Right: access.Admin, About: web.JobIn("id")}, false},
		"before the log is replayed":   {web.Route{Right: access.Read, About: web.AnyJob(), Fixed: true}, false},
	} {
		row.route.Method, row.route.Path = http.MethodGet, "/x/:id"
		row.route.Handle = func(c echo.Context) error { return c.NoContent(http.StatusOK) }
		_, err := handler(named("all", web.Dialect{Roots: []string{"/"}, Routes: []web.Route{row.route}}))
		if got := err == nil; got != row.ok || !row.ok && !errors.Is(err, web.ErrDialects) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// annAlone is the only one who is somebody.
type annAlone struct {
	ann   access.Principal
	wrong error
}

func (a annAlone) Who(r *http.Request) (access.Principal, error) {
	switch r.Header.Get("Authorization") {
	case "":
		return access.Principal{Name: "anonymous", By: access.Anonymous}, nil
	case "wrong":
		return access.Principal{}, a.wrong
	}
	return a.ann, nil
}

func (a annAlone) Standing(p access.Principal) (web.Standing, error) {
	if p.Name != a.ann.Name {
		return web.Standing{}, nil
	}
	return web.Standing{Grants: access.Grants{{Rights: []access.Right{access.Read, access.Submit}, Jobs: []string{"shop/*"}}}}, nil
}

// What became of each request is told, of those that were refused with what was missing.
func TestDecisionsAreTold(t *testing.T) {
	t.Parallel()
	ann := access.Principal{Name: "ann", By: access.BearerToken, TokenID: "1"}
	wrong := errors.New("wrong")
	var told []web.Decision
	h, err := web.Handler(web.Options{
		HostNames: asked,
		Dialects: []web.Dialect{{
			Roots: []string{"/"}, Fail: web.WriteProblem,
			Routes: []web.Route{
				{Method: http.MethodGet, Path: "/jobs/:id", Right: access.Read, About: web.JobIn("id"), Handle: func(c echo.Context) error {
					web.SetSequence(c, 7)
					return c.NoContent(http.StatusOK)
				}},
				{Method: http.MethodPost, Path: "/jobs", Right: access.Submit, About: web.SentJob(), Handle: func(c echo.Context) error {
					return web.Permit(c, access.Submit, "other/x")
				}},
			},
		}},
		Log: zerolog.Nop(), Now: time.Now, BodyMax: 10, Answered: func(string, string, int, time.Duration) {},
		Sequence: func() uint64 { return 1 }, Ready: func() error { return nil },
		Access:  annAlone{ann, wrong},
		Decided: func(d web.Decision) { told = append(told, d) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		method, target, credential string
		want                       web.Decision
	}{
		{"GET", "/jobs/shop%2Fx", "ann", web.Decision{Principal: ann, Route: "/jobs/:id", Right: access.Read, Job: "shop/x", Status: 200, Sequence: 7}},
		{"GET", "/jobs/other%2Fx?at=1", "ann", web.Decision{Principal: ann, Route: "/jobs/:id", Right: access.Read, Job: "other/x", Status: 403, Sequence: 1}},
		{"GET", "/jobs/shop%2Fx?at=1", "ann", web.Decision{Principal: ann, Route: "/jobs/:id", Right: access.History, Job: "shop/x", Status: 403, Sequence: 1}},
		{"POST", "/jobs", "ann", web.Decision{Principal: ann, Route: "/jobs", Right: access.Submit, Job: "other/x", Status: 403, Sequence: 1}},
		{"POST", "/jobs", "", web.Decision{Principal: access.Principal{Name: "anonymous", By: access.Anonymous}, Route: "/jobs", Right: access.Submit, Status: 401, Sequence: 1}},
		{"POST", "/jobs", "wrong", web.Decision{Route: "/jobs", Status: 401, Sequence: 1}},
		{"GET", "/nothing", "", web.Decision{Status: 404, Sequence: 1}},
	} {
		r := httptest.NewRequestWithContext(t.Context(), row.method, row.target, http.NoBody)
		if row.credential != "" {
			r.Header.Set("Authorization", row.credential)
		}
		r.Header.Set("X-Request-Id", "r1")
		h.ServeHTTP(httptest.NewRecorder(), r)
		got := told[len(told)-1]
		if got.Method != row.method || got.Remote != "192.0.2.1" || got.Request != "r1" || got.At.IsZero() {
			t.Errorf("%s %s: %+v", row.method, row.target, got)
		}
		got.Method, got.Remote, got.Request, got.At = "", "", "", time.Time{}
		if got.Principal.Name != row.want.Principal.Name || got.Principal.By != row.want.Principal.By {
			t.Errorf("%s %s: it was %+v", row.method, row.target, got.Principal)
		}
		got.Principal, row.want.Principal = access.Principal{}, access.Principal{}
		if got.Route != row.want.Route || got.Right != row.want.Right || got.Job != row.want.Job || got.Status != row.want.Status || got.Sequence != row.want.Sequence {
			t.Errorf("%s %s by %q: %+v, want %+v", row.method, row.target, row.credential, got, row.want)
		}
	}
}
