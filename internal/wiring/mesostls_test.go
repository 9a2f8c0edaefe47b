package wiring_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	launcher "github.com/milosgajdos/taurus/services/launcher/command"
)

// TestMesosOverTLS has a master that wants certificates and secrets of its
// clients, and refuses them all once it has seen them.
func TestMesosOverTLS(t *testing.T) {
	a := newAuthority(t)
	a.issue("server", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	a.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	pair, err := tls.LoadX509KeyPair(a.file("server"), a.file("server-key"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan string, 100)
	master := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		seen <- r.TLS.PeerCertificates[0].Subject.CommonName + " " + user + " " + password
		w.WriteHeader(http.StatusUnauthorized)
	}))
	master.TLS = &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair},
		ClientCAs: x509.NewCertPool(), ClientAuth: tls.RequireAndVerifyClientCert,
	}
	master.TLS.ClientCAs.AddCert(a.root())
	master.StartTLS()
	defer master.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	nats := withLog(t, natstest.Start(t))
	for _, trust := range []string{"--mesos-ca=" + a.file("ca"), "--mesos-insecure"} {
		l := start(t, launcher.New(), "--nats="+nats.URL(), "--master="+master.Listener.Addr().String(), trust,
			"--mesos-cert="+a.file("client"), "--mesos-key="+a.file("client-key"), "--principal=p", "--secret-file="+secret)
		l.says("not subscribed")
		l.end()
		select {
		case got := <-seen:
			if got != "client p s3cret" {
				t.Errorf("%s: the master saw %q", trust, got)
			}
		default:
			t.Errorf("%s: the master saw nobody: %s", trust, l.out)
		}
		for len(seen) > 0 {
			<-seen
		}
	}
}
