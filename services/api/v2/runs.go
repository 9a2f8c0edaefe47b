package v2

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

const runsPage, runsPageMax = 100, 1000

// runs answers with what became of the runs of a job, newest first.
func (j *jobs) runs(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	limit, errLimit := web.Number(c, "limit", 1, runsPageMax, runsPage)
	before, errCursor := uint64(0), error(nil)
	if cursor := c.QueryParam("cursor"); cursor != "" {
		if before, errCursor = strconv.ParseUint(cursor, 10, 64); errCursor != nil {
			errCursor = web.BadParam("cursor", "must be the next of the page before")
		}
	}
	if err := web.BadParams(errLimit, errCursor); err != nil {
		return err
	}
	var (
		page  projection.Runs
		known bool
	)
	err = j.reader.Read(c, func(m *projection.Model, at reader.Moment) {
		page, known = m.Runs(id, before, int(limit), at.Now)
	})
	if err != nil {
		return err
	}
	if !known {
		return submission.ErrNotFound
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, page)
}

// requesting is the body of a request for a run, which may be empty.
type requesting struct {
	Reason string `json:"reason"`
}

func (j *jobs) runNow(c echo.Context) error {
	var want requesting
	return j.request(c, &want, func(seen []submission.Version, key string) submission.Command {
		return submission.RunNow{Reason: web.Cleaned(want.Reason, reasonMax), Key: key, Seen: seen}
	})
}

// dispatching is the body of a dispatch, which may be empty.
type dispatching struct {
	Parameters map[string]string `json:"parameters"`
	Reason     string            `json:"reason"`
}

func (j *jobs) dispatch(c echo.Context) error {
	var want dispatching
	return j.request(c, &want, func(seen []submission.Version, key string) submission.Command {
		return submission.Dispatch{
			Parameters: want.Parameters, Reason: web.Cleaned(want.Reason, reasonMax), Key: key, Seen: seen, Limits: j.limits,
		}
	})
}

// request asks for a run and answers with its job, or with the one that was asked for
// under the same key.
func (j *jobs) request(c echo.Context, want any, command func(seen []submission.Version, key string) submission.Command) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	if err := decode(c, want); err != nil {
		return err
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	key, err := idempotencyKey(c)
	if err != nil {
		return err
	}
	sequence, err := j.commander.Do(c.Request().Context(), web.RequestOf(c).Author, id, command(seen, key))
	if err != nil {
		return err
	}
	var (
		run   projection.Run
		v     projection.Job
		found bool
	)
	j.reader.View(func(m *projection.Model) {
		if run, found = m.RunOf(id, sequence, key, j.now()); found {
			v, found = m.Job(run.Job)
		}
	})
	if !found {
		return fmt.Errorf("the run is not kept any more: %w", submission.ErrNotFound)
	}
	v.WaitsFor = j.waitsFor(v.ID)
	web.SetSequence(c, sequence)
	c.Response().Header().Set(echo.HeaderLocation, "/v2/jobs/"+url.PathEscape(v.ID))
	c.Response().Header().Set(headerETag, etagOf(v))
	return web.WriteJSON(c, http.StatusCreated, web.JSONType, v)
}

// scheduling is the body of a request to pause a schedule, or to resume it.
type scheduling struct {
	Action string `json:"action"`
	Reason string `json:"reason"`
}

func (j *jobs) schedule(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	var want scheduling
	if err := decode(c, &want); err != nil {
		return err
	}
	if want.Action != events.SchedulePause && want.Action != events.ScheduleResume {
		return web.BadParam("action", "must be %q or %q", events.SchedulePause, events.ScheduleResume)
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	return j.change(c, id, submission.SteerSchedule{Action: want.Action, Reason: web.Cleaned(want.Reason, reasonMax), Seen: seen})
}
