package v2

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// explainer says why jobs are as they are.
type explainer struct {
	reader   *reader.Reader
	verdicts *projection.Verdicts
	parts    func() projection.Parts
}

// ofJob says why a job is not as it is wanted, now or at a time.
func (x *explainer) ofJob(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	v, err := x.reader.Job(c, id)
	if err != nil {
		return err
	}
	verdicts := x.verdicts.Job(id, v.Run)
	parts := x.parts()
	if c.QueryParam("at") != "" {
		parts = projection.Parts{} // Who was there then nobody wrote down.
		verdicts, err = x.verdicts.AsOf(c.Request().Context(), id, v.Run, web.RequestOf(c).Sequence)
		if err != nil {
			return err
		}
	}
	var (
		e  projection.Explanation
		ok bool
	)
	err = x.reader.Whole(c, id, func(m *projection.Model, at reader.Moment) { e, ok = m.Explain(id, verdicts, parts, at.Now) })
	if err != nil {
		return err
	}
	if !ok {
		return submission.ErrNotFound
	}
	e.Veil(readable(c, id))
	return web.WriteJSON(c, http.StatusOK, web.JSONType, e)
}
