package api_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/internal/certtest"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/servertls"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// secured is a service that speaks TLS, by files that a test changes.
type secured struct {
	*apitest.Rig
	t  *testing.T
	ca *certtest.Authority
}

func newSecured(t *testing.T, change ...func(*api.Options)) *secured {
	t.Helper()
	s := &secured{t: t, ca: certtest.New(t)}
	s.ca.Issue("api", x509.Certificate{DNSNames: []string{"one.example"}})
	server, err := servertls.New(servertls.Options{
		Files: servertls.Files{Cert: s.ca.File("api"), Key: s.ca.Key("api"), ClientCA: s.ca.File("ca")},
		Now:   time.Now, Logger: zerolog.Nop(), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Rig = apitest.New(t, append(change, func(o *api.Options) { o.TLS = server })...)
	return s
}

// client speaks HTTP/2 or HTTP/1.1, on connections of its own.
func (s *secured) client(two bool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.ca.Pool()}, ForceAttemptHTTP2: two}
	if !two {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: testwait.Patience}
}

// got is what was answered; its body is closed when the test ends.
type got struct {
	status int
	proto  string
	names  []string
	body   io.Reader
}

// signedIn is client with a certificate.
func (s *secured) signedIn(name string, template x509.Certificate) *http.Client {
	s.t.Helper()
	s.ca.Issue(name, template)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.ca.Pool(), Certificates: []tls.Certificate{s.ca.Pair(name)}}, ForceAttemptHTTP2: true,
	}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: testwait.Patience}
}

func (s *secured) get(c *http.Client, path string) got {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "https://"+s.API.Addr()+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = resp.Body.Close() })
	return got{status: resp.StatusCode, proto: resp.Proto, names: resp.TLS.PeerCertificates[0].DNSNames, body: resp.Body}
}

// TestTLS serves all that there is over TLS, by HTTP/2 and HTTP/1.1, and goes over to a new
// certificate under a feed that is open.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := newSecured(t)
	s.Create(apitest.OneTask)
	for two, proto := range map[bool]string{true: "HTTP/2.0", false: "HTTP/1.1"} {
		c := s.client(two)
		if got := s.get(c, "/v2/jobs/web"); got.status != http.StatusOK || got.proto != proto {
			t.Errorf("%d by %s, want %s", got.status, got.proto, proto)
		}
		feed := bufio.NewReader(s.get(c, "/v2/events?from=1").body)
		next := func(part string) {
			t.Helper()
			for {
				line, err := feed.ReadString('\n')
				if err != nil {
					t.Fatalf("%s: the feed ended before %s: %v", proto, part, err)
				}
				if strings.Contains(line, part) {
					return
				}
			}
		}
		next("taurus.job.submitted.v1")
		name := "new-" + strings.TrimPrefix(proto, "HTTP/")
		s.ca.Issue("api", x509.Certificate{DNSNames: []string{name}})
		testwait.Until(t, "the new certificate is shown", func() bool {
			return s.get(s.client(two), "/v2/version").names[0] == name
		})
		s.Do("POST", "/v2/jobs", strings.Replace(apitest.OneTask, `"web"`, `"`+name+`"`, 1)).Want(201)
		next(name)
	}
}

// TestPlainHTTPWhereTLSIsSpoken is told what is wrong, and no more.
func TestPlainHTTPWhereTLSIsSpoken(t *testing.T) {
	t.Parallel()
	s := newSecured(t)
	resp, err := http.Get("http://" + s.API.Addr() + "/v2/version")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "HTTPS") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// TestConnectionsOverTLSAreBounded: the bound holds, what is idle gives way, and whoever is
