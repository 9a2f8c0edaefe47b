package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/services/api/web"
)

//go:embed page.html page.css script/*.js
var files embed.FS

// New returns the dialect.
func New() web.Dialect {
	d := assemble()
	return web.Dialect{
		Routes: []web.Route{{Method: http.MethodGet, Path: "/", Open: true, Handle: d.show, Fixed: true}},
		Roots:  []string{"/"},
		Fail:   web.WriteProblem,
	}
}

// document is the page, in one piece that needs nothing from elsewhere, and what it may do.
type document struct {
	body   []byte
	policy string
}

// assemble puts style and script into the page. What is embedded is there, so it has no
// errors.
func assemble() *document {
	style, script := read("page.css"), []byte(nil)
	parts, _ := files.ReadDir("script")
	for _, part := range parts { // In the order of their names.
		script = append(script, read("script/"+part.Name())...)
	}
	body := read("page.html")
	body = bytes.Replace(body, []byte("<style></style>"), within("style", style), 1)
	body = bytes.Replace(body, []byte("<script></script>"), within("script", script), 1)
	return &document{body: body, policy: fmt.Sprintf(policy, hash(style), hash(script))}
}

func read(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // It was not embedded.
	}
	return data
}

func within(tag string, text []byte) []byte { return fmt.Appendf(nil, "<%s>%s</%s>", tag, text, tag) }

// hash is how a content security policy names a text.
func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// policy lets the page run what is in it and nothing else, and talk to nobody but this
// service. Nobody may frame it.
const policy = "default-src 'none'; style-src '%s'; script-src '%s'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

func (d *document) show(c echo.Context) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentSecurityPolicy, d.policy)
	h.Set(echo.HeaderCacheControl, "no-cache") // It holds nothing of anybody's; another build has another one.
	return c.Blob(http.StatusOK, echo.MIMETextHTMLCharsetUTF8, d.body)
}
