package api

import (
	_ "embed"
	"net/http"
	"runtime"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
)

// openAPIDocument describes every route (OpenAPI 3.1).
//
//go:embed openapi.json
var openAPIDocument []byte

// pageDocument is the page at /; it needs nothing from elsewhere.
//
//go:embed page.html
var pageDocument []byte

// pagePolicy lets the page load nothing and talk to nobody but this service.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; " +
	"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (s *Service) openAPI(c echo.Context) error {
	return c.Blob(http.StatusOK, jsonType, openAPIDocument)
}

func (s *Service) page(c echo.Context) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentSecurityPolicy, pagePolicy)
	h.Set(echo.HeaderXContentTypeOptions, "nosniff")
	h.Set(echo.HeaderReferrerPolicy, "no-referrer")
	return c.Blob(http.StatusOK, echo.MIMETextHTMLCharsetUTF8, pageDocument)
}

// versionView is who answers.
type versionView struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Instance string `json:"instance"`
}

func (s *Service) version(c echo.Context) error {
	return writeJSON(c, http.StatusOK, jsonType,
		versionView{Version: s.opts.Version, Go: runtime.Version(), Instance: s.opts.Name})
}

func (s *Service) cluster(c echo.Context) error {
	var v projection.Cluster
	if err := s.read(c, func(m *projection.Model, _ moment) { v = m.Cluster() }); err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, jsonType, v)
}

// explainJob says why a job is not as it is wanted, now or at a time.
func (s *Service) explainJob(c echo.Context) error {
	id, err := jobID(c, "id")
	if err != nil {
		return err
	}
	v, err := s.job(c, id)
	if err != nil {
		return err
	}
	verdicts := s.why.Job(id, v.Run)
	if c.QueryParam("at") != "" {
		verdicts, err = s.why.AsOf(c.Request().Context(), id, v.Run, requestOf(c).sequence)
		if err != nil {
			return err
		}
	}
	var (
		e  projection.Explanation
		ok bool
	)
	err = s.read(c, func(m *projection.Model, at moment) { e, ok = m.Explain(id, verdicts, at.now) })
	if err != nil {
		return err
	}
	if !ok {
		return submission.ErrNotFound
	}
	return writeJSON(c, http.StatusOK, jsonType, e)
}
