package listen_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/milosgajdos/taurus/internal/mesosim/listen"
)

// Section 6: TLS on the same port, and plain HTTP beside it where that is asked for.
func TestTLS(t *testing.T) {
	t.Parallel()
	model := httptest.NewTLSServer(http.NotFoundHandler()) // has a certificate to borrow
	defer model.Close()
	for _, downgrade := range []bool{false, true} {
		conf := &listen.TLS{Certificate: model.TLS.Certificates[0], Downgrade: downgrade}
		l, err := listen.On(t.Context(), "127.0.0.1", 0)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
		_ = server.Listener.Close()
		server.Listener = conf.Wrap(l)
		server.Start()
		for scheme, want := range map[string]bool{conf.Scheme(): true, "http": downgrade} {
			transport := &http.Transport{TLSClientConfig: conf.Client()}
			got := answer(t, &http.Client{Transport: transport}, scheme+"://"+l.Addr().String())
			transport.CloseIdleConnections()
			if (got == "ok") != want {
				t.Errorf("downgrade %v: %s answers %q", downgrade, scheme, got)
			}
		}
		server.Close()
	}
	var none *listen.TLS
	if none.Scheme() != "http" || none.Client() != nil {
		t.Error("nil is not plain")
	}
}

func answer(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestTLSFromEnv(t *testing.T) {
	t.Parallel()
	env := func(m map[string]string) func(string) string { return func(k string) string { return m[k] } }
	if c, err := listen.FromEnv(env(nil)); c != nil || err != nil {
		t.Errorf("nothing set: %v, %v", c, err)
	}
	if _, err := listen.FromEnv(env(map[string]string{listen.EnvEnabled: "1"})); !errors.Is(err, listen.ErrNoKeyPair) {
		t.Errorf("no certificate: %v", err)
	}
	if _, err := listen.FromEnv(env(map[string]string{listen.EnvEnabled: "true", listen.EnvCert: "none", listen.EnvKey: "none"})); err == nil {
		t.Error("files that are not there were read")
	}
}
