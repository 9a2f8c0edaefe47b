package web

import (
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/job"
)

// Body reads the whole body; the error may be *http.MaxBytesError.
func Body(c echo.Context) ([]byte, error) {
	data, err := io.ReadAll(c.Request().Body)
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		return nil, err
	}
	if err != nil {
		return nil, BadParam("body", "could not be read to its end; send it again")
	}
	return data, nil
}

// Canonical checks a job that was submitted, fills in its defaults, and gives its
// bytes. The error is job.Faults, or a *PermissionError if it names another job that who asks
// may neither read nor submit: what becomes of its tasks would tell of that one.
func Canonical(c echo.Context, spec *job.Spec, limits job.Limits) ([]byte, error) {
	RequestOf(c).Job = Cleaned(spec.ID, WordMax)
	spec.Normalise()
	if err := spec.Validate(limits); err != nil {
		return nil, err
	}
	for _, id := range spec.Others() {
		if r := RequestOf(c); !r.May(access.Read, id) && !r.May(access.Submit, id) {
			return nil, Permit(c, access.Read, id)
		}
	}
	return spec.JSON()
}
