package v2

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/auditing"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/web"
)

// auditPage is how many records a page has if nobody says.
const auditPage = 100

// Audit tells who did what.
type Audit interface {
	Page(ctx context.Context, f auditing.Filter, before uint64, limit int) (auditing.Page, error)
	// LastUse is about when a token was used last, zero if that is not known.
	LastUse(id string) time.Time
}

// audits show who did what.
type audits struct {
	audit Audit
	// sequence is the last one folded, timeOf when a record was stored.
	sequence func() uint64
	timeOf   func(ctx context.Context, sequence uint64) (time.Time, error)
}

func (a *audits) list(c echo.Context) error {
	f, errFilter := filterOf(c)
	limit, errLimit := web.Number(c, "limit", 1, auditing.PageMax, auditPage)
	before, errBefore := web.Number(c, "before", 1, 1<<63, 0)
	if err := web.BadParams(errFilter, errLimit, errBefore); err != nil {
		return err
	}
	if err := a.until(c, &f); err != nil {
		return err
	}
	page, err := a.audit.Page(c.Request().Context(), f, before, int(limit))
	if err != nil {
		return err
	}
	return web.WriteJSON(c, http.StatusOK, web.JSONType, page)
}

// filterOf reads what a request asks for; the error tells of all that cannot be read.
func filterOf(c echo.Context) (auditing.Filter, error) {
	f := auditing.Filter{Actor: c.QueryParam("actor"), Job: c.QueryParam("job"), Outcome: c.QueryParam("outcome")}
	var errs [3]error
	if f.Outcome != "" && !slices.Contains(auditing.Outcomes(), f.Outcome) {
		errs[0] = web.BadParam("outcome", "%q must be one of %s", web.Cleaned(f.Outcome, web.WordMax), strings.Join(auditing.Outcomes(), ", "))
	}
	f.Since, errs[1] = timeParam(c, "since")
	f.Until, errs[2] = timeParam(c, "until")
	return f, web.BadParams(errs[:]...)
}

func timeParam(c echo.Context, name string) (time.Time, error) {
	text := c.QueryParam(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, web.BadParam(name, "%q must be a time such as 2006-01-02T15:04:05Z (+ written as %%2B)", web.Cleaned(text, web.WordMax))
	}
	return t, nil
}

// until leaves out what was answered after the moment that ?at= names, if it names one.
func (a *audits) until(c echo.Context, f *auditing.Filter) error {
	text := c.QueryParam("at")
	if text == "" {
		return nil
	}
	at, err := timeParam(c, "at")
	if sequence, odd := strconv.ParseUint(text, 10, 64); odd == nil {
		if sequence > a.sequence() {
			return projection.ErrNotYet
		}
		at, err = a.timeOf(c.Request().Context(), sequence)
	}
	if err != nil {
		return err
	}
	if f.Until.IsZero() || at.Before(f.Until) {
		f.Until = at
	}
	return nil
}
