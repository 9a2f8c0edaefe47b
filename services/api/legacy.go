package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
)

// legacyType is the content type of every answer of the original, empty ones too.
const legacyType = "application/json; charset=UTF-8"

func (s *Service) legacyRoutes(prefix string) []route {
	return []route{
		{method: http.MethodPost, path: prefix + "/job/new", handle: s.legacyNew},
		{method: http.MethodGet, path: prefix + "/job/all", handle: s.legacyAll},
		{method: http.MethodDelete, path: prefix + "/job/all", handle: s.legacyStopAll},
		{method: http.MethodGet, path: prefix + "/job/*", handle: s.legacyGet},
		{method: http.MethodDelete, path: prefix + "/job/*", handle: s.legacyStop},
	}
}

// legacyNew takes JSON whatever the content type: curl -d says it is a form.
func (s *Service) legacyNew(c echo.Context) error {
	data, err := s.body(c)
	if err != nil {
		return err
	}
	limits := s.opts.Limits.Legacy()
	spec, err := job.DecodeLegacy(data)
	if err != nil {
		return spec.AllFaults(err, limits)
	}
	canonical, err := s.canonical(c, spec, limits)
	if err != nil {
		return err
	}
	sequence, err := s.command(c.Request().Context(), requestOf(c).author, spec.ID, submission.Submit{Spec: canonical})
	if errors.Is(err, submission.ErrExists) {
		return legacyEmpty(c, http.StatusNotModified)
	}
	if err != nil {
		return err
	}
	setSequence(c, sequence)
	return legacyEmpty(c, http.StatusOK)
}

func (s *Service) legacyAll(c echo.Context) error {
	jobs := []job.LegacyJob{}
	err := s.read(c, func(m *projection.Model, _ moment) {
		for _, v := range m.List(projection.Query{Specs: true}).Jobs {
			jobs = append(jobs, legacyView(v))
		}
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, legacyType, jobs)
}

func (s *Service) legacyGet(c echo.Context) error {
	id, err := jobID(c, "*")
	if err != nil {
		return err
	}
	v, err := s.job(c, id)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, legacyType, legacyView(v))
}

func (s *Service) legacyStop(c echo.Context) error {
	id, err := jobID(c, "*")
	if err != nil {
		return err
	}
	sequence, err := s.command(c.Request().Context(), requestOf(c).author, id, submission.Stop{})
	if err != nil {
		return err
	}
	setSequence(c, sequence)
	return legacyEmpty(c, http.StatusOK)
}

func (s *Service) legacyStopAll(c echo.Context) error {
	sequence, err := s.stopAll(c.Request().Context(), requestOf(c).author)
	if err != nil {
		return err
	}
	setSequence(c, sequence)
	return legacyEmpty(c, http.StatusOK)
}

func legacyEmpty(c echo.Context, status int) error {
	c.Response().Header().Set(echo.HeaderContentType, legacyType)
	return c.NoContent(status)
}

// failLegacy answers an error as the original did, with an empty body, but tells
// what is wrong with what was sent (the original answered 500).
func (s *Service) failLegacy(c echo.Context, p Problem) {
	if p.Status == http.StatusUnprocessableEntity {
		p.Status = http.StatusBadRequest
	}
	if p.Status == http.StatusBadRequest || p.Status == http.StatusRequestEntityTooLarge {
		s.sent(c, writeJSON(c, p.Status, legacyType, p))
		return
	}
	s.sent(c, legacyEmpty(c, p.Status))
}
