package v2

import (
	"errors"
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/services/api/web"
)

// ofTasks is the body of a request about some tasks of a job. It may be empty: all are
// meant then.
type ofTasks struct {
	Group  string   `json:"group"`
	Slots  []uint32 `json:"slots"`
	Reason string   `json:"reason"`
}

// restart has tasks replaced, step by step.
func (j *jobs) restart(c echo.Context) error {
	return j.toTasks(c, func(of ofTasks, seen []submission.Version) submission.Command {
		return submission.Restart{Group: of.Group, Slots: of.Slots, Reason: of.Reason, Seen: seen}
	})
}

// kill has tasks killed at once.
func (j *jobs) kill(c echo.Context) error {
	return j.toTasks(c, func(of ofTasks, seen []submission.Version) submission.Command {
		return submission.Kill{Group: of.Group, Slots: of.Slots, Reason: of.Reason, Seen: seen}
	})
}

// toTasks carries out a command about tasks of a job.
func (j *jobs) toTasks(c echo.Context, command func(ofTasks, []submission.Version) submission.Command) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	var of ofTasks
	if err := decode(c, &of); err != nil {
		return err
	}
	of.Reason = web.Cleaned(of.Reason, reasonMax)
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	err = j.change(c, id, command(of, seen))
	if errors.Is(err, submission.ErrNoGroup) {
		return fmt.Errorf("%w: %w", err, job.Faults{{Path: "group", Message: "must be " + j.groups(id)}})
	}
	return err
}
