package legacy

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// contentType is that of every answer of the original, empty ones too.
const contentType = "application/json; charset=UTF-8"

// Commander carries out what users ask of jobs, and returns the sequence at which
// it is so.
type Commander interface {
	Do(ctx context.Context, by web.Author, id string, c submission.Command) (sequence uint64, err error)
	StopAll(ctx context.Context, by web.Author, of func(id string) bool) (sequence uint64, err error)
}

// Options are what the dialect is given; all are required.
type Options struct {
	Reader    *reader.Reader
	Commander Commander
	// Limits bound jobs; here they apply as job.Limits.Legacy has them.
	Limits job.Limits
}

type dialect struct {
	reader    *reader.Reader
	commander Commander
	limits    job.Limits
}

// New returns the dialect.
func New(o Options) web.Dialect {
	d := &dialect{reader: o.Reader, commander: o.Commander, limits: o.Limits.Legacy()}
	made := web.Dialect{Roots: []string{"/job", "/job/", "/v1/"}, Fail: fail, NoHead: true}
	for _, prefix := range []string{"", "/v1"} {
		made.Routes = append(made.Routes, d.routes(prefix)...)
	}
	return made
}

// routes are those under a prefix. /job/all is never a job named "all", as Echo
// prefers what is static.
func (d *dialect) routes(prefix string) []web.Route {
	return []web.Route{
		{Method: http.MethodPost, Path: prefix + "/job/new", Right: access.Submit, About: web.SentJob(), Handle: d.create, Cost: web.Submission},
		{Method: http.MethodGet, Path: prefix + "/job/all", Right: access.Read, About: web.AnyJob(), Handle: d.all, Cost: web.Large},
		{Method: http.MethodDelete, Path: prefix + "/job/all", Right: access.Stop, About: web.AnyJob(), Handle: d.stopAll, Cost: web.Urgent},
		{Method: http.MethodGet, Path: prefix + "/job/*", Right: access.Read, About: web.JobIn("*"), Handle: d.get},
		{Method: http.MethodDelete, Path: prefix + "/job/*", Right: access.Stop, About: web.JobIn("*"), Handle: d.stop, Cost: web.Urgent},
	}
}

// create takes JSON whatever the content type: curl -d says it is a form.
func (d *dialect) create(c echo.Context) error {
	data, err := web.Body(c)
	if err != nil {
		return err
	}
	var (
		spec      *job.Spec
		canonical []byte
	)
	err = web.Decoding(c, func() error {
		if spec, err = job.DecodeLegacy(data); err != nil {
			return spec.AllFaults(err, d.limits)
		}
		canonical, err = web.Canonical(c, spec, d.limits)
		return err
	})
	if err == nil {
		err = web.Permit(c, access.Submit, spec.ID)
	}
	if err != nil {
		return err
	}
	warn(c, spec.Warnings())
	sequence, err := d.commander.Do(c.Request().Context(), web.RequestOf(c).Author, spec.ID, submission.Submit{Spec: canonical})
	if errors.Is(err, submission.ErrExists) {
		return empty(c, http.StatusNotModified)
	}
	return done(c, sequence, err)
}

// warningsMax bounds the warnings of one answer: they are in its header.
const warningsMax = 10

// warn puts warnings where the original's answers, which have no body, have room for them:
// in the header that HTTP has for it (RFC 7234, 5.5).
func warn(c echo.Context, warnings []job.Fault) {
	for _, w := range warnings[:min(len(warnings), warningsMax)] {
		c.Response().Header().Add("Warning", "299 taurus "+strconv.QuoteToASCII(w.String()))
	}
}

func (d *dialect) all(c echo.Context) error {
	all := jobs{sees: web.RequestOf(c).Sees}
	err := d.reader.Scan(c, func(m *projection.Model, _ reader.Moment) { all.list = m.All() })
	if err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, contentType, all)
}

func (d *dialect) get(c echo.Context) error {
	id, err := web.JobID(c, "*")
	if err != nil {
		return err
	}
	v, err := d.reader.Job(c, id)
	if err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, contentType, viewOf(projection.Listed{ID: v.ID, State: v.State, Spec: v.Spec}))
}

func (d *dialect) stop(c echo.Context) error {
	id, err := web.JobID(c, "*")
	if err != nil {
		return err
	}
	sequence, err := d.commander.Do(c.Request().Context(), web.RequestOf(c).Author, id, submission.Stop{})
	return done(c, sequence, err)
}

func (d *dialect) stopAll(c echo.Context) error {
	r := web.RequestOf(c)
	sequence, err := d.commander.StopAll(c.Request().Context(), r.Author, r.Sees)
	return done(c, sequence, err)
}

// done answers a write.
func done(c echo.Context, sequence uint64, err error) error {
	if err != nil {
		return err
	}
	web.SetSequence(c, sequence)
	return empty(c, http.StatusOK)
}

func empty(c echo.Context, status int) error {
	c.Response().Header().Set(echo.HeaderContentType, contentType)
	return c.NoContent(status)
}

// fail answers an error as the original did, with an empty body, but tells what
// is wrong with what was sent (the original answered 500), what there is too
// much of, and who may not do it.
func fail(c echo.Context, p web.Problem) error {
	if p.Status == http.StatusUnprocessableEntity {
		p.Status = http.StatusBadRequest
	}
	switch p.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge,
		http.StatusMisdirectedRequest, http.StatusTooManyRequests:
		return web.WriteJSON(c, p.Status, contentType, p)
	}
	return empty(c, p.Status)
}
