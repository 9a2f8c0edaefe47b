package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// Decision is what became of a request.
type Decision struct {
	Principal access.Principal
	// OnBehalfOf is for whom they said that they ask.
	OnBehalfOf string
	// Method and Route are those of the request; the route is empty if it came to none.
	Method, Route string
	// Right and Job are what it asked last: the one that was missing, if one was. An empty
	// job is the cluster, or a list.
	Right access.Right
	Job   string
	// Remote is the address that it came from, Request its id.
	Remote, Request string
	Status          int
	// Denied reports whether it was not allowed, whatever the status says; Reason is why it
	// was not answered as asked, for people.
	Denied bool
	Reason string
	// Trial reports whether it was to change nothing, as the handler says (SetTrial).
	Trial bool
	// Sequence is the one that the answer is of: of a write what came of it.
	Sequence uint64
	At       time.Time
}

// decided tells what became of a request.
func (f *frame) decided(c echo.Context, r *Request) {
	if f.Decided == nil {
		return
	}
	f.Decided(Decision{
		Principal: r.Principal, OnBehalfOf: r.Author.OnBehalfOf, Method: c.Request().Method, Route: c.Path(), Right: r.asked.right, Job: r.asked.job,
		Remote: c.RealIP(), Request: r.ID, Status: c.Response().Status, Sequence: r.Sequence, At: f.Now(),
		Denied: r.denied(c.Response().Status), Reason: r.reason, Trial: r.trial,
	})
}

// denied reports whether a request was refused for who asks, or where they come from.
func (r *Request) denied(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMisdirectedRequest:
		return true
	}
	return r.hid && r.err != nil
}
