package api

import (
	"context"
	"errors"
	"io/fs"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
)

// Problem is an error as users get it (RFC 9457).
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitzero"`
	// Instance is the path of the request, percent-encoded: a URI reference.
	Instance string `json:"instance,omitzero"`
	// Faults name every field that is wrong, and how to mend it.
	Faults []job.Fault `json:"faults,omitempty"`
	// Request is the id to ask about.
	Request string `json:"request_id,omitzero"`
}

const (
	problemType   = "application/problem+json"
	problemPrefix = "urn:taurus:problem:"
)

// kind is what a class of errors is answered with. Without a detail the text of
// the error is left out, as it may speak of the inside.
type kind struct {
	is     error
	status int
	name   string
	title  string
	detail string
}

// kinds are tried in order. An empty detail stands for the error's own text.
func kinds() []kind {
	const again = "Nothing was stored. Try again in a moment."
	return []kind{
		{job.ErrSyntax, http.StatusBadRequest, "malformed", "The document cannot be read", "See faults."},
		{job.ErrMediaType, http.StatusUnsupportedMediaType, "media-type", "Unsupported content type", "Send application/json or application/yaml."},
		{submission.ErrNotFound, http.StatusNotFound, "job-not-found", "There is no such job", "It was never submitted, or it was deleted. Ask with ?at= for the past."},
		{submission.ErrExists, http.StatusConflict, "job-exists", "A job of this id exists", "Its id is free again once the job is over and none of its tasks lives. Stop it first or choose another id."},
		{submission.ErrOver, http.StatusConflict, "job-over", "The job is over", "It cannot change any more. Submit it again."},
		{submission.ErrLive, http.StatusConflict, "job-live", "The job still lives", "Stop it first (POST .../stop) and wait until its state is stopped, completed or failed."},
		{submission.ErrVersion, http.StatusPreconditionFailed, "version", "The job has changed", "Read it again and send its new ETag in If-Match."},
		{submission.ErrNoGroup, http.StatusUnprocessableEntity, "no-group", "The job has no such group", "See faults."},
		{submission.ErrWhichGroup, http.StatusUnprocessableEntity, "which-group", "The job has several groups", "See faults."},
		{errKeyReused, http.StatusUnprocessableEntity, "idempotency-key", "Idempotency-Key used before", ""},
		{errNearlyFull, http.StatusInsufficientStorage, "log-full", "The log is nearly full", ""},
		{eventlog.ErrFull, http.StatusInsufficientStorage, "log-full", "The log is full", "Give it more space; nothing was stored."},
		{eventlog.ErrOutcomeUnknown, http.StatusServiceUnavailable, "outcome-unknown", "It is not known whether this was stored", "The log did not answer in time. Read the job before trying again, or try again with the same Idempotency-Key."},
		{eventlog.ErrConflict, http.StatusServiceUnavailable, "busy", "Too many writes to this job at once", again},
		{eventlog.ErrTooLarge, http.StatusRequestEntityTooLarge, "too-large", "Too large for the log", "Make the job smaller, for example by fetching files as uris."},
		{eventlog.ErrTruncated, http.StatusGone, "gone", "The log no longer keeps this", "Ask for a later sequence, or read the mirror."},
		{errGone, http.StatusGone, "gone", "The log no longer keeps this", "Read the state and follow from its X-Taurus-Sequence."},
		{eventlog.ErrUnavailable, http.StatusServiceUnavailable, "log-unavailable", "The log cannot be reached", again},
		{eventlog.ErrClosed, http.StatusServiceUnavailable, "stopping", "The service is stopping", again},
		{eventlog.ErrStopped, http.StatusServiceUnavailable, "stopping", "The service is stopping", again},
		{ErrNotReady, http.StatusServiceUnavailable, "not-ready", "The service is still replaying the log", "Try again in a moment."},
		{projection.ErrNotYet, http.StatusBadRequest, "not-yet", "The log has not come to this sequence", "Ask for a sequence up to X-Taurus-Sequence."},
		{errNoTask, http.StatusNotFound, "task-not-found", "The job has no such task", "Of a slot only the newest attempt, the last that ended, and those that still live are known."},
		{errNoLogs, http.StatusNotFound, "no-output", "The task has no output", ""},
		{errNoSandbox, http.StatusNotImplemented, "no-sandbox", "Output cannot be read here", ""},
		{fs.ErrNotExist, http.StatusNotFound, "no-output", "The task has no such file", "The agent has no sandbox of the task yet, or has removed it."},
		{errAgent, http.StatusBadGateway, "agent", "The agent did not answer", "It could not be reached or refused. Try again in a moment."},
		{context.DeadlineExceeded, http.StatusServiceUnavailable, "timeout", "It took too long", "Try again in a moment."},
		{context.Canceled, http.StatusServiceUnavailable, "stopping", "The request was given up", ""},
	}
}

// problemOf chooses what an error is answered with. It is the one place where
// statuses come from.
func problemOf(err error) Problem {
	var (
		faults job.Faults
		param  *paramError
		large  *http.MaxBytesError
		web    *echo.HTTPError
	)
	hasFaults := errors.As(err, &faults)
	switch {
	case errors.As(err, &param):
		return newProblem(http.StatusBadRequest, "parameter", "A parameter cannot be read", "See faults.", param.faults)
	case errors.As(err, &large):
		return newProblem(http.StatusRequestEntityTooLarge, "too-large", "The body is too large",
			"Send at most "+bytesText(large.Limit)+".", nil)
	}
	for _, k := range kinds() {
		if errors.Is(err, k.is) {
			p := newProblem(k.status, k.name, k.title, k.detail, faults)
			if k.detail == "" {
				p.Detail = k.is.Error() + "."
			}
			return p
		}
	}
	switch {
	case hasFaults:
		return newProblem(http.StatusUnprocessableEntity, "invalid", "The job is not valid", "See faults.", faults)
	case errors.As(err, &web):
		return newProblem(web.Code, "http", http.StatusText(web.Code), webDetail(web.Code), nil)
	}
	return newProblem(http.StatusInternalServerError, "internal", "Something went wrong inside",
		"It was logged under the request id.", nil)
}

// webDetail is the mend of a request that comes to no handler.
func webDetail(code int) string {
	switch code {
	case http.StatusNotFound:
		return "There is no such path; /v2/openapi.json lists all of them."
	case http.StatusMethodNotAllowed:
		return "The path has other methods; the Allow header lists them."
	case http.StatusForbidden:
		return "A browser sent this for another site; use the api's own page, or a client that is no browser."
	}
	return ""
}

func newProblem(status int, name, title, detail string, faults job.Faults) Problem {
	return Problem{Type: problemPrefix + name, Title: title, Status: status, Detail: detail, Faults: faults}
}

// fail answers an error. The original's routes keep their empty bodies, but for
// a body that says what is wrong with what was sent.
func (s *Service) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := problemOf(err)
	p.Instance, p.Request = c.Request().URL.EscapedPath(), requestOf(c).id
	h := c.Response().Header()
	if p.Status == http.StatusServiceUnavailable {
		h.Set(echo.HeaderRetryAfter, "1")
	}
	if isLegacy(c.Request().URL.Path) {
		s.failLegacy(c, p)
		return
	}
	s.sent(c, writeJSON(c, p.Status, problemType, p))
}

// sent notes that an answer could not be sent, which nobody else can be told.
func (s *Service) sent(c echo.Context, err error) {
	if err != nil {
		s.log.Debug().Err(err).Str("request_id", requestOf(c).id).Msg("the answer could not be sent")
	}
}
