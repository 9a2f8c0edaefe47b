package projection

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// TokenState is whether a token is good.
type TokenState string

// The states of a token.
const (
	TokenGood    TokenState = "good"
	TokenExpired TokenState = "expired"
	TokenRevoked TokenState = "revoked"
)

// TokenView is a token, without its secret and without the hash of that.
type TokenView struct {
	ID        string     `json:"id"`
	Owner     string     `json:"owner"`
	Roles     []string   `json:"roles"`
	State     TokenState `json:"state"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy string     `json:"created_by,omitzero"`
	// Expires is when it is no good any more; absent for never.
	Expires   time.Time `json:"expires,omitzero"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	RevokedBy string    `json:"revoked_by,omitzero"`
	// Reason is why it was revoked.
	Reason string `json:"reason,omitzero"`
	// LastUsed is about when it was used last, where that is known; it is not folded.
	LastUsed time.Time `json:"last_used,omitzero"`
	Sequence uint64    `json:"sequence"`
}

// RoleView is a role, and what it gives.
type RoleView struct {
	Name    string      `json:"name"`
	BuiltIn bool        `json:"built_in,omitzero"`
	Grants  []GrantView `json:"grants"`
}

// GrantView gives rights on jobs.
type GrantView struct {
	Rights []access.Right `json:"rights"`
	Jobs   []string       `json:"jobs"`
}

// GroupView is a group that others name, and what roles its members have.
type GroupView struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
}

// Tokens are those that are known, in the order in which they were created.
func (m *Model) Tokens(now time.Time) []TokenView {
	list := make([]TokenView, 0, len(m.state.Access.Tokens))
	for _, t := range m.state.Access.Tokens {
		list = append(list, tokenView(t, now))
	}
	slices.SortFunc(list, func(a, b TokenView) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return list
}

// Token is one of them; its zero value if it is not known.
func (m *Model) Token(id string, now time.Time) (v TokenView) {
	if t, known := m.state.Access.Tokens[id]; known {
		v = tokenView(t, now)
	}
	return v
}

func tokenView(t access.Token, now time.Time) TokenView {
	state := TokenGood
	switch err := t.Good(now); {
	case errors.Is(err, access.ErrRevoked):
		state = TokenRevoked
	case err != nil:
		state = TokenExpired
	}
	return TokenView{
		ID: t.ID, Owner: t.Owner, Roles: t.Roles, State: state, CreatedAt: t.CreatedAt, CreatedBy: t.CreatedBy, Expires: t.Expires,
		RevokedAt: t.RevokedAt, RevokedBy: t.RevokedBy, Reason: t.Reason, Sequence: t.Sequence,
	}
}

// Roles are all that there are, by name.
func (m *Model) Roles() []RoleView {
	builtIn, all := access.BuiltIn(), m.state.Access.All()
	list := make([]RoleView, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		role := RoleView{Name: name, Grants: make([]GrantView, 0, len(all[name]))}
		_, role.BuiltIn = builtIn[name]
		for _, g := range all[name] {
			role.Grants = append(role.Grants, GrantView(g))
		}
		list = append(list, role)
	}
	return list
}

// Groups are those that have roles, by name.
func (m *Model) Groups() []GroupView {
	groups := m.state.Access.Groups
	list := make([]GroupView, 0, len(groups))
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		list = append(list, GroupView{Name: name, Roles: groups[name]})
	}
	return list
}
