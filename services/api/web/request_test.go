package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

type header = apitest.Headers

func lineWith(t *testing.T, lines fmt.Stringer, part string) string {
	t.Helper()
	for line := range strings.SplitSeq(lines.String(), "\n") {
		if strings.Contains(line, part) {
			return line
		}
	}
	t.Fatalf("no line with %s in %s", part, lines)
	return ""
}

func TestRequestsAreLoggedAndCounted(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	r := apitest.New(t, func(o *api.Options) { o.Metrics = registry })
	if _, err := api.New(api.Options{Anonymous: "admin", Log: r.Log, Instance: "second", Metrics: registry}); err != nil {
		t.Fatalf("two instances on one registry: %v", err)
	}
	a := r.Do("POST", "/v2/jobs", apitest.OneTask, header{"X-Request-Id": "req-1", "X-Taurus-Actor": "an\nn "}).Want(201)
	if a.Header.Get("X-Request-Id") != "req-1" {
		t.Fatalf("request id %q", a.Header.Get("X-Request-Id"))
	}
	line := lineWith(t, r.Lines, "req-1")
	for _, part := range []string{`"job":"web"`, `"seq":1`, `"status":201`, `"actor":"ann (through anonymous)"`, `"method":"POST"`} {
		if !strings.Contains(line, part) {
			t.Errorf("no %s in %s", part, line)
		}
	}
	if got := r.Do("GET", "/v2/jobs", "", header{"X-Request-Id": "a b\"c"}).Header.Get("X-Request-Id"); len(got) != 16 {
		t.Errorf("request id %q", got)
	}
	n, err := testutil.GatherAndCount(registry, "taurus_api_requests_total", "taurus_api_appends_total")
	if err != nil || n != 3 {
		t.Fatalf("%d series, %v", n, err)
	}
	// Methods that nobody knows share one series, however many there are.
	r.Do("ONE", "/v2/jobs", "").Want(405)
	r.Do("TWO", "/v2/jobs", "").Want(405)
	if n, err := testutil.GatherAndCount(registry, "taurus_api_requests_total"); err != nil || n != 3 {
		t.Fatalf("%d series, %v", n, err)
	}
	if apitest.Get[apitest.Job](r, "/v2/jobs/web").ID != "web" {
		t.Fatal("lost")
	}
}

func TestActorIsWhoAsks(t *testing.T) {
	t.Parallel()
	for want, h := range map[string]header{
		"bob (through anonymous)": {"X-Taurus-Actor": "bob"},
		"böb (through anonymous)": {"X-Taurus-Actor": " b\xffö\x85b\t"},
		"anonymous":               {"X-Forwarded-For": "203.0.113.9", "X-Real-Ip": "203.0.113.9"}, // Anybody may say so, and would have limits of their own.
	} {
		r := apitest.New(t)
		var v struct {
			SubmittedBy string `json:"submitted_by"`
		}
		r.Do("POST", "/v2/jobs", apitest.OneTask, h).Want(201).Into(&v)
		if v.SubmittedBy != want {
			t.Errorf("actor %q, want %q", v.SubmittedBy, want)
		}
	}
	// What is no credential here is not taken for none.
	a := apitest.New(t).Do("POST", "/v2/jobs", apitest.OneTask, header{"Authorization": "Basic YW5uOnB3"}).Want(401)
	if apitest.ProblemType(t, a) != "credential" || a.Header.Get("WWW-Authenticate") != `Bearer realm="taurus", error="invalid_token"` {
		t.Errorf("%v %s", a.Header, a.Body)
	}
}

// panicking is a sandbox that does.
type panicking struct{}

func (panicking) ReadFile(context.Context, string, string, string, string, int64, int) ([]byte, int64, error) {
	panic("secret place")
}

func TestPanicsStayInside(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Sandbox, o.Requests.RequestsEach = panicking{}, 3 })
	r.Launch("web", r.Create(apitest.OneTask), 2)
	for range 5 { // The places of those before are free again.
		r.Do("GET", "/v2/jobs/web/tasks/0/logs/stdout", "").Want(500)
	}
	a := r.Do("GET", "/v2/jobs/web/tasks/0/logs/stdout", "", header{"X-Request-Id": "req-7"}).Want(500)
	if apitest.ProblemType(t, a) != "internal" || strings.Contains(a.Body, "secret") || !strings.Contains(a.Body, "req-7") {
		t.Fatalf("got %s", a.Body)
	}
	if line := lineWith(t, r.Lines, "req-7"); !strings.Contains(line, "secret place") || !strings.Contains(line, `"level":"error"`) {
		t.Fatalf("logged %s", line)
	}
	r.Do("GET", "/v2/jobs/web", "").Want(200)
}

// aborting is a sandbox that asks for the answer to be broken off.
type aborting struct{}

func (aborting) ReadFile(context.Context, string, string, string, string, int64, int) ([]byte, int64, error) {
	panic(http.ErrAbortHandler)
}

// What net/http is meant to see goes on to it.
func TestAbortedAnswersStayAborted(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Sandbox = aborting{} })
	r.Launch("web", r.Create(apitest.OneTask), 2)
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v", err)
		}
	}()
	r.Do("GET", "/v2/jobs/web/tasks/0/logs/stdout", "")
}

// TestProblemsOfOddPaths: the instance is a URI reference, and what comes to no
// handler is told where to look.
func TestProblemsOfOddPaths(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	for _, row := range []struct{ method, target, instance, detail string }{
		{"GET", "/v2/jobs/%00%20%C3%BC", "/v2/jobs/%00%20%C3%BC", "never submitted"},
		{"GET", "/v2/jobs/a%2Fb", "/v2/jobs/a%2Fb", "never submitted"},
		{"GET", "/nothing", "/nothing", "/v2/openapi.json"},
		{"PUT", "/v2/jobs", "/v2/jobs", "Allow"},
	} {
		var problem struct{ Instance, Detail string }
		r.Do(row.method, row.target, "").Into(&problem)
		if problem.Instance != row.instance || !strings.Contains(problem.Detail, row.detail) {
			t.Errorf("%s: %+v", row.target, problem)
		}
	}
}

// TestHead answers as GET does, without the body.
func TestHead(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	get := r.Do("GET", "/v2/jobs/web", "").Want(200)
	head := r.Do("HEAD", "/v2/jobs/web", "").Want(200)
	if got, want := head.Header.Get("ETag"), get.Header.Get("ETag"); got != want || got == "" {
		t.Errorf("ETag %q, want %q", got, want)
	}
	r.Do("HEAD", "/", "").Want(200)
	r.Do("HEAD", "/v2/jobs/nope", "").Want(404)
	r.Do("HEAD", "/v2/jobs/web/events", "").Want(200)
	r.Do("HEAD", "/job/web", "").Want(405)
	// A feed would never end, its header does.
	feed := r.Do("HEAD", "/v2/events?from=1", "").Want(200)
	if feed.Header.Get("Cache-Control") != "no-store" || feed.Header.Get("X-Accel-Buffering") != "no" {
		t.Errorf("proxies may keep events back: %v", feed.Header)
	}
	if got := feed.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") || feed.Body != "" {
		t.Errorf("type %q, body %q", got, feed.Body)
	}
	r.Do("HEAD", "/v2/events?from=99", "").Want(400)
}
