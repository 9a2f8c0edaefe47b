package authn

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/visible"
)

// GroupOfUnit begins the names of groups that certificates put their owners in: that of the
// organisational unit "ops" is "cert:ops".
const GroupOfUnit = "cert:"

var (
	errCertExpired   = errors.New("the client's certificate, or one between it and its authority, is not valid at this time")
	errCertAuthority = errors.New("the authority of the client's certificate is not one of --client-ca any more")
	errCertName      = errors.New("the client's certificate names nobody: it has to have a URI, an e-mail address or a common name that can be read")
)

// Certificate takes the certificates of clients, which TLS has held against the authorities
// when the connection began.
type Certificate struct {
	// Authorities are those of now; nil for none.
	Authorities func() *x509.CertPool
}

// Authenticate implements Authenticator. The error is an *Error.
func (a Certificate) Authenticate(r *http.Request, _ *access.State, now time.Time) (access.Principal, bool, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return access.Principal{}, false, nil
	}
	until, err := a.valid(r.TLS.VerifiedChains, now)
	if err != nil {
		return access.Principal{}, false, &Error{Kind: access.Certificate, Reason: err}
	}
	leaf := r.TLS.PeerCertificates[0]
	name := ownerOf(leaf)
	if name == "" {
		return access.Principal{}, false, &Error{Kind: access.Certificate, Reason: errCertName}
	}
	fingerprint := sha256.Sum256(leaf.Raw)
	p := access.Principal{Name: name, By: access.Certificate, Fingerprint: hex.EncodeToString(fingerprint[:]), Expires: until}
	for _, unit := range leaf.Subject.OrganizationalUnit {
		if group := GroupOfUnit + unit; readable(group) {
			p.Groups = append(p.Groups, group)
		}
	}
	return p, true, nil
}

// valid returns until when one of the chains is, none of which may lead to an authority that
// was taken away: connections outlive what they began with.
func (a Certificate) valid(chains [][]*x509.Certificate, now time.Time) (until time.Time, err error) {
	authorities, err := a.Authorities(), errCertExpired
	for _, chain := range chains {
		end := chain[0].NotAfter
		valid := true
		for _, c := range chain {
			valid = valid && !now.Before(c.NotBefore) && now.Before(c.NotAfter)
			if c.NotAfter.Before(end) {
				end = c.NotAfter
			}
		}
		if !valid {
			continue
		}
		if !known(chain[len(chain)-1], authorities, now) {
			err = errCertAuthority
			continue
		}
		if end.After(until) {
			until = end
		}
	}
	if !until.IsZero() {
		return until, nil
	}
	return until, err
}

// known reports whether an authority is one of those given.
func known(root *x509.Certificate, authorities *x509.CertPool, now time.Time) bool {
	if authorities == nil {
		return false
	}
	_, err := root.Verify(x509.VerifyOptions{Roots: authorities, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}

// ownerOf is the first URI of a certificate, as SPIFFE has it, else its first e-mail address,
// else its common name; empty if that cannot be read.
func ownerOf(c *x509.Certificate) string {
	name := c.Subject.CommonName
	switch {
	case len(c.URIs) > 0:
		name = c.URIs[0].String()
	case len(c.EmailAddresses) > 0:
		name = c.EmailAddresses[0]
	}
	if !readable(name) {
		return ""
	}
	return name
}

// readable reports whether a name may stand in the log.
func readable(name string) bool {
	return name != "" && len(name) <= access.NameBytes && visible.NameFault(name) == ""
}
