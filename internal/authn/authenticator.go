package authn

import (
	"errors"
	"net/http"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// Authenticator finds out who asks by one kind of credential. It is safe for concurrent
// use, and does no I/O that takes long: requests wait for it.
type Authenticator interface {
	// Authenticate tells who asks, by what is known of access at a time. With ok false the
	// request has no credential of its kind; an error that it has one which is no good, and
	// says why in words that tell nothing of it.
	Authenticate(r *http.Request, s *access.State, now time.Time) (p access.Principal, ok bool, err error)
}

// Chain asks one after the other.
type Chain []Authenticator

// ErrCredential is returned for credentials that nobody here knows how to look at.
var ErrCredential = errors.New("the Authorization header is of no kind that is taken here; send a token as Bearer, or as the password of Basic")

// Error is why a credential is no good.
type Error struct {
	// Kind is of which kind it is, Reason why.
	Kind   access.Means
	Reason error
}

// Error says why.
func (e *Error) Error() string { return e.Reason.Error() }

// Unwrap is why.
func (e *Error) Unwrap() error { return e.Reason }

// Authenticate implements Authenticator: the first that knows counts. A header that nobody
// takes is never taken for nothing, also of who shows something else that is good.
func (c Chain) Authenticate(r *http.Request, s *access.State, now time.Time) (access.Principal, bool, error) {
	for _, a := range c {
		p, ok, err := a.Authenticate(r, s, now)
		if ok && p.By != access.BearerToken && p.By != access.OIDC && len(r.Header.Values("Authorization")) > 0 {
			return access.Principal{}, false, &Error{Kind: access.BearerToken, Reason: ErrCredential}
		}
		if ok || err != nil {
			return p, ok, err
		}
	}
	return access.Principal{}, false, nil
}