// refused is cut off without a word that they could not read.
func TestConnectionsOverTLSAreBounded(t *testing.T) {
	t.Parallel()
	s := newSecured(t, func(o *api.Options) { o.ConnectionsEach = 2 })
	busy := func() net.Conn {
		t.Helper()
		c, err := tls.Dial("tcp", s.API.Addr(), &tls.Config{RootCAs: s.ca.Pool()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := fmt.Fprintf(c, "GET /v2/events?from=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
			t.Fatalf("%q, %v", line, err)
		}
		return c
	}
	busy()
	first := s.client(true)
	s.get(first, "/v2/version")
	testwait.Until(t, "the one that is idle gives way", func() bool {
		c, err := tls.Dial("tcp", s.API.Addr(), &tls.Config{RootCAs: s.ca.Pool()})
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	second := busy()
	if c, err := tls.Dial("tcp", s.API.Addr(), &tls.Config{RootCAs: s.ca.Pool()}); err == nil {
		_ = c.Close()
		t.Error("a connection beyond the bound is let in")
	}
	_ = second.Close()
	testwait.Until(t, "there is room again", func() bool {
		c, err := tls.Dial("tcp", s.API.Addr(), &tls.Config{RootCAs: s.ca.Pool()})
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// TestSigningInByCertificate: whoever has one is known by it, may do what the roles of its
// units grant, and is let go when it is over; a token that is shown, too, goes first.
func TestSigningInByCertificate(t *testing.T) {
	t.Parallel()
	s := newSecured(t, func(o *api.Options) { o.Anonymous = "none" })
	spec, err := job.DecodeJSON([]byte(apitest.OneTask))
	if err != nil {
		t.Fatal(err)
	}
	spec.Normalise()
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	s.put(s.Space.Job("web"), events.JobSubmitted{Spec: data})
	s.put(events.AccessSubject, events.GroupBound{Group: "cert:ops", Roles: []string{access.RoleReader}})
	ann := s.signedIn("ann", x509.Certificate{Subject: pkix.Name{CommonName: "ann", OrganizationalUnit: []string{"ops"}}})
	bob := s.signedIn("bob", x509.Certificate{Subject: pkix.Name{CommonName: "bob", OrganizationalUnit: []string{"shop"}}})
	for _, row := range []struct {
		who    *http.Client
		path   string
		status int
	}{
		{s.client(true), "/v2/jobs/web", 401},
		{ann, "/v2/jobs/web", 200},
		{bob, "/v2/jobs/web", 404},
		{bob, "/v2/jobs", 403},
		{ann, "/v2/tokens", 403},
	} {
		if got := s.get(row.who, row.path); got.status != row.status {
			body, _ := io.ReadAll(got.body)
			t.Errorf("%s: %d, want %d: %s", row.path, got.status, row.status, body)
		}
	}
	body, err := io.ReadAll(s.get(ann, "/v2/whoami").body)
	for _, part := range []string{`"name":"ann"`, `"by":"certificate"`, `"cert:ops"`} {
		if err != nil || !strings.Contains(string(body), part) {
			t.Errorf("no %s in %s, %v", part, body, err)
		}
	}
	short := s.signedIn("short", x509.Certificate{
		Subject:   pkix.Name{CommonName: "short", OrganizationalUnit: []string{"ops"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(3 * time.Second),
	})
	feed := s.get(short, "/v2/events?from=1")
	if feed.status != http.StatusOK {
		t.Fatalf("the feed: %d", feed.status)
	}
	if rest, err := io.ReadAll(feed.body); err != nil || !strings.Contains(string(rest), "problem:credential") {
		t.Errorf("the feed ended with %v: %s", err, rest)
	}
	if got := s.get(short, "/v2/jobs/web").status; got != http.StatusUnauthorized {
		t.Errorf("on the same connection, once it is over: %d", got)
	}
}

// put appends an event, and waits until it is folded.
func (s *secured) put(subject string, ev events.Event) {
	s.t.Helper()
	m, err := events.Encode(subject, events.Envelope{ID: subject, Source: "test", Time: time.Now()}, ev)
	if err != nil {
		s.t.Fatal(err)
	}
	receipt, err := s.Log.Append(s.t.Context(), eventlog.Fact(m))
	if err != nil {
		s.t.Fatal(err)
	}
	testwait.Until(s.t, "it is folded", func() bool { return s.API.Sequence() >= receipt.Last })
}
