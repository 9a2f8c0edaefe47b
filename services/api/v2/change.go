package v2

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/web"
)

// reasonMax bounds why a user stops a job, in bytes.
const reasonMax = 1024

// scaling is the body of a scale request.
type scaling struct {
	Group    string  `json:"group"`
	Replicas *uint32 `json:"replicas"`
}

func (j *jobs) scale(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	var want scaling
	if err := decode(c, &want); err != nil {
		return err
	}
	if want.Replicas == nil {
		return job.Faults{{Path: "replicas", Message: "is missing; give the number of tasks wanted"}}
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	err = j.change(c, id, submission.Scale{
		Group: want.Group, Replicas: *want.Replicas, Seen: seen, Limits: j.limits,
	})
	if errors.Is(err, submission.ErrNoGroup) || errors.Is(err, submission.ErrWhichGroup) {
		return fmt.Errorf("%w: %w", err, job.Faults{{Path: "group", Message: "must be " + j.groups(id)}})
	}
	return err
}

// groups names those of a job.
func (j *jobs) groups(id string) string {
	var names []string
	j.reader.View(func(m *projection.Model) {
		if v, ok := m.Job(id); ok {
			for _, g := range v.Groups {
				names = append(names, strconv.Quote(g.Name))
			}
		}
	})
	return strings.Join(names, " or ")
}

// stopping is the body of a stop request, which may be empty.
type stopping struct {
	Reason string `json:"reason"`
	// KeepRuns lets the runs of a series go on.
	KeepRuns bool `json:"keep_runs"`
}

func (j *jobs) stop(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	var want stopping
	if err := decode(c, &want); err != nil {
		return err
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	return j.change(c, id, submission.Stop{Reason: web.Cleaned(want.Reason, reasonMax), KeepRuns: want.KeepRuns, Seen: seen})
}

// change carries a command out and answers with the job after it.
func (j *jobs) change(c echo.Context, id string, cmd submission.Command) error {
	sequence, err := j.commander.Do(c.Request().Context(), web.RequestOf(c).Author, id, cmd)
	if err != nil {
		return err
	}
	var (
		v  projection.Job
		ok bool
	)
	j.reader.View(func(m *projection.Model) { v, ok = m.Job(id) })
	if !ok {
		return submission.ErrNotFound // Deleted by another meanwhile.
	}
	v.WaitsFor = j.waitsFor(id)
	web.SetSequence(c, sequence)
	c.Response().Header().Set(headerETag, etagOf(v))
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}

func (j *jobs) remove(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	sequence, err := j.commander.Do(c.Request().Context(), web.RequestOf(c).Author, id, submission.Delete{Seen: seen})
	if err != nil {
		return err
	}
	web.SetSequence(c, sequence)
	return c.NoContent(http.StatusNoContent)
}
