package v2

import (
	"errors"
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
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
	var of ofTasks
	return j.toTasks(c, &of, func(key string, seen []submission.Version) submission.Command {
		return submission.Restart{Group: of.Group, Slots: of.Slots, Reason: web.Cleaned(of.Reason, reasonMax), Key: key, Seen: seen}
	})
}

// killing is the body of a request to kill tasks.
type killing struct {
	Group  string   `json:"group"`
	Slots  []uint32 `json:"slots"`
	Reason string   `json:"reason"`
	// ScaleDown has the group want as many fewer as slots are named.
	ScaleDown bool `json:"scale_down"`
}

// kill has tasks killed at once.
func (j *jobs) kill(c echo.Context) error {
	var of killing
	return j.toTasks(c, &of, func(key string, seen []submission.Version) submission.Command {
		return submission.Kill{
			Group: of.Group, Slots: of.Slots, Reason: web.Cleaned(of.Reason, reasonMax), ScaleDown: of.ScaleDown, Key: key, Seen: seen, Limits: j.limits,
		}
	}, func(id string) error {
		if !of.ScaleDown {
			return nil
		}
		return web.Permit(c, access.Scale, id)
	})
}

// toTasks carries out a command about tasks of a job, made of the body that is read into
// what is wanted, if each of the checks of that has nothing against it.
func (j *jobs) toTasks(c echo.Context, want any, command func(key string, seen []submission.Version) submission.Command, checks ...func(id string) error) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	if err := decode(c, want); err != nil {
		return err
	}
	for _, check := range checks {
		if err := check(id); err != nil {
			return err
		}
	}
	seen, errSeen := ifMatch(c.Request())
	key, errKey := idempotencyKey(c)
	if err := web.BadParams(errSeen, errKey); err != nil {
		return err
	}
	err = j.change(c, id, command(key, seen))
	if errors.Is(err, submission.ErrNoGroup) {
		return fmt.Errorf("%w: %w", err, job.Faults{{Path: "group", Message: "must be " + j.groups(id)}})
	}
	return err
}
