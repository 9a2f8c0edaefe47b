package servertls_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/certtest"
	"github.com/milosgajdos/taurus/internal/servertls"
)

// rig is a server whose files a test changes.
type rig struct {
	*testing.T
	*servertls.Server
	ca      *certtest.Authority
	config  *tls.Config
	now     time.Time
	lines   bytes.Buffer
	metrics *prometheus.Registry
}

func newRig(t *testing.T, clients bool) *rig {
	t.Helper()
	r := &rig{T: t, ca: certtest.New(t), now: time.Now(), metrics: prometheus.NewRegistry()}
	r.ca.Issue("api", x509.Certificate{DNSNames: []string{"One.example"}})
	o := r.options()
	if clients {
		o.ClientCA = r.ca.File("ca")
	}
	var err error
	if r.Server, err = servertls.New(o); err != nil {
		t.Fatal(err)
	}
	r.config = r.Config()
	return r
}

func (r *rig) options() servertls.Options {
	return servertls.Options{
		Files: servertls.Files{Cert: r.ca.File("api"), Key: r.ca.Key("api")},
		Now:   func() time.Time { return r.now }, Logger: zerolog.New(&r.lines), Metrics: r.metrics,
	}
}

// later is after the files are looked at next.
func (r *rig) later() { r.now = r.now.Add(time.Second) }

func (r *rig) unusable(want int) {
	r.Helper()
	text := fmt.Sprintf("# HELP taurus_api_certificate_unusable_total Times that the files of certificate, key or authorities had changed and could not be used; "+
		"what was there before goes on.\n# TYPE taurus_api_certificate_unusable_total counter\ntaurus_api_certificate_unusable_total %d\n", want)
	if err := testutil.GatherAndCompare(r.metrics, strings.NewReader(text), "taurus_api_certificate_unusable_total"); err != nil {
		r.Error(err)
	}
}

func (r *rig) names(want string) {
	r.Helper()
	if got := r.State().Names(); !slices.Equal(got, []string{want}) {
		r.Errorf("names %v, want %s", got, want)
	}
}

// shake has a client and the server meet, and gives what the client makes of it.
func (r *rig) shake(client *tls.Config) (tls.ConnectionState, error) {
	r.Helper()
	client.RootCAs, client.ServerName = r.ca.Pool(), "127.0.0.1"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			server := tls.Server(conn, r.config)
			_, err = server.Write([]byte("x"))
			err = errors.Join(err, server.Close())
		}
		served <- err
	}()
	c, err := tls.Dial("tcp", listener.Addr().String(), client)
	if err == nil {
		// A refusal of the client's certificate shows with the first byte only.
		_, err = io.ReadAll(c)
		defer func() { _ = c.Close() }()
	}
	errServer := <-served
	if err := listener.Close(); err != nil {
		r.Error(err)
	}
	if err != nil {
		return tls.ConnectionState{}, err
	}
	return c.ConnectionState(), errServer
}

func TestFilesAreReadAnew(t *testing.T) {
	r := newRig(t, false)
	r.names("one.example")
	r.ca.Issue("api", x509.Certificate{DNSNames: []string{"two.example"}})
	r.names("one.example") // It has just been looked.
	r.later()
	r.names("two.example")
	if got, err := r.shake(&tls.Config{}); err != nil || got.PeerCertificates[0].DNSNames[0] != "two.example" {
		t.Errorf("%v, %v", got.PeerCertificates, err)
	}
	if !strings.Contains(r.lines.String(), `"names":["two.example"]`) {
		t.Errorf("logged %s", &r.lines)
	}
	r.unusable(0)
}

