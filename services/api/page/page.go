package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/services/api/web"
)

// document is the page; it needs nothing from elsewhere.
//
//go:embed page.html
var document []byte

// policy lets the page load nothing, run nothing but what is in it here, and talk to nobody
// but this service.
func policy() string {
	return "default-src 'none'; style-src " + sources("style") + "; script-src " + sources("script") +
		"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
}

// sources names the elements of a kind that the page has, by their hashes.
func sources(element string) string {
	var hashes []string
	rest := string(document)
	for {
		_, after, found := strings.Cut(rest, "<"+element+">")
		if !found {
			return strings.Join(hashes, " ")
		}
		var text string
		text, rest, _ = strings.Cut(after, "</"+element+">")
		sum := sha256.Sum256([]byte(text))
		hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
}

// New returns the dialect.
func New() web.Dialect {
	return web.Dialect{
		Routes: []web.Route{{Method: http.MethodGet, Path: "/", Open: true, Handle: show(), Fixed: true}},
		Roots:  []string{"/"},
		Fail:   web.WriteProblem,
	}
}

// show is the handler of the page.
func show() echo.HandlerFunc {
	policy := policy()
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderContentSecurityPolicy, policy)
		h.Set(echo.HeaderCacheControl, "no-cache") // It holds nothing of anybody's; another build has another one.
		return c.Blob(http.StatusOK, echo.MIMETextHTMLCharsetUTF8, document)
	}
}
