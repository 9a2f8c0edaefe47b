package v2

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// policy answers with what jobs may ask for.
func (j *jobs) policy(c echo.Context) error {
	var v projection.Policy
	err := j.reader.Read(c, func(m *projection.Model, _ reader.Moment) { v = m.Policy() })
	if err != nil {
		return err
	}
	web.SetSequence(c, v.Sequence)
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}

// checkPolicy answers what the policy says of a job that is sent, and stores nothing.
func (j *jobs) checkPolicy(c echo.Context) error {
	s, err := j.sentJob(c, "")
	if err == nil {
		err = web.Permit(c, access.Submit, s.spec.ID)
	}
	if err == nil {
		err = j.reader.WaitAfter(c)
	}
	if err != nil {
		return err
	}
	var v projection.PolicyCheck
	j.reader.View(func(m *projection.Model) { v = m.CheckPolicy(j.foresees.rules(c), s.spec) })
	v.Warnings = s.warnings
	web.SetSequence(c, v.Sequence)
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}
