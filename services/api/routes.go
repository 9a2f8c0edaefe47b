package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// route is one method of one path.
type route struct {
	method, path string
	handle       echo.HandlerFunc
	// feed says that the answer may go on for ever.
	feed bool
}

// headToo says whether HEAD is answered as well, as RFC 9110 (9.1) asks of every
// server: net/http leaves the body out. The original's routes had none.
func (r route) headToo() bool {
	return r.method == http.MethodGet && !isLegacy(r.path)
}

// routes are all of them. Echo prefers static parts to parameters and those to
// wildcards whatever the order, so /job/all is never a job named "all".
func (s *Service) routes() []route {
	all := []route{
		{method: http.MethodGet, path: "/", handle: s.page},
		{method: http.MethodGet, path: "/v2/openapi.json", handle: s.openAPI},
		{method: http.MethodGet, path: "/v2/version", handle: s.version},
		{method: http.MethodGet, path: "/v2/cluster", handle: s.cluster},
		{method: http.MethodGet, path: "/v2/events", handle: s.events, feed: true},
		{method: http.MethodPost, path: "/v2/jobs", handle: s.createJob},
		{method: http.MethodGet, path: "/v2/jobs", handle: s.listJobs},
		{method: http.MethodGet, path: "/v2/jobs/:id", handle: s.getJob},
		{method: http.MethodDelete, path: "/v2/jobs/:id", handle: s.deleteJob},
		{method: http.MethodPost, path: "/v2/jobs/:id/scale", handle: s.scaleJob},
		{method: http.MethodPost, path: "/v2/jobs/:id/stop", handle: s.stopJob},
		{method: http.MethodGet, path: "/v2/jobs/:id/tasks", handle: s.listTasks},
		{method: http.MethodGet, path: "/v2/jobs/:id/tasks/:slot", handle: s.getTask},
		{method: http.MethodGet, path: "/v2/jobs/:id/tasks/:slot/logs/:file", handle: s.taskLogs},
		{method: http.MethodGet, path: "/v2/jobs/:id/events", handle: s.jobEvents, feed: true},
		{method: http.MethodGet, path: "/v2/jobs/:id/explain", handle: s.explainJob},
	}
	for _, prefix := range legacyPrefixes() {
		all = append(all, s.legacyRoutes(prefix)...)
	}
	return all
}

func (s *Service) router() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(s.log)
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = func(err error, c echo.Context) { s.fail(err, c) }
	e.Use(s.observe, recovered, sameOrigin)
	for _, r := range s.routes() {
		handle := r.handle
		if needsState(r.path) {
			handle = s.caught(handle)
		}
		if !r.feed {
			handle = bounded(handle)
		}
		e.Add(r.method, r.path, handle)
		if r.headToo() {
			e.Add(http.MethodHead, r.path, handle)
		}
	}
	return e
}

// needsState tells whether a route answers from the fold.
func needsState(path string) bool {
	switch path {
	case "/", "/v2/openapi.json", "/v2/version":
		return false
	}
	return true
}

func legacyPrefixes() []string { return []string{"", "/v1"} }

func isLegacy(path string) bool {
	return strings.HasPrefix(path, "/job/") || path == "/job" || strings.HasPrefix(path, "/v1/")
}
