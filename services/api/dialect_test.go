package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/commander"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
	"github.com/milosgajdos/taurus/services/api/reader"
	"github.com/milosgajdos/taurus/services/api/web"
)

// errShout is an error of the third dialect alone.
var errShout = errors.New("ids are not shouted here")

// plain is a third dialect, as a folder of its own would be: lines of text for
// people at a terminal, errors too.
type plain struct {
	reader    *reader.Reader
	commander *commander.Commander
}

func newPlain(r *reader.Reader, c *commander.Commander) web.Dialect {
	p := &plain{reader: r, commander: c}
	return web.Dialect{
		Routes: []web.Route{
			{Method: http.MethodGet, Path: "/plain/help", Open: true, Handle: p.help, Fixed: true},
			{Method: http.MethodGet, Path: "/plain/jobs", Right: access.Read, About: web.AnyJob(), Handle: p.list},
			{Method: http.MethodPost, Path: "/plain/stop", Right: access.Stop, About: web.SentJob(), Handle: p.stop},
			// Even beneath another dialect's root its routes are its own.
			{Method: http.MethodGet, Path: "/v2/plain/:id", Right: access.Read, About: web.JobIn("id"), Handle: p.get},
		},
		Roots: []string{"/plain/"},
		Kinds: []web.Kind{
			{Is: errShout, Status: http.StatusTeapot, Name: "shout", Title: "Not so loud"},
			// What all dialects know it may say otherwise.
			{Is: submission.ErrNotFound, Status: http.StatusNotFound, Name: "nobody", Title: "Never heard of it"},
		},
		Fail: func(c echo.Context, p web.Problem) error {
			return c.String(p.Status, "no: "+p.Title+"\n")
		},
	}
}

func (p *plain) help(c echo.Context) error { return c.String(http.StatusOK, "help yourself\n") }

func (p *plain) list(c echo.Context) error {
	var text strings.Builder
	err := p.reader.Read(c, func(m *projection.Model, _ reader.Moment) {
		for _, v := range m.List(projection.Query{}).Jobs {
			fmt.Fprintf(&text, "%s %s\n", v.ID, v.State)
		}
	})
	if err != nil {
		return err
	}
	return c.String(http.StatusOK, text.String())
}

func (p *plain) get(c echo.Context) error {
	id, err := web.JobID(c, "id")
	if err != nil {
		return err
	}
	v, err := p.reader.Job(c, id)
	if err != nil {
		return err
	}
	return c.String(http.StatusOK, fmt.Sprintln(v.ID, v.State))
}

func (p *plain) stop(c echo.Context) error {
	id, err := web.Body(c)
	if err == nil {
		err = web.Permit(c, access.Stop, string(id))
	}
	if err != nil {
		return err
	}
	if strings.ToLower(string(id)) != string(id) {
		return fmt.Errorf("%w: %s", errShout, id)
	}
	sequence, err := p.commander.Do(c.Request().Context(), web.RequestOf(c).Author, string(id), submission.Stop{})
	if err != nil {
		return err
	}
	web.SetSequence(c, sequence)
	return c.String(http.StatusOK, "stopped\n")
}

func withPlain(o *api.Options) {
	api.AddDialect(o, newPlain)
	o.BodyMax = 100
}

