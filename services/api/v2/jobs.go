package v2

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/gate"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

const jobsPage, jobsPageMax = 100, 1000

// jobs are what users submit, look at and change.
type jobs struct {
	reader      *reader.Reader
	commander   Commander
	submissions Submissions
	// keys lets one submission per idempotency key through at a time.
	keys   *gate.Gate
	limits job.Limits
	now    func() time.Time
	parts  func() projection.Parts
	// foresees tells what would become of a job that is sent to be looked at only.
	foresees *foresees
}

// jobList is a page of jobs.
type jobList struct {
	Jobs []projection.Job `json:"jobs"`
	// Next is the cursor of the next page, absent on the last.
	Next     string `json:"next,omitzero"`
	Sequence uint64 `json:"sequence"`
}

func (j *jobs) list(c echo.Context) error {
	limit, errLimit := web.Number(c, "limit", 1, jobsPageMax, jobsPage)
	states, errState := projection.ParseStates(web.Words(c, "state"))
	if errState != nil {
		errState = web.BadParam("state", "must be a word or several joined by commas, of pending, running, stopping, stopped, completed, failed, ahead")
	}
	labels, errLabel := projection.ParseSelector(web.Words(c, "label"))
	if errLabel != nil {
		errLabel = web.BadParam("label", "must be k=v, k!=v or k, several joined by commas, %d at most", projection.TermsMax)
	}
	if err := web.BadParams(errLimit, errState, errLabel); err != nil {
		return err
	}
	query := projection.Query{After: c.QueryParam("cursor"), Limit: int(limit), States: states, Labels: labels, Sees: seen(c)}
	var list jobList
	err := j.reader.Scan(c, func(m *projection.Model, at reader.Moment) {
		page := m.List(query)
		list = jobList{Jobs: page.Jobs, Next: page.Next, Sequence: at.Sequence}
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, list)
}

func (j *jobs) get(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	v, err := j.reader.Job(c, id)
	if err != nil {
		return err
	}
	if c.QueryParam("at") == "" {
		v.WaitsFor = j.waitsFor(id)
	}
	etag := etagOf(v)
	c.Response().Header().Set(headerETag, etag)
	if noneMatch(c.Request(), etag) {
		return c.NoContent(http.StatusNotModified)
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}

// waitsFor is the part that a job waits for now.
func (j *jobs) waitsFor(id string) (waits string) {
	if parts := j.parts(); parts != (projection.Parts{}) {
		j.reader.View(func(m *projection.Model) { waits = m.WaitsFor(id, parts) })
	}
	return waits
}
