package v2

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/web"
)

// dryRun reports whether a request asks what would be, and wants nothing done. Who calls it
// does nothing then.
func dryRun(c echo.Context) (bool, error) {
	switch c.QueryParam("dry_run") {
	case "", "false", "0":
		return false, nil
	case "true", "1":
		web.SetTrial(c)
		return true, nil
	}
	return false, web.BadParam("dry_run", "must be true or false")
}

// put makes a job as the body says: it updates one that runs, and submits one that does
// not.
func (j *jobs) put(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	dry, errDry := dryRun(c)
	seen, errSeen := ifMatch(c.Request())
	if err := web.BadParams(errDry, errSeen); err != nil {
		return err
	}
	s, err := j.sentJob(c, id)
	if err != nil {
		return err
	}
	switch strings.TrimSpace(c.Request().Header.Get("If-None-Match")) {
	case "":
	case "*":
		return j.putNew(c, s, dry)
	default:
		return web.BadParam("If-None-Match", "must be *, for a job that is not there yet")
	}
	who := web.RequestOf(c)
	command := submission.Update{
		Spec: s.canonical, Key: s.key, Seen: seen,
		MayNotSubmit: !who.May(access.Submit, id), MayNotUpdate: !who.May(access.Update, id),
	}
	if dry {
		return mayNot(c, id, j.plan(c, s, command))
	}
	return mayNot(c, id, j.update(c, s, command))
}

// mayNot is the error of an update, with the right that was missing if that is why.
func mayNot(c echo.Context, id string, err error) error {
	switch {
	case errors.Is(err, submission.ErrMayNotSubmit):
		return web.Permit(c, access.Submit, id)
	case errors.Is(err, submission.ErrMayNotUpdate):
		return web.Permit(c, access.Update, id)
	}
	return err
}

// putNew submits a job that must not be there.
func (j *jobs) putNew(c echo.Context, s sent, dry bool) error {
	if err := web.Permit(c, access.Submit, s.spec.ID); err != nil {
		return err
	}
	command := submission.Submit{Spec: s.canonical, Key: s.key}
	if dry {
		return j.plan(c, s, command)
	}
	v, err := j.submit(c, s.spec.ID, command)
	if errors.Is(err, submission.ErrExists) {
		// RFC 9110, 13.1.2.
		return &toldError{submission.ErrVersion, "It is there, and If-None-Match asks that it be not. To update it leave the header out."}
	}
	if err != nil {
		return err
	}
	return created(c, v, s)
}

// update carries an update out, or finds the one made under the same key.
func (j *jobs) update(c echo.Context, s sent, command submission.Update) error {
	ctx, id := c.Request().Context(), s.spec.ID
	if command.Key != "" {
		leave, err := j.keys.Enter(ctx, command.Key)
		if err != nil {
			return err
		}
		defer leave()
		if first, found := j.submissions.Submission(command.Key); found {
			if err := mayRepeat(command, first); err != nil {
				return err
			}
			return j.updatedBefore(c, s, first)
		}
	}
	was := j.before(id)
	sequence, err := j.commander.Do(ctx, web.RequestOf(c).Author, id, command)
	if err != nil {
		return err
	}
	return j.updated(c, s, sequence, was)
}

// mayRepeat is why who asks may not be told what came of the first request: they could not
// have made it.
func mayRepeat(command submission.Update, first projection.Submission) error {
	switch {
	case first.Version == 0 && command.MayNotSubmit:
		return submission.ErrMayNotSubmit
	case first.Version != 0 && command.MayNotUpdate:
		return submission.ErrMayNotUpdate
	}
	return nil
}

// updatedBefore answers a repeated request as the first one was.
func (j *jobs) updatedBefore(c echo.Context, s sent, first projection.Submission) error {
	if first.Job != s.spec.ID || first.Digest != sha256.Sum256(s.canonical) {
		return errKeyReused
	}
	if first.Version == 0 {
		return putFresh(c, s, first)
	}
	return j.updated(c, s, first.Sequence, seenBefore{})
}

// putFresh answers with a job that an update submitted.
func putFresh(c echo.Context, s sent, first projection.Submission) error {
	v, err := asSubmitted(first, submission.Submit{Spec: s.canonical, Key: s.key})
	if err != nil {
		return err
	}
	u := projection.UpdateOf(nil, s.spec, v.Version)
	v.Update = &u
	return created(c, v, s)
}

// seenBefore is what was known before an update: how far the log had come, and what was
// wanted of the job. What was made since then was made by the update, or is the same.
type seenBefore struct {
	sequence uint64
	spec     *job.Spec
}

func (j *jobs) before(id string) (was seenBefore) {
	j.reader.View(func(m *projection.Model) { was = seenBefore{m.Sequence(), m.Wanted(id)} })
	return was
}

// updated answers with a job after an update, which made a record at a sequence, or found
// it so.
func (j *jobs) updated(c echo.Context, s sent, sequence uint64, was seenBefore) error {
	var (
		v    projection.Job
		list []projection.Version
		ok   bool
	)
	j.reader.View(func(m *projection.Model) {
		if v, ok = m.Job(s.spec.ID); ok {
			list, _ = m.Versions(s.spec.ID)
		}
	})
	if !ok {
		return submission.ErrNotFound // Deleted by another meanwhile.
	}
	made := sequence > was.sequence
	if made && v.Run == sequence {
		return putFresh(c, s, projection.Submission{Job: v.ID, Run: v.Run, At: v.SubmittedAt, By: v.SubmittedBy})
	}
	u := projection.Update{Outcome: projection.UpdateUnchanged, Version: v.Version, Changes: []job.Change{}, Steps: []job.Step{}}
	for i := range list {
		if !made || list[i].Sequence != sequence {
			continue
		}
		if was.spec == nil && i > 0 {
			was.spec = list[i-1].Spec
		}
		u = projection.UpdateOf(was.spec, list[i].Spec, list[i].Version)
	}
	v.Update, v.Warnings, v.WaitsFor = &u, s.warnings, j.waitsFor(v.ID)
	web.SetSequence(c, sequence)
	c.Response().Header().Set(headerETag, etagOf(v))
	return web.WriteJSON(c, http.StatusOK, web.JSONType, v)
}
