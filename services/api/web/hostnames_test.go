package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// TestWhoIsAskedFor: a page of a stranger, whose name was led to this machine, may neither
// read nor write, though to a browser it is of the same origin.
func TestWhoIsAskedFor(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.HostNames = []string{"taurus.example.com"} })
	open := apitest.New(t)
	for host, status := range map[string]int{
		"127.0.0.1:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "[::1]": 200, "10.1.2.3:80": 200,
		"localhost:8080": 200, "LOCALHOST.": 200, "api.localhost:1": 200,
		"taurus.example.com": 200, "Taurus.Example.com:8080": 200, "": 200, // HTTP/1.0
		"evil.example:8080": 421, "evil.example": 421, "example.com": 421, "x.taurus.example.com": 421, "127.0.0.1.evil.example:8080": 421,
		"localhost.evil.example": 421, "notlocalhost:8080": 421,
	} {
		ask := func(s *api.Service, method, path, body string) *httptest.ResponseRecorder {
			req, answer := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)), httptest.NewRecorder()
			req.Host = host
			req.Header.Set("Origin", "http://"+host)
			s.Handler().ServeHTTP(answer, req)
			return answer
		}
		for _, path := range []string{"/", "/v2/jobs", "/job/all", "/v2/events?from=x"} {
			want := status
			if path == "/v2/events?from=x" && want == http.StatusOK {
				want = http.StatusBadRequest // It came that far.
			}
			if got := ask(r.API, http.MethodGet, path, ""); got.Code != want {
				t.Errorf("GET %s of %q: %d, want %d: %s", path, host, got.Code, want, got.Body)
			}
			if got := ask(open.API, http.MethodGet, path, ""); got.Code == http.StatusMisdirectedRequest {
				t.Errorf("GET %s of %q, where any name will do: %d", path, host, got.Code)
			}
		}
		if status != http.StatusOK {
			if got := ask(r.API, http.MethodPost, "/v2/jobs", apitest.OneTask); got.Code != status || !strings.Contains(got.Body.String(), "--host-names") {
				t.Errorf("POST of %q: %d %s", host, got.Code, got.Body)
			}
		}
	}
}
