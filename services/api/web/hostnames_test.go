package web_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/certtest"
	"github.com/milosgajdos/taurus/internal/servertls"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// askFor sends a request for a host, as a page of that host would.
func askFor(t *testing.T, s *api.Service, host, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	req, answer := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)), httptest.NewRecorder()
	req.Host = host
	req.Header.Set("Origin", "http://"+host)
	s.Handler().ServeHTTP(answer, req)
	return answer
}

// TestWhoIsAskedFor: a page of a stranger, whose name was led to this machine, may neither
// read nor write, though to a browser it is of the same origin. Nobody has to ask for that.
func TestWhoIsAskedFor(t *testing.T) {
	t.Parallel()
	named := apitest.New(t, func(o *api.Options) { o.HostNames = []string{"taurus.example.com", "*.wild.example"} })
	bare := apitest.New(t, func(o *api.Options) { o.HostNames, o.Listen = nil, "localhost:0" })
	const anyone, ours, none = 0, 1, 2
	for host, known := range map[string]int{
		"127.0.0.1:8080": anyone, "127.0.0.1": anyone, "[::1]:8080": anyone, "[::1]": anyone, "10.1.2.3:80": anyone,
		"localhost:8080": anyone, "LOCALHOST.": anyone, "api.localhost:1": anyone, "": anyone, // HTTP/1.0
		"taurus.example.com": ours, "Taurus.Example.com:8080": ours, "taurus.example.com.": ours, "a.wild.example": ours, "A.WILD.example:1": ours,
		"evil.example:8080": none, "evil.example": none, "example.com": none, "x.taurus.example.com": none, "127.0.0.1.evil.example:8080": none,
		"localhost.evil.example": none, "notlocalhost:8080": none, "wild.example": none, ".wild.example": none, "a.b.wild.example": none,
		"taurus.example.com.evil.example": none, "taurus.example.com@evil.example": none,
	} {
		for _, r := range []*apitest.Rig{named, bare} {
			status := http.StatusOK
			if known == none || known == ours && r == bare {
				status = http.StatusMisdirectedRequest
			}
			for _, path := range []string{"/", "/v2/jobs", "/job/all", "/v1/job/all", "/v2/openapi.json", "/v2/events?from=x"} {
				want := status
				if path == "/v2/events?from=x" && want == http.StatusOK {
					want = http.StatusBadRequest // It came that far.
				}
				if got := askFor(t, r.API, host, http.MethodGet, path, ""); got.Code != want {
					t.Errorf("GET %s of %q: %d, want %d: %s", path, host, got.Code, want, got.Body)
				}
			}
			if status == http.StatusOK {
				continue
			}
			for _, path := range []string{"/v2/jobs", "/job/new"} {
				got := askFor(t, r.API, host, http.MethodPost, path, apitest.OneTask)
				if got.Code != status || !strings.Contains(got.Body.String(), "--host-names "+strings.TrimSuffix(strings.ToLower(strings.Split(host, ":")[0]), ".")) {
					t.Errorf("POST %s of %q: %d %s", path, host, got.Code, got.Body)
				}
			}
		}
	}
}

// TestNamesThatAreItsOwn need not be told: that of where it listens, and those of its
// certificate, as it is now.
func TestNamesThatAreItsOwn(t *testing.T) {
	t.Parallel()
	ca := certtest.New(t)
	ca.Issue("api", x509.Certificate{DNSNames: []string{"Cert.Example", "*.star.example"}})
	now := time.Now()
	server, err := servertls.New(servertls.Options{
		Files: servertls.Files{Cert: ca.File("api"), Key: ca.Key("api")},
		Now:   func() time.Time { return now }, Logger: zerolog.Nop(), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := apitest.New(t, func(o *api.Options) { o.TLS = server })
	check := func(host string, want int) {
		t.Helper()
		if got := askFor(t, r.API, host, http.MethodGet, "/v2/version", "").Code; got != want {
			t.Errorf("%s: %d, want %d", host, got, want)
		}
	}
	check("cert.example:8443", 200)
	check("a.star.example", 200)
	check("star.example", 421)
	check("new.example", 421)
	ca.Issue("api", x509.Certificate{DNSNames: []string{"new.example"}})
	now = now.Add(time.Minute)
	check("new.example", 200)
	check("cert.example", 421)
}
