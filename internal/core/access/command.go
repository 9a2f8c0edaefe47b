package access

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Command is what a user asks of access. The set is closed.
//
//sumtype:decl
type Command interface {
	decide(s *State, now time.Time) (events.Event, error)
}

// CreateToken asks for a token to be good. Whoever asks has made its id and its secret.
type CreateToken struct {
	ID, Owner, Hash string
	Roles           []string
	// Expires is when it is no good any more; zero for never.
	Expires time.Time
}

// RevokeToken asks for a token to be no good any more.
type RevokeToken struct{ ID, Reason string }

// SetRole asks for a role to give these rights, and no others.
type SetRole struct {
	Name   string
	Grants []Grant
}

// RemoveRole asks for a role to be gone.
type RemoveRole struct{ Name string }

// BindGroup asks for the members of a group to have these roles, and no others.
type BindGroup struct {
	Group string
	Roles []string
}

// SetPolicy asks for a policy to be in force. Whoever asks has read it.
type SetPolicy struct{ Hash, Text string }

// Decide returns the event that a command leads to, or nil if what it asks for is so
// already. Errors are those of this package, and job.Faults of what is malformed.
func Decide(s *State, c Command, now time.Time) (events.Event, error) { return c.decide(s, now) }

func (c CreateToken) decide(s *State, now time.Time) (events.Event, error) {
	var f faults
	f.name("owner", c.Owner)
	f.hex("id", c.ID, idDigits)
	f.hex("hash", c.Hash, hashDigits)
	if len(c.Roles) == 0 {
		f.add("roles", "is missing; name at least one role, such as %s", RoleReader)
	}
	f.roles(s, c.Roles)
	if !c.Expires.IsZero() && !now.Before(c.Expires) {
		f.add("expires", "is not ahead; name a later time, or none for a token that never expires")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	if _, taken := s.Tokens[c.ID]; taken {
		return nil, ErrTaken
	}
	if len(s.Tokens) >= TokensMax && !slices.ContainsFunc(tokens(s), func(t Token) bool { return t.Good(now) != nil }) {
		return nil, fmt.Errorf("%w: %d tokens; revoke some that nobody uses", ErrTooMany, TokensMax)
	}
	return events.TokenCreated{ID: c.ID, Owner: c.Owner, Hash: c.Hash, Roles: c.Roles, Expires: c.Expires}, nil
}

func (c RevokeToken) decide(s *State, _ time.Time) (events.Event, error) {
	t, known := s.Tokens[c.ID]
	var f faults
	f.text("reason", c.Reason)
	switch err := f.err(); {
	case err != nil:
		return nil, err
	case !known:
		return nil, ErrNoToken
	case !t.RevokedAt.IsZero():
		return nil, nil
	}
	return events.TokenRevoked{ID: c.ID, Reason: c.Reason}, nil
}

func (c SetRole) decide(s *State, _ time.Time) (events.Event, error) {
	var f faults
	f.roleName("name", c.Name)
	f.grants(c.Grants)
	if err := f.err(); err != nil {
		return nil, err
	}
	if _, fixed := builtIn[c.Name]; fixed {
		return nil, fmt.Errorf("%w: %s; choose another name", ErrBuiltIn, c.Name)
	}
	was, known := s.Roles[c.Name]
	switch {
	case known && slices.EqualFunc(was, c.Grants, Grant.equal):
		return nil, nil
	case !known && len(s.Roles) >= RolesMax:
		return nil, fmt.Errorf("%w: %d roles; remove some that nobody has", ErrTooMany, RolesMax)
	}
	ev := events.RoleSet{Name: c.Name, Grants: make([]events.Grant, len(c.Grants))}
	for i, g := range c.Grants {
		rights := make([]string, len(g.Rights))
		for n, r := range g.Rights {
			rights[n] = string(r)
		}
		ev.Grants[i] = events.Grant{Rights: rights, Jobs: g.Jobs}
	}
	return ev, nil
}

func (c RemoveRole) decide(s *State, _ time.Time) (events.Event, error) {
	if _, fixed := builtIn[c.Name]; fixed {
		return nil, fmt.Errorf("%w: %s", ErrBuiltIn, c.Name)
	}
	if _, known := s.Roles[c.Name]; !known {
		return nil, ErrNoRole
	}
	return events.RoleRemoved{Name: c.Name}, nil
}

func (c BindGroup) decide(s *State, _ time.Time) (events.Event, error) {
	var f faults
	f.name("group", c.Group)
	f.roles(s, c.Roles)
	if err := f.err(); err != nil {
		return nil, err
	}
	was, known := s.Groups[c.Group]
	switch {
	case slices.Equal(was, c.Roles):
		return nil, nil
	case !known && len(s.Groups) >= GroupsMax:
		return nil, fmt.Errorf("%w: %d groups have roles; bind some to none", ErrTooMany, GroupsMax)
	}
	return events.GroupBound{Group: c.Group, Roles: c.Roles}, nil
}

func (c SetPolicy) decide(s *State, _ time.Time) (events.Event, error) {
	var f faults
	f.hex("hash", c.Hash, hashDigits)
	switch {
	case len(c.Text) > PolicyBytes:
		f.add("text", "is %d bytes; make it at most %d", len(c.Text), PolicyBytes)
	case !utf8.ValidString(c.Text):
		f.add("text", "is not valid UTF-8; write it as UTF-8")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	if s.Policy.Sequence != 0 && s.Policy.Hash == c.Hash {
		return nil, nil
	}
	return events.PolicySet{Hash: c.Hash, Text: c.Text}, nil
}

func tokens(s *State) []Token {
	list := make([]Token, 0, len(s.Tokens))
	for _, t := range s.Tokens {
		list = append(list, t)
	}
	return list
}