// A third dialect is its own package and one line in the list; what all dialects
// have comes by itself, and the others speak on as they did.
func TestThirdDialectFits(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, withPlain)
	r.Create(apitest.OneTask)
	for _, row := range []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"GET", "/plain/help", "", 200, "help yourself\n"},
		{"GET", "/plain/jobs", "", 200, "web pending\n"},
		{"GET", "/v2/plain/web", "", 200, "web pending\n"},
		{"HEAD", "/plain/jobs", "", 200, "*"},
		{"POST", "/plain/stop", "web", 200, "stopped\n"},
		{"GET", "/plain/jobs", "", 200, "web stopped\n"},
		{"GET", "/plain/jobs?at=1", "", 200, "web pending\n"},
		{"GET", "/plain/jobs?at=0", "", 200, ""},
		// Its own errors, those of reading and writing, those of any request.
		{"POST", "/plain/stop", "WEB", 418, "no: Not so loud\n"},
		{"POST", "/plain/stop", "nope", 404, "no: Never heard of it\n"},
		{"GET", "/v2/plain/nope", "", 404, "no: Never heard of it\n"},
		{"GET", "/plain/jobs?at=99", "", 400, "no: The log has not come to this sequence\n"},
		{"GET", "/plain/jobs?at=x", "", 400, "no: A parameter cannot be read\n"},
		{"POST", "/plain/stop", strings.Repeat("x", 101), 413, "no: The body is too large\n"},
		{"GET", "/plain/nothing", "", 404, "no: Not Found\n"},
		{"PUT", "/plain/jobs", "", 405, "no: Method Not Allowed\n"},
		{"PUT", "/v2/plain/web", "", 405, "no: Method Not Allowed\n"},
	} {
		a := r.Do(row.method, row.target, row.body).Want(row.status)
		if row.want != "*" && a.Body != row.want {
			t.Errorf("%s %s: %q, want %q", row.method, row.target, a.Body, row.want)
		}
		if a.Header.Get("X-Taurus-Sequence") == "" || a.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s %s: headers %v", row.method, row.target, a.Header)
		}
	}
	r.Do("POST", "/plain/stop", "web", apitest.Headers{"Sec-Fetch-Site": "cross-site"}).Want(403)
	// The others know nothing of it.
	for _, target := range []string{"/v2/jobs/nope", "/v2/nothing", "/nothing", "/plain"} {
		apitest.ProblemType(t, r.Do("GET", target, "").Want(404))
	}
	r.Do("GET", "/job/nope", "").WantLegacy(404, "")
}

// Nor does it answer of half a state.
func TestThirdDialectWaitsForTheLog(t *testing.T) {
	t.Parallel()
	o := api.Options{Anonymous: "admin", Log: memory.New(), Instance: "test"}
	withPlain(&o)
	s, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if a := apitest.Send(t, s, "GET", "/plain/jobs", "").Want(503); !strings.HasPrefix(a.Body, "no: ") || a.Header.Get("Retry-After") == "" {
		t.Errorf("got %q %v", a.Body, a.Header)
	}
	apitest.Send(t, s, "GET", "/plain/help", "").Want(200)
}

// Two that are in each other's way are told of at the start, not by a client.
func TestDialectsInEachOthersWayAreRefused(t *testing.T) {
	t.Parallel()
	for name, dialect := range map[string]web.Dialect{
		"a path of v2":        {Routes: []web.Route{{Method: http.MethodPut, Path: "/v2/jobs", Open: true}}, Fail: web.WriteProblem},
		"the original's root": {Roots: []string{"/job/"}, Fail: web.WriteProblem},
	} {
		o := api.Options{Anonymous: "admin", Log: memory.New(), Instance: "test"}
		api.AddDialect(&o, func(*reader.Reader, *commander.Commander) web.Dialect { return dialect })
		if _, err := api.New(o); !errors.Is(err, web.ErrDialects) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A log that takes nothing since its disk was full is not merely one that gave no
// answer: what somebody has to do is said.
func TestALogThatTakesNothingIsSaidToBeStuck(t *testing.T) {
	t.Parallel()
	r := apitest.On(t, memory.New(), func(o *api.Options) {
		api.AddDialect(o, func(*reader.Reader, *commander.Commander) web.Dialect {
			return web.Dialect{
				Routes: []web.Route{{Method: http.MethodGet, Path: "/stuck/now", Open: true, Handle: func(echo.Context) error {
					return fmt.Errorf("%w: %w", eventlog.ErrOutcomeUnknown, eventlog.ErrStuck)
				}}},
				Roots: []string{"/stuck/"},
				Fail:  func(c echo.Context, p web.Problem) error { return c.String(p.Status, p.Type+" "+p.Detail) },
			}
		})
	})
	a := r.Do("GET", "/stuck/now", "").Want(http.StatusServiceUnavailable)
	if !strings.Contains(a.Body, ":log-stuck ") || !strings.Contains(a.Body, "restart that server") || a.Header.Get("Retry-After") == "" {
		t.Errorf("%v: %s", a.Header, a.Body)
	}
}
