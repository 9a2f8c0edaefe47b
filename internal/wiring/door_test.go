package wiring_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/certtest"
	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	api "github.com/milosgajdos/taurus/services/api/command"
)

// TestDoorsThatAreRefused: nobody is reached unencrypted without being told to.
func TestDoorsThatAreRefused(t *testing.T) {
	ca := certtest.New(t)
	ca.Issue("api", x509.Certificate{})
	cert, key := "--tls-cert="+ca.File("api"), "--tls-key="+ca.Key("api")
	for name, row := range map[string]struct {
		args []string
		says string
	}{
		"every interface":         {[]string{"--listen=:0"}, "accept that by --insecure-listen"},
		"every address":           {[]string{"--listen=0.0.0.0:0"}, "without TLS"},
		"of IPv6":                 {[]string{"--listen=[::]:0"}, "without TLS"},
		"a name":                  {[]string{"--listen=api.example:0"}, "without TLS"},
		"no key":                  {[]string{cert}, "needs --tls-key"},
		"no certificate":          {[]string{key}, "needs --tls-cert"},
		"a key of another":        {[]string{cert, "--tls-key=" + ca.Key("ca")}, "--tls-cert, --tls-key and --client-ca: servertls: certificate and key"},
		"no TLS for clients":      {[]string{"--client-ca=" + ca.File("ca")}, "needs --tls-cert"},
		"JWTs for anybody":        {[]string{"--oidc-issuer=https://a.example"}, "without it a JWT that was given out for any other program"},
		"JWTs of nobody":          {[]string{"--oidc-audience=taurus"}, "needs --oidc-issuer"},
		"an issuer without TLS":   {[]string{"--oidc-issuer=http://a.example", "--oidc-audience=taurus"}, "use https"},
		"nobody's name":           {[]string{"--oidc-issuer=https://a.example", "--oidc-audience=taurus", "--oidc-name-claim="}, "name a claim"},
		"admin for all":           {[]string{"--admin-listen=:0"}, "--insecure-admin-listen"},
		"admin for all, with TLS": {[]string{cert, key, "--listen=:0", "--insecure-listen", "--admin-listen=:0"}, "--insecure-admin-listen"},
	} {
		t.Run(name, func(t *testing.T) {
			nats := "nats://127.0.0.1:1"
			if name == "a key of another" {
				nats = withLog(t, natstest.Start(t)).URL() // The files are read last.
			}
			p := start(t, api.New(), append([]string{"--nats=" + nats}, row.args...)...)
			if status := <-p.status; status != service.ExitUsage || !strings.Contains(p.out.String(), row.says) {
				t.Errorf("status %d: %s, want %q", status, p.out, row.says)
			}
		})
	}
}

// TestAPIOverTLS is the process with its files.
func TestAPIOverTLS(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	ca := certtest.New(t)
	ca.Issue("api", x509.Certificate{})
	p := start(t, api.New(), "--nats="+nats.URL(), "--listen=0.0.0.0:0", "--tls-cert="+ca.File("api"), "--tls-key="+ca.Key("api"))
	_, port, _ := strings.Cut(strings.TrimPrefix(p.ready().Address, "[::]"), ":")
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}, DisableKeepAlives: true}}
	resp, err := client.Get("https://127.0.0.1:" + port + "/v2/version")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	if err := os.WriteFile(ca.Key("api"), []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.says("those from before go on")
	p.end()
}

// TestAPIOpenToAllSaysSo in its log, if that is what it was told to be.
func TestAPIOpenToAllSaysSo(t *testing.T) {
	nats := withLog(t, natstest.Start(t))
	p := start(t, api.New(), "--nats="+nats.URL(), "--listen=0.0.0.0:0", "--insecure-listen")
	p.ready()
	p.says("whoever is on the way reads tokens and jobs")
	p.end()
}
