package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// TestEveryAnswerIsGuarded: whatever its dialect and status, and whether a handler was
// reached at all.
func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Sandbox = panicking{} })
	r.Launch("web", r.Create(apitest.OneTask), 2)
	for _, row := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/", "", 200},
		{"GET", "/v2/jobs", "", 200},
		{"GET", "/job/all", "", 200},
		{"GET", "/v2/openapi.json", "", 200},
		{"POST", "/v2/jobs", "{", 400},
		{"POST", "/job/new", "{", 400},
		{"GET", "/nothing", "", 404},
		{"GET", "/v2/nothing", "", 404},
		{"GET", "/job/none", "", 404},
		{"PUT", "/v2/jobs", "", 405},
		{"HEAD", "/v2/jobs/web", "", 200},
		{"HEAD", "/v2/events?from=1", "", 200},
		{"DELETE", "/job/web", "", 200},
		{"GET", "/v2/jobs/web/tasks/0/logs/stdout", "", 500},
		{"OPTIONS", "/v2/jobs", "", 204},
	} {
		a := apitest.Send(t, r.API, row.method, row.path, row.body).Want(row.status)
		guarded(t, row.method+" "+row.path, a.Header, row.path == "/")
	}
	// Of a stranger's name, and of another site.
	guarded(t, "421", askFor(t, r.API, "evil.example", "GET", "/", "").Result().Header, false)
	req, answer := httptest.NewRequestWithContext(t.Context(), "POST", "/v2/jobs", strings.NewReader(apitest.OneTask)), httptest.NewRecorder()
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if r.API.Handler().ServeHTTP(answer, req); answer.Code != http.StatusForbidden {
		t.Errorf("another site is answered with %d", answer.Code)
	}
	guarded(t, "403", answer.Result().Header, false)
}

func guarded(t *testing.T, what string, h http.Header, page bool) {
	t.Helper()
	keep := "no-store"
	if page {
		keep = "no-cache"
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": keep,
	} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
	policy := h.Values("Content-Security-Policy")
	if len(policy) != 1 || !strings.HasPrefix(policy[0], "default-src 'none'") || !strings.Contains(policy[0], "frame-ancestors 'none'") || strings.Contains(policy[0], "unsafe") {
		t.Errorf("%s: policy %q", what, policy)
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %s lets another site in", what, name)
		}
	}
}
