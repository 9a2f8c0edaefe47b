package wiring_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/milosgajdos/taurus/internal/service"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	planner "github.com/milosgajdos/taurus/services/planner/command"
)

// authority signs certificates and writes them down as PEM files.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	der  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.issue("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name+".pem") }

// issue writes name.pem and name-key.pem; the first signs itself and the others.
func (a *authority) issue(name string, template *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	if a.cert == nil {
		a.cert, a.key = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.der == nil {
		a.der = der
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name, "CERTIFICATE", der)
	a.write(name+"-key", "PRIVATE KEY", secret)
}

// root is the certificate of the authority as others read it.
func (a *authority) root() *x509.Certificate {
	a.t.Helper()
	cert, err := x509.ParseCertificate(a.der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// TestNATSOverTLS has a server that wants certificates of its clients.
func TestNATSOverTLS(t *testing.T) {
	a := newAuthority(t)
	a.issue("server", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	a.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	conf, err := server.GenTLSConfig(&server.TLSConfigOpts{
		CertFile: a.file("server"), KeyFile: a.file("server-key"), CaFile: a.file("ca"), Verify: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	nats := natstest.Start(t, func(o *server.Options) {
		o.TLSConfig, o.TLSVerify, o.TLSTimeout = conf, true, 10
	})
	address := strings.Replace(nats.URL(), "nats://", "tls://", 1)
	known := []string{"--nats=" + address, "--nats-ca=" + a.file("ca"), "--nats-cert=" + a.file("client"), "--nats-key=" + a.file("client-key")}
	for _, args := range [][]string{
		known[:1:1], // trusts the system's authorities
		known[:2:2], // shows no certificate
	} {
		stranger := start(t, planner.New(), append(args, "--start-timeout=500ms")...)
		if status := <-stranger.status; status == service.ExitOK {
			t.Errorf("%q came up: %s", args, stranger.out)
		}
	}
	withLog(t, nats, known...)
	p := start(t, planner.New(), known...)
	p.ready()
	// The certificate is renewed by another authority, the only one that the
	// server trusts from now on: the next connection has to show the new one.
	other := newAuthority(t)
	other.dir = a.dir
	other.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	conf.ClientCAs = x509.NewCertPool()
	conf.ClientCAs.AddCert(other.root())
	nats.Restart(t)
	p.says("connected to NATS again")
	p.end()
}
