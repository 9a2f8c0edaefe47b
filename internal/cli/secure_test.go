package cli_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/certtest"
	"github.com/milosgajdos/taurus/internal/cli"
)

// TestOverTLS: the authorities of the API and the certificate to sign in with come from flags
// or the environment; what is wrong with them is told by name.
func TestOverTLS(t *testing.T) {
	ca := certtest.New(t)
	ca.Issue("api", x509.Certificate{})
	ca.Issue("ann", x509.Certificate{Subject: pkix.Name{CommonName: "ann"}})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"name":%q,"by":"certificate","roles":[],"groups":[],"grants":[]}`, name)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Pair("api")}, ClientCAs: ca.Pool(), ClientAuth: tls.VerifyClientCertIfGiven}
	server.StartTLS()
	defer server.Close()
	full := map[string]string{"TAURUS_CA": ca.File("ca"), "TAURUS_CLIENT_CERT": ca.File("ann"), "TAURUS_CLIENT_KEY": ca.Key("ann")}
	for what, row := range map[string]struct {
		env    map[string]string
		args   []string
		status int
		says   string
	}{
		"flags":         {nil, []string{"--ca", ca.File("ca"), "--client-cert", ca.File("ann"), "--client-key", ca.Key("ann")}, cli.ExitOK, "ann"},
		"environment":   {full, nil, cli.ExitOK, "ann"},
		"a flag first":  {full, []string{"--ca", ca.File("api"), "--client-key", "/nowhere"}, cli.ExitUsage, "--client-cert"},
		"no authority":  {nil, nil, cli.ExitUnreachable, "certificate"},
		"anonymous":     {nil, []string{"--ca", ca.File("ca")}, cli.ExitOK, "nobody"},
		"no such file":  {nil, []string{"--ca", "/nowhere"}, cli.ExitUsage, "--ca /nowhere"},
		"no authority'": {nil, []string{"--ca", ca.Key("ca")}, cli.ExitUsage, "no PEM certificate"},
		"half a pair":   {nil, []string{"--client-cert", ca.File("ann")}, cli.ExitUsage, "give both"},
		"another's key": {nil, []string{"--client-cert", ca.File("ann"), "--client-key", ca.Key("api")}, cli.ExitUsage, "--client-cert"},
	} {
		t.Run(what, func(t *testing.T) {
			var out, errs bytes.Buffer
			home := t.TempDir()
			app := &cli.App{In: strings.NewReader(""), Out: &out, Err: &errs, Now: time.Now, AskPatience: time.Second, Getenv: func(name string) string {
				if name == "HOME" {
					return home
				}
				return row.env[name]
			}}
			status := app.Run(t.Context(), append([]string{"whoami", "--api", server.URL}, row.args...))
			if text := out.String() + errs.String(); status != row.status || !strings.Contains(text, row.says) {
				t.Errorf("status %d, want %d: %s, want %q in it", status, row.status, text, row.says)
			}
		})
	}
}

// TestSignInOverTLS: signing in trusts the API by the authority that is named, as all else does.
func TestSignInOverTLS(t *testing.T) {
	ca := certtest.New(t)
	ca.Issue("api", x509.Certificate{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"name":"ann","by":"token","roles":["admin"],"groups":[],"grants":[]}`)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Pair("api")}}
	server.StartTLS()
	defer server.Close()
	for authority, want := range map[string]int{ca.File("ca"): cli.ExitOK, "": cli.ExitUnreachable} {
		var errs bytes.Buffer
		home := t.TempDir()
		app := &cli.App{In: strings.NewReader("some-token\n"), Out: &errs, Err: &errs, Now: time.Now, AskPatience: time.Second, Getenv: func(name string) string {
			return map[string]string{"HOME": home, "TAURUS_CA": authority}[name]
		}}
		if status := app.Run(t.Context(), []string{"login", "--api", server.URL, "--token-file", "-"}); status != want {
			t.Errorf("with the authority %q: status %d, want %d: %s", authority, status, want, errs.String())
		}
	}
}
