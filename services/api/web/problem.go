package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/job"
)

// Problem is what went wrong, as users get it (RFC 9457).
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitzero"`
	// Instance is the path of the request, percent-encoded: a URI reference.
	Instance string `json:"instance,omitzero"`
	// Faults name every field that is wrong, and how to mend it.
	Faults []job.Fault `json:"faults,omitempty"`
	// Right is the one that is missing, and Job what it would be on; an empty job is the
	// cluster, or any job.
	Right string `json:"right,omitzero"`
	Job   string `json:"job,omitzero"`
	// Request is the id to ask about.
	Request string `json:"request_id,omitzero"`
}

const (
	problemType   = "application/problem+json"
	problemPrefix = "urn:taurus:problem:"
)

// WriteProblem is the Fail of dialects that answer with problem details.
func WriteProblem(c echo.Context, p Problem) error {
	return WriteJSON(c, p.Status, problemType, p)
}

// Kind is what a class of errors is answered with.
type Kind struct {
	// Is is the error that others wrap.
	Is     error
	Status int
	// Name is the last part of the problem's type.
	Name  string
	Title string
	// Detail says how to mend it; empty stands for the text of Is. That of the
	// error that wraps it is never shown, as it may speak of the inside, unless it
	// is Detailed.
	Detail string
}

// Detailed is an error that says for users what it is, in place of its kind's Detail.
type Detailed interface {
	error
	Detail() string
}

// general are the kinds that may come of any request. They are tried last, as
// other errors wrap those of a context.
func general() []Kind {
	return []Kind{
		{job.ErrSyntax, http.StatusBadRequest, "malformed", "The document cannot be read", "See faults."},
		{job.ErrMediaType, http.StatusUnsupportedMediaType, "media-type", "Unsupported content type", "Send application/json or application/yaml."},
		{context.DeadlineExceeded, http.StatusServiceUnavailable, "timeout", "It took too long", "Try again in a moment."},
		{context.Canceled, http.StatusServiceUnavailable, "stopping", "The request was given up", ""},
	}
}

// problemOf chooses what an error is answered with: the first of the kinds that
// it is, but for errors that say more than their kind. It is the one place where
// the statuses of errors come from. What is wrong is the job, if one was sent.
func (f *frame) problemOf(err error, kinds []Kind, submits bool) Problem {
	var (
		faults  job.Faults
		param   *paramError
		large   *http.MaxBytesError
		crowded *CrowdedError
		route   *echo.HTTPError
		refused *PermissionError
		wrong   *CredentialError
		other   *misdirectedError
		hurried *HurriedError
	)
	hasFaults := errors.As(err, &faults)
	switch {
	case errors.As(err, &param):
		return newProblem(http.StatusBadRequest, "parameter", "A parameter cannot be read", "See faults.", param.faults)
	case errors.As(err, &other):
		return newProblem(http.StatusMisdirectedRequest, "misdirected", "No name of this api", other.Error(), nil)
	case errors.As(err, &hurried):
		return newProblem(http.StatusTooManyRequests, "hurried", "Too many requests", hurried.Error(), nil)
	case errors.As(err, &refused):
		return refused.problem()
	case errors.As(err, &wrong):
		return wrong.problem()
	case errors.As(err, &large):
		return newProblem(http.StatusRequestEntityTooLarge, "too-large", "The body is too large",
			"Send at most "+bytesText(large.Limit)+".", nil)
	case errors.As(err, &crowded):
		return newProblem(http.StatusTooManyRequests, "crowded", "Too much at once", crowded.Error(), nil)
	}
	for _, k := range kinds {
		if errors.Is(err, k.Is) {
			p := k.Problem(err)
			p.Faults = faults
			return p
		}
	}
	switch {
	case hasFaults:
		return newProblem(http.StatusUnprocessableEntity, "invalid", invalid(submits), "See faults.", faults)
	case errors.As(err, &route):
		return newProblem(route.Code, "http", http.StatusText(route.Code), f.detail(route.Code), nil)
	}
	return newProblem(http.StatusInternalServerError, "internal", "Something went wrong inside",
		"It was logged under the request id.", nil)
}

// invalid is the title of what has faults.
func invalid(submits bool) string {
	if submits {
		return "The job is not valid"
	}
	return "The request is not valid"
}

// Problem is what an error of the kind is answered with.
func (k Kind) Problem(err error) Problem {
	p := newProblem(k.Status, k.Name, k.Title, k.Detail, nil)
	if k.Detail == "" {
		p.Detail = k.Is.Error() + "."
	}
	if told, ok := errors.AsType[Detailed](err); ok {
		p.Detail = told.Detail()
	}
	return p
}

func newProblem(status int, name, title, detail string, faults job.Faults) Problem {
	return Problem{Type: problemPrefix + name, Title: title, Status: status, Detail: detail, Faults: faults}
}

// problem is what an error of a request is answered with.
func (f *frame) problem(err error, c echo.Context) Problem {
	r := RequestOf(c)
	p := f.problemOf(r.veiled(err), f.speakers.of(c).kinds, r.submits)
	p.Instance, p.Request = c.Request().URL.EscapedPath(), r.ID
	return p
}

// ProblemOf is what an error of a request would be answered with, for who has begun to
// answer already.
func ProblemOf(c echo.Context, err error) Problem { return RequestOf(c).problem(err) }

// fail answers an error as the request's dialect does.
func (f *frame) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := f.problem(err, c)
	RequestOf(c).reason = p.Title
	switch p.Status {
	case http.StatusUnauthorized:
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, challenge(err))
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		wait := 1
		if hurried := new(HurriedError); errors.As(err, &hurried) {
			wait = hurried.seconds()
		}
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(wait))
	case http.StatusInsufficientStorage: // Somebody has to do something first.
		c.Response().Header().Set(echo.HeaderRetryAfter, "30")
	}
	if err := f.speakers.of(c).Fail(c, p); err != nil {
		// Nobody else can be told.
		f.Log.Debug().Err(err).Str("request_id", p.Request).Msg("the answer could not be sent")
	}
}

func bytesText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
