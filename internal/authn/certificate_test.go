package authn_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/certtest"
	"github.com/milosgajdos/taurus/internal/core/access"
)

// shown is a request by a certificate that the server took when the connection began.
func shownBy(t *testing.T, ca *certtest.Authority, template x509.Certificate) *tls.ConnectionState {
	t.Helper()
	ca.Issue("client", template)
	leaf := ca.Pair("client").Leaf
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots: ca.Pool(), CurrentTime: leaf.NotBefore.Add(time.Second), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: chains}
}

func TestCertificate(t *testing.T) {
	ca, now := certtest.New(t), time.Now()
	subject := func(name string, units ...string) x509.Certificate {
		return x509.Certificate{Subject: pkix.Name{CommonName: name, OrganizationalUnit: units}}
	}
	uri, err := url.Parse("spiffe://example/ann")
	if err != nil {
		t.Fatal(err)
	}
	full := subject("ann", "ops", "shop", "b\u200bad")
	full.EmailAddresses = []string{"ann@example.com"}
	mail := full
	full.URIs = []*url.URL{uri}
	for what, row := range map[string]struct {
		template x509.Certificate
		at       time.Time
		name     string
		groups   []string
		wrong    string
	}{
		"common name":      {template: subject("ann", "ops"), name: "ann", groups: []string{"cert:ops"}},
		"e-mail":           {template: mail, name: "ann@example.com", groups: []string{"cert:ops", "cert:shop"}},
		"uri":              {template: full, name: "spiffe://example/ann", groups: []string{"cert:ops", "cert:shop"}},
		"hidden":           {template: subject("ad\u200bmin"), wrong: "names nobody"},
		"no name":          {template: subject("", "ops"), wrong: "names nobody"},
		"a long name":      {template: subject(strings.Repeat("a", access.NameBytes+1)), wrong: "names nobody"},
		"over by now":      {template: subject("ann"), at: now.Add(2 * time.Hour), wrong: "not valid at this time"},
		"not yet":          {template: subject("ann"), at: now.Add(-2 * time.Hour), wrong: "not valid at this time"},
		"over at that end": {template: subject("ann"), at: now.Add(time.Hour + time.Second), wrong: "not valid at this time"},
	} {
		t.Run(what, func(t *testing.T) {
			if row.at.IsZero() {
				row.at = now
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.TLS = shownBy(t, ca, row.template)
			p, ok, err := authn.Certificate{Authorities: ca.Pool}.Authenticate(r, &access.State{}, row.at)
			if row.wrong != "" {
				if ok || err == nil || !strings.Contains(err.Error(), row.wrong) {
					t.Errorf("%+v, %v, %v", p, ok, err)
				}
				return
			}
			if err != nil || !ok || p.Name != row.name || p.By != access.Certificate || !slices.Equal(p.Groups, row.groups) || len(p.Roles) != 0 {
				t.Errorf("%+v, %v, %v", p, ok, err)
			}
			if want := fmt.Sprintf("%x", sha256.Sum256(r.TLS.PeerCertificates[0].Raw)); p.Fingerprint != want || p.Credential() != want {
				t.Errorf("the fingerprint is %s, want %s", p.Fingerprint, want)
			}
			if want := r.TLS.VerifiedChains[0][1].NotAfter; !p.Expires.Equal(want) && !p.Expires.Equal(r.TLS.PeerCertificates[0].NotAfter) {
				t.Errorf("expires %v, want %v", p.Expires, want)
			}
		})
	}
}

// TestCertificateOfAnAuthorityThatIsGone is not taken on a connection that is older.
func TestCertificateOfAnAuthorityThatIsGone(t *testing.T) {
	ca, other := certtest.New(t), certtest.New(t)
	r := httptest.NewRequest("GET", "/", nil)
	r.TLS = shownBy(t, ca, x509.Certificate{})
	for what, authorities := range map[string]func() *x509.CertPool{"another": other.Pool, "none": func() *x509.CertPool { return nil }} {
		p, ok, err := authn.Certificate{Authorities: authorities}.Authenticate(r, &access.State{}, time.Now())
		if ok || err == nil || !strings.Contains(err.Error(), "not one of --client-ca any more") {
			t.Errorf("%s: %+v, %v, %v", what, p, ok, err)
		}
	}
}

// TestNoCertificate says nothing of who asks, and a chain that nobody verified is none.
func TestNoCertificate(t *testing.T) {
	ca := certtest.New(t)
	r := httptest.NewRequest("GET", "/", nil)
	for _, state := range []*tls.ConnectionState{nil, {}} {
		r.TLS = state
		if p, ok, err := (authn.Certificate{Authorities: ca.Pool}).Authenticate(r, &access.State{}, time.Now()); ok || err != nil {
			t.Errorf("%+v, %v", p, err)
		}
	}
	r.TLS = shownBy(t, ca, x509.Certificate{})
	r.TLS.VerifiedChains = nil
	if p, ok, err := (authn.Certificate{Authorities: ca.Pool}).Authenticate(r, &access.State{}, time.Now()); ok || err == nil {
		t.Errorf("not verified: %+v", p)
	}
}
