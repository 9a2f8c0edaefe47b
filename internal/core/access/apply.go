package access

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Written is where an event stands, and who asked for it.
type Written struct {
	Sequence uint64
	At       time.Time // the log's
	By       string
}

// Applied is what became of an event.
type Applied uint8

// What may become of an event.
const (
	// Changed: it changed the state.
	Changed Applied = iota
	// Past: the state is past what it says.
	Past
	// Refused: it says what no program writes.
	Refused
	// Unknown: it is none of access.
	Unknown
)

// Apply folds an event of its subject. Of a refused one it says why.
func (s *State) Apply(at Written, ev events.Event) (what Applied, why string) {
	s.Last = at.Sequence
	what, why = s.apply(at, ev)
	if !s.forgetAt.IsZero() && !at.At.Before(s.forgetAt) {
		s.forget(func(t Token) bool { return !at.At.Before(t.Ended().Add(KeepEnded)) })
	}
	return what, why
}

func (s *State) apply(at Written, ev events.Event) (Applied, string) {
	switch ev := ev.(type) {
	case events.TokenCreated:
		return s.created(at, ev)
	case events.TokenRevoked:
		return s.revoked(at, ev), ""
	case events.RoleSet:
		return s.roleSet(ev)
	case events.RoleRemoved:
		if _, ok := s.Roles[ev.Name]; !ok {
			return Past, ""
		}
		delete(s.Roles, ev.Name)
	case events.GroupBound:
		return s.bound(ev)
	case events.PolicySet:
		s.Policy = Policy{Sequence: at.Sequence, At: at.At, By: at.By, Hash: ev.Hash, Text: ev.Text}
	default:
		return Unknown, ""
	}
	return Changed, ""
}

func (s *State) created(at Written, ev events.TokenCreated) (Applied, string) {
	if _, taken := s.Tokens[ev.ID]; taken {
		return Past, "" // So that none that was revoked comes back.
	}
	if len(s.Tokens) >= TokensMax {
		s.forget(func(t Token) bool { return t.Good(at.At) != nil })
	}
	if len(s.Tokens) >= TokensMax {
		return Refused, fmt.Sprintf("there are %d tokens already, the most there may be", TokensMax)
	}
	t := Token{
		ID: ev.ID, Owner: ev.Owner, Hash: ev.Hash, Roles: ev.Roles, Expires: ev.Expires,
		Sequence: at.Sequence, CreatedAt: at.At, CreatedBy: at.By,
	}
	put(&s.Tokens, ev.ID, t)
	s.ends(t)
	return Changed, ""
}

func (s *State) revoked(at Written, ev events.TokenRevoked) Applied {
	t, known := s.Tokens[ev.ID]
	if !known || !t.RevokedAt.IsZero() {
		return Past
	}
	t.RevokedAt, t.RevokedBy, t.Reason = at.At, at.By, ev.Reason
	s.Tokens[ev.ID] = t
	s.ends(t)
	return Changed
}

func (s *State) roleSet(ev events.RoleSet) (Applied, string) {
	if _, fixed := builtIn[ev.Name]; fixed {
		return Refused, fmt.Sprintf("the role %s is built in", ev.Name)
	}
	if _, again := s.Roles[ev.Name]; !again && len(s.Roles) >= RolesMax {
		return Refused, fmt.Sprintf("there are %d roles already, the most there may be", RolesMax)
	}
	put(&s.Roles, ev.Name, grantsOf(ev.Grants))
	return Changed, ""
}

func (s *State) bound(ev events.GroupBound) (Applied, string) {
	_, again := s.Groups[ev.Group]
	switch {
	case len(ev.Roles) == 0 && !again:
		return Past, ""
	case len(ev.Roles) == 0:
		delete(s.Groups, ev.Group)
		return Changed, ""
	case !again && len(s.Groups) >= GroupsMax:
		return Refused, fmt.Sprintf("%d groups have roles already, the most that may", GroupsMax)
	}
	put(&s.Groups, ev.Group, ev.Roles)
	return Changed, ""
}

// forget drops those of the tokens that end of which it is true.
func (s *State) forget(gone func(Token) bool) {
	s.forgetAt = time.Time{}
	for id, t := range s.Tokens {
		if !t.Ended().IsZero() && gone(t) {
			delete(s.Tokens, id)
			continue
		}
		s.ends(t)
	}
}

// ends notes when a token is to be forgotten.
func (s *State) ends(t Token) {
	ended := t.Ended()
	if at := ended.Add(KeepEnded); !ended.IsZero() && (s.forgetAt.IsZero() || at.Before(s.forgetAt)) {
		s.forgetAt = at
	}
}

func put[V any](m *map[string]V, key string, value V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = value
}

func grantsOf(list []events.Grant) []Grant {
	grants := make([]Grant, len(list))
	for i, g := range list {
		rights := make([]Right, len(g.Rights))
		for n, r := range g.Rights {
			rights[n] = Right(r) // One that a newer program knows gives nothing here.
		}
		grants[i] = Grant{Rights: rights, Jobs: g.Jobs}
	}
	return grants
}
