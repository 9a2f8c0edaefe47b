package v2

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

func (j *jobs) rollout(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	var (
		v  projection.RolloutDetail
		ok bool
	)
	err = j.reader.Read(c, func(m *projection.Model, _ reader.Moment) { v, ok = m.Rollout(id) })
	if err != nil {
		return err
	}
	if !ok {
		return submission.ErrNotFound
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}

// steering is the body of a request about a rollout.
type steering struct {
	Action string `json:"action"`
	// To is a version, as a number, or a string with that or a tag.
	To     jsontext.Value `json:"to"`
	Reason string         `json:"reason"`
}

// actions are what may be asked of a rollout.
func actions() []string {
	return []string{events.RolloutPause, events.RolloutResume, events.RolloutPromote, events.RolloutCancel, events.RolloutRollback}
}

func (j *jobs) steer(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	var want steering
	if err := decode(c, &want); err != nil {
		return err
	}
	if !slices.Contains(actions(), want.Action) {
		return job.Faults{{Path: "action", Message: "must be " + strings.Join(actions(), ", ")}}
	}
	if want.To != nil && want.Action != events.RolloutRollback {
		return job.Faults{{Path: "to", Message: "only a rollback goes to a version; leave it out"}}
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	to, err := j.meant(id, want.To)
	if err != nil {
		return err
	}
	sequence, err := j.commander.Do(c.Request().Context(), web.RequestOf(c).Author, id, submission.Steer{
		Action: want.Action, To: to, Reason: web.Cleaned(want.Reason, reasonMax), Seen: seen,
	})
	if errors.Is(err, submission.ErrNoVersion) && to == 0 {
		return &toldError{submission.ErrNoVersion, "None stood before the one that is wanted now. To go back to another give it in to."}
	}
	if err != nil {
		return err
	}
	var (
		v  projection.RolloutDetail
		ok bool
	)
	j.reader.View(func(m *projection.Model) { v, ok = m.Rollout(id) })
	if !ok {
		return submission.ErrNotFound // Deleted by another meanwhile.
	}
	web.SetSequence(c, sequence)
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}

// meant is the version that a member of a request names, 0 if it is not there.
func (j *jobs) meant(id string, to jsontext.Value) (uint64, error) {
	name := string(to)
	switch to.Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, to)
		if err != nil {
			return 0, web.BadParam("to", "must be a version or a tag")
		}
		name = string(text)
	case '0':
	case jsontext.KindInvalid, 'n':
		return 0, nil
	default:
		return 0, web.BadParam("to", "must be a version or a tag")
	}
	if name == "" {
		return 0, nil
	}
	v, err := j.named(id, name)
	return v.Version, err
}

// reverting is the body of a request to make a job as a version of it was.
type reverting struct {
	To jsontext.Value `json:"to"`
}

func (j *jobs) revert(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	var want reverting
	if err := decode(c, &want); err != nil {
		return err
	}
	seen, err := ifMatch(c.Request())
	if err != nil {
		return err
	}
	to, err := j.meant(id, want.To)
	if err != nil {
		return err
	}
	was := j.before(id)
	sequence, err := j.commander.Do(c.Request().Context(), web.RequestOf(c).Author, id, submission.Revert{To: to, Seen: seen, Limits: j.limits})
	if errors.Is(err, submission.ErrNoVersion) && to == 0 {
		return &toldError{submission.ErrNoVersion, "None that is kept from before wants anything else than the one that is wanted now."}
	}
	if err != nil {
		return err
	}
	return j.updated(c, sent{spec: &job.Spec{ID: id}}, sequence, was)
}
