package access

import (
	"crypto/subtle"
	"time"
)

// Good reports whether who showed who they are some time ago would be believed now;
// otherwise the error is one of Bearer's.
func (s *State) Good(p Principal, now time.Time) error {
	if p.By == BearerToken {
		t, known := s.Tokens[p.TokenID]
		if !known {
			return ErrUnknownToken
		}
		return t.Good(now)
	}
	if !p.Expires.IsZero() && !now.Before(p.Expires) {
		return ErrExpired
	}
	return nil
}

// Bearer is who shows a token with this id, and a secret with this hash. The error is
// ErrUnknownToken, ErrRevoked or ErrExpired; only of the right secret it is one of the last
// two.
func (s *State) Bearer(id, hash string, now time.Time) (Principal, error) {
	t, known := s.Tokens[id]
	// Of an unknown token it is compared with nothing, which no hash is.
	if subtle.ConstantTimeCompare([]byte(t.Hash), []byte(hash)) != 1 || !known || hash == "" {
		return Principal{}, ErrUnknownToken
	}
	if err := t.Good(now); err != nil {
		return Principal{}, err
	}
	return Principal{Name: t.Owner, By: BearerToken, TokenID: t.ID, Roles: t.Roles, Expires: t.Expires}, nil
}
