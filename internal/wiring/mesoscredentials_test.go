package wiring_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesossecret"
	"github.com/milosgajdos/taurus/internal/wiring/embedded"
)

// TestEmbeddedMesosAsksWhoItIs: with credentials frameworks, operators, who reads output and
// who looks have to show the secret that was made for them, and agents find their master.
// That it is well, and what it is, anybody may know, as of Mesos itself.
func TestEmbeddedMesosAsksWhoItIs(t *testing.T) {
	dir := t.TempDir()
	if _, err := mesossecret.Make(dir, "taurus", nil); err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile(mesossecret.Secret(dir))
	if err != nil {
		t.Fatal(err)
	}
	credentials := "--credentials=" + mesossecret.Credentials(dir)
	master := start(t, embedded.MesosMasterCommand(), "--listen=127.0.0.1:0", "--work-dir="+t.TempDir(), credentials)
	at := master.ready().Address
	agent := start(t, embedded.MesosAgentCommand(), "--master="+at, "--listen=127.0.0.1:0", "--work-dir="+t.TempDir(), "--executor=simulated", credentials)
	agentAt := agent.ready().Address
	t.Cleanup(func() { agent.end(); master.end() })
	for _, row := range []struct{ method, url string }{
		{http.MethodPost, at + "/api/v1/scheduler"},
		{http.MethodPost, at + "/api/v1"},
		{http.MethodPost, at + "/teardown"},
		{http.MethodPost, at + "/machine/down"},
		{http.MethodGet, at + "/state"},
		{http.MethodGet, at + "/state-summary"},
		{http.MethodGet, at + "/slaves"},
		{http.MethodGet, at + "/frameworks"},
		{http.MethodGet, at + "/tasks"},
		{http.MethodGet, at + "/roles"},
		{http.MethodGet, at + "/flags"},
		{http.MethodGet, at + "/maintenance/schedule"},
		{http.MethodGet, at + "/maintenance/status"},
		{http.MethodGet, at + "/metrics/snapshot"},
		{http.MethodGet, agentAt + "/files/debug"},
		{http.MethodGet, agentAt + "/state"},
		{http.MethodPost, agentAt + "/api/v1"},
	} {
		if got := mesosStatus(t, row.method, row.url, ""); got != http.StatusUnauthorized {
			t.Errorf("%s %s is answered %d to a stranger", row.method, row.url, got)
		}
		if got := mesosStatus(t, row.method, row.url, "wrong"); got != http.StatusUnauthorized {
			t.Errorf("%s %s is answered %d with a wrong secret", row.method, row.url, got)
		}
		if got := mesosStatus(t, row.method, row.url, string(secret)); got == http.StatusUnauthorized {
			t.Errorf("%s %s does not know the secret", row.method, row.url)
		}
	}
	for _, path := range []string{"/health", "/version"} {
		if got := mesosStatus(t, http.MethodGet, at+path, ""); got != http.StatusOK {
			t.Errorf("%s is answered %d to a stranger", path, got)
		}
	}
}

func mesosStatus(t *testing.T, method, url, secret string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if secret != "" {
		req.SetBasicAuth("taurus", secret)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