// TestBrokenFilesChangeNothing: whatever is in them, the pair of before goes on, and it is
// told once for each change.
func TestBrokenFilesChangeNothing(t *testing.T) {
	r := newRig(t, true)
	r.ca.Issue("other", x509.Certificate{})
	other, err := os.ReadFile(r.ca.Key("other"))
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(r.ca.Key("api"))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := os.ReadFile(r.ca.File("api"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(file string, data []byte) {
		t.Helper()
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	broken := 0
	for name, change := range map[string]func(){
		"a key of another": func() { write(r.ca.Key("api"), other) },
		"half a key":       func() { write(r.ca.Key("api"), good[:len(good)/2]) },
		"no key": func() {
			if err := os.Remove(r.ca.Key("api")); err != nil {
				t.Fatal(err)
			}
		},
		"an empty certificate": func() { write(r.ca.File("api"), nil) },
		"no certificate":       func() { write(r.ca.File("api"), []byte("hello")) },
		"no authority":         func() { write(r.ca.File("ca"), []byte("hello")) },
	} {
		ca, err := os.ReadFile(r.ca.File("ca"))
		if err != nil {
			t.Fatal(err)
		}
		change()
		broken++
		for range 3 {
			r.later()
			r.names("one.example")
			if _, err := r.shake(&tls.Config{}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.unusable(broken)
		if n := strings.Count(r.lines.String(), `"level":"error"`); n != broken {
			t.Errorf("%s: told %d times, want %d: %s", name, n, broken, &r.lines)
		}
		write(r.ca.Key("api"), good)
		write(r.ca.File("api"), cert)
		write(r.ca.File("ca"), ca)
		r.later()
		r.names("one.example")
	}
	if strings.Contains(r.lines.String(), "read anew") {
		t.Errorf("nothing was changed in the end: %s", &r.lines)
	}
}

func TestFilesThatCannotBeUsedAtTheStart(t *testing.T) {
	r := newRig(t, false)
	for name, change := range map[string]func(*servertls.Options){
		"the certificate":             func(o *servertls.Options) { o.Cert = "/nowhere" },
		"the key":                     func(o *servertls.Options) { o.Key = "/nowhere" },
		"certificate and key":         func(o *servertls.Options) { o.Key = r.ca.Key("ca") },
		"the authorities of clients":  func(o *servertls.Options) { o.ClientCA = "/nowhere" },
		"the file has no PEM certifi": func(o *servertls.Options) { o.ClientCA = r.ca.Key("ca") },
	} {
		o := r.options()
		o.Metrics = prometheus.NewRegistry()
		change(&o)
		if _, err := servertls.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWatchLooksThoughNobodyComes at the files, as often as it may.
func TestWatchLooksThoughNobodyComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, false)
		r.now = time.Time{}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go r.Watch(ctx)
		if err := os.Remove(r.ca.Key("api")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		r.unusable(1)
	})
}

func TestCertificateThatIsOver(t *testing.T) {
	r := newRig(t, false)
	r.ca.Issue("api", x509.Certificate{NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
	r.later()
	if r.State(); !strings.Contains(r.lines.String(), "not valid at this time") {
		t.Errorf("logged %s", &r.lines)
	}
	if got := testutil.CollectAndCount(r.metrics, "taurus_api_certificate_expires_timestamp_seconds"); got != 1 {
		t.Errorf("%d metrics of when it is over", got)
	}
}

// TestWhatIsSpoken: nothing older than TLS 1.2, and HTTP/2 to who knows it.
func TestWhatIsSpoken(t *testing.T) {
	r := newRig(t, false)
	if _, err := r.shake(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	for version, protocol := range map[uint16]string{tls.VersionTLS12: "h2", tls.VersionTLS13: "http/1.1"} {
		got, err := r.shake(&tls.Config{MaxVersion: version, NextProtos: []string{protocol}})
		if err != nil || got.Version != version || got.NegotiatedProtocol != protocol {
			t.Errorf("%x %s: %x %q, %v", version, protocol, got.Version, got.NegotiatedProtocol, err)
		}
	}
	if _, err := r.shake(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}); err == nil {
		t.Error("a suite without forward secrecy is spoken")
	}
}

// TestClientCertificates are asked for, not wanted, and have to be of an authority that
// holds now: one that is taken away takes also the sessions that could be gone on with.
func TestClientCertificates(t *testing.T) {
	r := newRig(t, true)
	r.ca.Issue("ann", x509.Certificate{})
	stranger := certtest.New(t)
	stranger.Issue("eve", x509.Certificate{})
	if _, err := r.shake(&tls.Config{}); err != nil {
		t.Errorf("without: %v", err)
	}
	sessions := tls.NewLRUClientSessionCache(1)
	ann := &tls.Config{Certificates: []tls.Certificate{r.ca.Pair("ann")}, ClientSessionCache: sessions}
	if _, err := r.shake(ann); err != nil {
		t.Errorf("of ours: %v", err)
	}
	if got, err := r.shake(ann); err != nil || !got.DidResume {
		t.Errorf("again: resumed %v, %v", got.DidResume, err)
	}
	eve := stranger.Pair("eve")
	forged := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &eve, nil }
	if _, err := r.shake(&tls.Config{GetClientCertificate: forged}); err == nil {
		t.Error("a certificate of a stranger is taken")
	}
	data, err := os.ReadFile(stranger.File("ca"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.ca.File("ca"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	r.later()
	mine := r.ca.Pair("ann")
	ann = &tls.Config{ClientSessionCache: sessions, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &mine, nil }}
	if got, err := r.shake(ann); err == nil {
		t.Errorf("of an authority that is gone: resumed %v", got.DidResume)
	}
}
