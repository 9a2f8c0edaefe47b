package access

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
	// Roles are names of roles; what these grant is folded from the log. One that is not
	// there grants nothing.
	Roles []string
}
