package events

import "time"

// TokenCreated says that whoever shows a secret of that hash is its owner, and has
// these roles.
type TokenCreated struct {
	// ID says which token it is; it is a part of the token, and no secret.
	ID    string `json:"id"`
	Owner string `json:"owner"`
	// Hash is SHA-256 of the token's secret, in hexadecimal digits, lower case.
	Hash  string   `json:"hash"`
	Roles []string `json:"roles"`
	// Expires is when it is no good any more; absent for never.
	Expires time.Time `json:"expires,omitzero"`
	Additive
}

// TokenRevoked says that a token is no good any more.
type TokenRevoked struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
	Additive
}

// Grant gives rights on the jobs that some of its patterns fit.
type Grant struct {
	Rights []string `json:"rights"`
	// Jobs are ids, beginnings of ids with an asterisk, or "*".
	Jobs []string `json:"jobs"`
}

// RoleSet says what a role gives from now on.
type RoleSet struct {
	Name   string  `json:"name"`
	Grants []Grant `json:"grants"`
	Additive
}

// RoleRemoved says that a role gives nothing any more.
type RoleRemoved struct {
	Name string `json:"name"`
	Additive
}

// GroupBound says which roles the members of a group have, who are named by others: an
// issuer of tokens, or a certificate.
type GroupBound struct {
	Group string `json:"group"`
	// Roles are all of them, none if the group has no more.
	Roles []string `json:"roles"`
	Additive
}

// PolicySet says what jobs may ask for from now on.
type PolicySet struct {
	// Hash is SHA-256 of Text, in hexadecimal digits, lower case.
	Hash string `json:"hash"`
	Text string `json:"text"`
	Additive
}
