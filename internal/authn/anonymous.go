package authn

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// Whom Anonymous may let in; any other word is the role of whoever asks.
const (
	// Nobody may do nothing without signing in.
	Nobody = "none"
	// Loopback has who asks on this machine have the role anonymous.
	Loopback = "loopback"
)

// NameOfAnonymous is what the log calls them.
const NameOfAnonymous = "anonymous"

// Anonymous is who says nothing of themselves. It comes last: a credential that nobody took
// is an error.
type Anonymous string

// Authenticate implements Authenticator. The error is an *Error.
func (a Anonymous) Authenticate(r *http.Request, _ *access.State, _ time.Time) (access.Principal, bool, error) {
	if len(r.Header.Values("Authorization")) > 0 {
		return access.Principal{}, false, &Error{Kind: access.BearerToken, Reason: ErrCredential}
	}
	p := access.Principal{Name: NameOfAnonymous, By: access.Anonymous}
	switch a {
	case Nobody, "":
	case Loopback:
		if onThisMachine(r) {
			p.Roles = []string{access.RoleAnonymous}
		}
	default:
		p.Roles = []string{string(a)}
	}
	return p, true, nil
}

// onThisMachine reports whether a request was made on this machine. What comes by a proxy is
// somebody else's, wherever the proxy is.
func onThisMachine(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if len(r.Header.Values(header)) > 0 {
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
