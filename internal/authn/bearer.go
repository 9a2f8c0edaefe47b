package authn

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// errTwice is returned for a request that says twice who asks.
var errTwice = errors.New("there are two Authorization headers; send one")

// Bearer takes tokens of taurus': as a bearer (RFC 6750, 2.1), or as the password of basic
// authentication, for clients that know no other. The user of that counts for nothing.
type Bearer struct{}

// Authenticate implements Authenticator. The error is an *Error.
func (Bearer) Authenticate(r *http.Request, s *access.State, now time.Time) (access.Principal, bool, error) {
	text, err := shown(r)
	if err != nil || !IsToken(text) {
		return access.Principal{}, false, err
	}
	token, err := ParseToken(text)
	if err != nil {
		return access.Principal{}, false, &Error{Kind: access.BearerToken, Reason: access.ErrUnknownToken}
	}
	p, err := s.Bearer(token.ID, token.Hash(), now)
	if err != nil {
		return access.Principal{}, false, &Error{Kind: access.BearerToken, Reason: err}
	}
	return p, true, nil
}

// shown is what a request shows as a bearer or as a password; empty if neither.
func shown(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return "", &Error{Kind: access.BearerToken, Reason: errTwice}
	}
	if _, password, ok := r.BasicAuth(); ok {
		return password, nil
	}
	return BearerOf(r), nil
}

// BearerOf is the bearer token of a request, of whatever kind; empty if there is none.
func BearerOf(r *http.Request) string {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(text)
}
