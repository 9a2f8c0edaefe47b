package v2

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/web"
)

// keyMax bounds idempotency keys, in bytes.
const keyMax = 255

func (j *jobs) create(c echo.Context) error {
	data, err := web.Body(c)
	if err != nil {
		return err
	}
	media := c.Request().Header.Get(echo.HeaderContentType)
	var (
		spec      *job.Spec
		canonical []byte
		warnings  []job.Fault
	)
	err = web.Decoding(c, func() error {
		file, err := job.NewFile(data, media)
		if err != nil {
			return err
		}
		if spec, err = file.Decode(); err != nil {
			return spec.AllFaults(err, j.limits)
		}
		if canonical, err = web.Canonical(c, spec, j.limits); err == nil {
			warnings = file.Warnings()
		}
		return err
	})
	if err != nil {
		return err
	}
	key, err := idempotencyKey(c)
	if err != nil {
		return err
	}
	v, err := j.submit(c, spec.ID, submission.Submit{Spec: canonical, Key: key})
	if err != nil {
		return err
	}
	v.Warnings = warnings
	web.SetSequence(c, v.Sequence)
	c.Response().Header().Set(echo.HeaderLocation, "/v2/jobs/"+url.PathEscape(v.ID))
	c.Response().Header().Set(headerETag, etagOf(v))
	return web.WriteJSON(c, http.StatusCreated, web.JSONType, v)
}

// submit appends the submission, or finds the one made under the same key, and
// gives the job as that submission left it: the same answer each time.
func (j *jobs) submit(c echo.Context, id string, cmd submission.Submit) (projection.Job, error) {
	ctx := c.Request().Context()
	if cmd.Key != "" {
		leave, err := j.keys.Enter(ctx, cmd.Key)
		if err != nil {
			return projection.Job{}, err
		}
		defer leave()
		if v, found, err := j.submitted(cmd); found {
			return v, err
		}
	}
	sequence, err := j.commander.Do(ctx, web.RequestOf(c).Author, id, cmd)
	if errors.Is(err, submission.ErrExists) && cmd.Key != "" {
		// The same request to another instance may have won the race.
		if v, found, err := j.submitted(cmd); found {
			return v, err
		}
	}
	if err != nil {
		return projection.Job{}, err
	}
	by, at := web.RequestOf(c).Author.Actor, j.now().UTC()
	j.reader.View(func(m *projection.Model) {
		if one, ok := m.Job(id); ok && one.Run == sequence {
			by, at = one.SubmittedBy, one.SubmittedAt
		}
	})
	return asSubmitted(projection.Submission{Job: id, Run: sequence, At: at, By: by}, cmd)
}

// submitted finds the submission under the key of cmd.
func (j *jobs) submitted(cmd submission.Submit) (v projection.Job, found bool, err error) {
	first, found := j.submissions.Submission(cmd.Key)
	if !found {
		return v, false, nil
	}
	if first.Digest != sha256.Sum256(cmd.Spec) {
		return v, true, errKeyReused
	}
	v, err = asSubmitted(first, cmd)
	return v, true, err
}

func asSubmitted(first projection.Submission, cmd submission.Submit) (projection.Job, error) {
	return projection.Submitted(cluster.Record{
		Sequence: first.Run, Time: first.At,
		Subject:  events.Subject{Role: events.RoleJob, Job: first.Job},
		Envelope: events.Envelope{Actor: first.By},
		Event:    events.JobSubmitted{Spec: cmd.Spec, IdempotencyKey: cmd.Key},
	})
}

func idempotencyKey(c echo.Context) (string, error) {
	key := c.Request().Header.Get("Idempotency-Key")
	if key != web.Cleaned(key, keyMax) {
		return "", web.BadParam("Idempotency-Key", "must be at most %d printable bytes", keyMax)
	}
	return key, nil
}
