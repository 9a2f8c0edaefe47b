package authn

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
)

const (
	// skew is how far the clocks of an issuer and of this machine may be apart.
	skew = 30 * time.Second
	// groupsMax bounds the groups of one JWT that are looked at.
	groupsMax = 1000
)

var (
	errClaims   = errors.New("the JWT's claims cannot be read")
	errIssuer   = errors.New("the JWT is of another issuer")
	errAudience = errors.New("the JWT is for another audience")
	errOver     = errors.New("the JWT has expired")
	errNoEnd    = errors.New("the JWT never expires; only such as do are taken")
	errNotYet   = errors.New("the JWT is not valid yet")
	errUnnamed  = errors.New("the JWT does not say who it is of in the claim that is looked at, or in a way that nobody could read")
	errMail     = errors.New("the JWT says that its e-mail address is not verified")
)

// OIDC takes the JWTs of one issuer (OpenID Connect Core 1.0, RFC 7519) as bearers.
type OIDC struct {
	Issuer *Issuer
	// Audience is for whom JWTs have to be.
	Audience string
	// NameClaim says who somebody is, GroupsClaim what they are in.
	NameClaim, GroupsClaim string
}

// Authenticate implements Authenticator. The error is an *Error.
func (o *OIDC) Authenticate(r *http.Request, _ *access.State, now time.Time) (access.Principal, bool, error) {
	text := BearerOf(r)
	if text == "" || IsToken(text) {
		return access.Principal{}, false, nil
	}
	p, err := o.read(r, text, now)
	if err != nil {
		return access.Principal{}, false, &Error{Kind: access.OIDC, Reason: err}
	}
	return p, true, nil
}

// claims are those of a JWT by name, which is told by each of its letters.
type claims map[string]json.RawMessage

// get reads a claim, and reports whether it is there and can be read.
func (c claims) get(name string, into any) bool {
	data, there := c[name]
	return there && json.Unmarshal(data, into) == nil
}

// words are one or several.
type words []string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w)) //nolint:wrapcheck // Nobody is told.
}

func (o *OIDC) read(r *http.Request, text string, now time.Time) (access.Principal, error) {
	payload, err := o.Issuer.open(r.Context(), text)
	if err != nil {
		return access.Principal{}, err
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil {
		return access.Principal{}, errClaims
	}
	var (
		issuer     string
		audience   words
		end, begin float64
		verified   bool
	)
	switch {
	case !c.get("iss", &issuer) || issuer != o.Issuer.url:
		return access.Principal{}, errIssuer
	case !c.get("aud", &audience) || !slices.Contains(audience, o.Audience):
		return access.Principal{}, errAudience
	case !c.get("exp", &end):
		return access.Principal{}, errNoEnd
	case !now.Before(moment(end).Add(skew)):
		return access.Principal{}, errOver
	case c["nbf"] != nil && (!c.get("nbf", &begin) || now.Before(moment(begin).Add(-skew))):
		return access.Principal{}, errNotYet
	case o.NameClaim == "email" && c["email_verified"] != nil && (!c.get("email_verified", &verified) || !verified):
		return access.Principal{}, errMail
	}
	p := access.Principal{By: access.OIDC, Expires: moment(end).Add(skew)}
	if !c.get(o.NameClaim, &p.Name) || !readable(p.Name) {
		return access.Principal{}, errUnnamed
	}
	var given words
	if c.get(o.GroupsClaim, &given) {
		p.Groups = groups(given)
	}
	return p, nil
}

// moment is a time of a JWT: seconds, maybe with a part of one. What no clock will show is
// the end of all time.
func moment(seconds float64) time.Time {
	const most = 1 << 37
	return time.UnixMilli(int64(1000 * max(-most, min(seconds, most))))
}

// groups are those that may stand in the log. Those of certificates are no issuer's to give.
func groups(given []string) (all []string) {
	for _, g := range given[:min(len(given), groupsMax)] {
		if readable(g) && !strings.HasPrefix(g, GroupOfUnit) {
			all = append(all, g)
		}
	}
	return all
}
