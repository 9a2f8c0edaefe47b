package api

import (
	"crypto/x509"
	"net/http"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/web"
)

// doorman knows who asks, by what is folded.
type doorman struct {
	live  *projection.Projection
	chain authn.Chain
	now   func() time.Time
}

// newDoorman believes tokens, JWTs of an issuer and certificates of clients, as far as options
// have them; it takes who shows nothing for what is said of anonymous.
func newDoorman(live *projection.Projection, o *Options) *doorman {
	chain := authn.Chain{authn.Bearer{}}
	if o.OIDC != nil {
		chain = append(chain, o.OIDC)
	}
	if o.TLS != nil {
		chain = append(chain, authn.Certificate{Authorities: func() *x509.CertPool { return o.TLS.State().ClientCAs }})
	}
	return &doorman{live: live, chain: append(chain, authn.Anonymous(o.Anonymous)), now: o.Now}
}

// Who implements web.Access.
func (d *doorman) Who(r *http.Request) (access.Principal, error) {
	state, _ := d.live.Access()
	p, _, err := d.chain.Authenticate(r, state, d.now())
	return p, err
}

// Standing implements web.Access.
func (d *doorman) Standing(p access.Principal) (web.Standing, error) {
	state, changed := d.live.Access()
	if err := state.Good(p, d.now()); err != nil {
		return web.Standing{}, err
	}
	return web.Standing{Grants: state.Grants(p), Until: p.Expires, Changed: changed}, nil
}
