package v2

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/internal/visible"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/web"
)

// keyMax bounds idempotency keys, in bytes.
const keyMax = 255

// sent is a job as a client sent it.
type sent struct {
	spec *job.Spec
	// canonical is what the log keeps of it.
	canonical []byte
	warnings  []job.Fault
	// key is the client's idempotency key, empty for none.
	key string
}

// sentJob reads the job of a request. Where the path names one, the document may leave its
// id out.
func (j *jobs) sentJob(c echo.Context, id string) (sent, error) {
	data, err := web.Body(c)
	if err != nil {
		return sent{}, err
	}
	media := c.Request().Header.Get(echo.HeaderContentType)
	var s sent
	err = web.Decoding(c, func() error {
		file, err := job.NewFile(data, media)
		if err != nil {
			return err
		}
		s.spec, err = file.Decode()
		if s.spec != nil && s.spec.ID == "" {
			s.spec.ID = id
		}
		if err != nil {
			return s.spec.AllFaults(err, j.limits)
		}
		if id != "" && s.spec.ID != id {
			return job.Faults{{Path: "id", Message: fmt.Sprintf("is %q, and the URL names %q; give both the same, or leave it out", web.Cleaned(s.spec.ID, web.WordMax), id)}}
		}
		if s.canonical, err = web.Canonical(c, s.spec, j.limits); err == nil {
			s.warnings = file.Warnings()
		}
		return err
	})
	if err == nil {
		s.key, err = idempotencyKey(c)
	}
	return s, err
}

func (j *jobs) create(c echo.Context) error {
	dry, errDry := dryRun(c)
	if errDry != nil {
		return errDry
	}
	s, err := j.sentJob(c, "")
	if err == nil {
		err = web.Permit(c, access.Submit, s.spec.ID)
	}
	if err != nil {
		return err
	}
	command := submission.Submit{Spec: s.canonical, Key: s.key}
	if dry {
		return j.plan(c, s, command)
	}
	v, err := j.submit(c, s.spec.ID, command)
	if err != nil {
		return err
	}
	return created(c, v, s)
}

// created answers with a job that was submitted.
func created(c echo.Context, v projection.Job, s sent) error {
	v.Warnings = s.warnings
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
	by, at := web.RequestOf(c).Author.By(), j.now().UTC()
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
	if first.Digest != sha256.Sum256(cmd.Spec) || first.Version != 0 {
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
	if fault := visible.Fault(key); fault != "" {
		return "", web.BadParam("Idempotency-Key", "%s", fault)
	}
	if key != web.Cleaned(key, keyMax) {
		return "", web.BadParam("Idempotency-Key", "must be at most %d printable bytes", keyMax)
	}
	return key, nil
}
