package access

import (
	"maps"
	"slices"
	"time"
)

// The bounds of what the log may say of access.
const (
	// TokensMax bounds the tokens that are known, those that are no good any more too.
	TokensMax = 10_000
	// RolesMax bounds the roles that were set, GroupsMax the groups that have roles.
	RolesMax  = 1_000
	GroupsMax = 1_000
	// KeepEnded is how long a token is known after it was revoked or has expired, so that
	// lists tell of it, and whoever shows it is told which of the two it is.
	KeepEnded = 30 * 24 * time.Hour
)

// State is what the log says of who may do what. Lists in it are never changed in place.
type State struct {
	// Last is the last sequence of its subject.
	Last uint64
	// Tokens are by id.
	Tokens map[string]Token
	// Roles are those that were set, by name; All has the built-in ones too.
	Roles map[string][]Grant
	// Groups are the roles that the members of a group have.
	Groups map[string][]string
	Policy Policy

	// forgetAt is when the first of the tokens will have ended long enough ago; zero while
	// none is known to end.
	forgetAt time.Time
}

// Token is what is known of a token. Its secret is known to nobody but its holder.
type Token struct {
	ID, Owner string
	// Hash is SHA-256 of its secret, in hexadecimal digits.
	Hash  string
	Roles []string
	// Sequence is that of the event that created it, CreatedBy who asked for that.
	Sequence  uint64
	CreatedAt time.Time
	CreatedBy string
	// Expires is when it is no good any more; zero for never.
	Expires time.Time
	// RevokedAt is when it was revoked, zero if it was not; RevokedBy and Reason tell who
	// wanted that, and why.
	RevokedAt time.Time
	RevokedBy string
	Reason    string
}

// Policy is what jobs may ask for, as it was set last; its zero value before it was.
type Policy struct {
	Sequence uint64
	At       time.Time
	By       string
	// Hash is SHA-256 of Text, in hexadecimal digits.
	Hash, Text string
}

// Ended is when the token was revoked or will have expired; zero if neither is known.
func (t *Token) Ended() time.Time {
	if t.RevokedAt.IsZero() || !t.Expires.IsZero() && t.Expires.Before(t.RevokedAt) {
		return t.Expires
	}
	return t.RevokedAt
}

// Good reports whether the token says at a time who shows it; otherwise the error is
// ErrRevoked or ErrExpired.
func (t *Token) Good(now time.Time) error {
	switch {
	case !t.RevokedAt.IsZero():
		return ErrRevoked
	case !t.Expires.IsZero() && !now.Before(t.Expires):
		return ErrExpired
	}
	return nil
}

// All are the roles that there are, by name.
func (s *State) All() map[string][]Grant {
	all := BuiltIn()
	for name, grants := range s.Roles {
		if _, fixed := all[name]; !fixed {
			all[name] = grants
		}
	}
	return all
}

// Role is what a role grants, false if there is none of that name.
func (s *State) Role(name string) ([]Grant, bool) {
	if grants, fixed := builtIn[name]; fixed {
		return grants, true
	}
	grants, ok := s.Roles[name]
	return grants, ok
}

// Grants are what a principal may do.
func (s *State) Grants(p Principal) (all Grants) {
	for _, name := range slices.Concat(p.Roles, s.RolesOf(p.Groups)) {
		grants, _ := s.Role(name)
		all = append(all, grants...)
	}
	return all
}

// May reports whether a principal has a right on a job; an empty id is the cluster.
func (s *State) May(p Principal, r Right, job string) bool { return s.Grants(p).May(r, job) }

// MayAny reports whether there could be a job that the principal has the right on.
func (s *State) MayAny(p Principal, r Right) bool { return s.Grants(p).MayAny(r) }

// RolesOf are the roles that the members of any of these groups have, by name.
func (s *State) RolesOf(groups []string) []string {
	var all []string
	for _, g := range groups {
		all = append(all, s.Groups[g]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Clone returns a state that goes on by itself.
func (s *State) Clone() State {
	c := *s
	c.Tokens, c.Roles, c.Groups = maps.Clone(s.Tokens), maps.Clone(s.Roles), maps.Clone(s.Groups)
	return c
}
