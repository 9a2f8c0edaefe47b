package v2

import (
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/web"
)

// seen chooses the jobs that an answer may tell of; nil is all.
func seen(c echo.Context) func(id string) bool {
	if r := web.RequestOf(c); !r.SeesAll() {
		return r.Sees
	}
	return nil
}

// readable chooses the jobs that the answer about one may name.
func readable(c echo.Context, own string) func(id string) bool {
	r := web.RequestOf(c)
	return func(id string) bool { return id == own || r.May(access.Read, id) }
}

// foretold chooses the jobs that it may be told of what would become of them: those that
// may be explained, and the one that is asked about.
func foretold(c echo.Context, own string) func(id string) bool {
	r := web.RequestOf(c)
	return func(id string) bool { return id == own || r.May(access.Explain, id) }
}

// seesEvent chooses the events that an answer may tell of: those about jobs that it may
// tell of, and about no job for who may look at all. Who may do what is for who gives
// rights, or looks after what is done with them.
func seesEvent(c echo.Context) func(*projection.Event) bool {
	r := web.RequestOf(c) // What it may see changes while it goes on.
	return func(ev *projection.Event) bool {
		if ev.OfAccess() {
			return r.May(access.Admin, "") || r.May(access.Audit, "")
		}
		return r.Sees(ev.Job)
	}
}
