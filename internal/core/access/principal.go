package access

import (
	"cmp"
	"time"
)

// Means is how it was found out who a principal is.
type Means string

// The means.
const (
	Anonymous   Means = "anonymous"
	BearerToken Means = "token"
	Certificate Means = "certificate"
	OIDC        Means = "oidc"
)

// Principal is who asks.
type Principal struct {
	// Name is what the log calls them.
	Name string
	By   Means
	// TokenID is that of the token, if it is one.
	TokenID string
	// Fingerprint is the SHA-256 of the certificate, in hex, if it is one.
	Fingerprint string
	// Roles are names of roles; what these grant is folded from the log. One that is not
	// there grants nothing.
	Roles []string
	// Groups are those that whoever vouches for them says they are in; the roles of these
	// are theirs, too.
	Groups []string
	// Expires is when what they showed is no good any more; zero for never.
	Expires time.Time
}

// Credential is which token or certificate it was; empty where nothing tells.
func (p Principal) Credential() string { return cmp.Or(p.TokenID, p.Fingerprint) }
