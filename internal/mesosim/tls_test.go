package mesosim_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/mesosim/agent"
	"github.com/milosgajdos/taurus/internal/mesosim/listen"
	"github.com/milosgajdos/taurus/internal/mesosim/master"
	"github.com/milosgajdos/taurus/internal/mesosim/resource"
	"github.com/milosgajdos/taurus/internal/testwait"
)

// Section 6: a master and an agent that speak TLS, with each other too.
func TestClusterOverTLS(t *testing.T) {
	t.Parallel()
	model := httptest.NewTLSServer(http.NotFoundHandler()) // has a certificate to borrow
	defer model.Close()
	conf := &listen.TLS{Certificate: model.TLS.Certificates[0]}
	m, err := master.New(master.Options{WorkDir: t.TempDir(), TLS: conf})
	if err != nil {
		t.Fatal(err)
	}
	rs, err := resource.Parse("cpus:1;mem:64")
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Options{
		Master: m.Addr(), WorkDir: t.TempDir(), Resources: rs, Executor: agent.Simulated, TLS: conf, Backoff: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- m.Run(ctx) }()
	go func() { ended <- a.Run(ctx) }()
	defer func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}()
	transport := &http.Transport{TLSClientConfig: conf.Client()}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: testwait.Patience}
	testwait.Until(t, "the agent is registered", func() bool {
		return strings.Contains(fetch(t, client, "https://"+m.Addr()+"/slaves"), `"active":true`)
	})
	if body := fetch(t, client, "https://"+a.Addr()+"/state"); !strings.Contains(body, `"version"`) {
		t.Errorf("the agent's state is %q", body)
	}
}

// fetch returns the body of an answer, and nothing while there is none.
func fetch(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return ""
	}
	return string(body)
}
