package page

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/services/api/web"
)

// document is the page; it needs nothing from elsewhere.
//
//go:embed page.html
var document []byte

// policy lets the page load nothing and talk to nobody but this service.
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; " +
	"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// New returns the dialect.
func New() web.Dialect {
	return web.Dialect{
		Routes: []web.Route{{Method: http.MethodGet, Path: "/", Open: true, Handle: show, Fixed: true}},
		Roots:  []string{"/"},
		Fail:   web.WriteProblem,
	}
}

func show(c echo.Context) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentSecurityPolicy, policy)
	h.Set(echo.HeaderXContentTypeOptions, "nosniff")
	h.Set(echo.HeaderReferrerPolicy, "no-referrer")
	return c.Blob(http.StatusOK, echo.MIMETextHTMLCharsetUTF8, document)
}
