package v2

import (
	"errors"
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/services/api/web"
)

// kill has tasks killed at once.
func (j *jobs) kill(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	var want restarting
	if err := decode(c, &want); err != nil {
		return err
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	err = j.change(c, id, submission.Kill{
		Group: want.Group, Slots: want.Slots, Reason: web.Cleaned(want.Reason, reasonMax), Seen: seen,
	})
	if errors.Is(err, submission.ErrNoGroup) {
		return fmt.Errorf("%w: %w", err, job.Faults{{Path: "group", Message: "must be " + j.groups(id)}})
	}
	return err
}
