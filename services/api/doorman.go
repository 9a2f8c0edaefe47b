package api

import (
	"crypto/x509"
	"net/http"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/internal/servertls"
	"github.com/milosgajdos/taurus/services/api/web"
)

// doorman knows who asks, by what is folded.
type doorman struct {
	live  *projection.Projection
	chain authn.Chain
	now   func() time.Time
}

// newDoorman believes tokens, and certificates of clients where connections are secured so;
// it takes who shows nothing for what anonymous says.
func newDoorman(live *projection.Projection, secure *servertls.Server, anonymous string, now func() time.Time) *doorman {
	chain := authn.Chain{authn.Bearer{}}
	if secure != nil {
		chain = append(chain, authn.Certificate{Authorities: func() *x509.CertPool { return secure.State().ClientCAs }})
	}
	return &doorman{live: live, chain: append(chain, authn.Anonymous(anonymous)), now: now}
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
