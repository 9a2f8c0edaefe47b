package access

import "errors"

var (
	// ErrUnknownToken is returned for a token that there is none of, or whose secret is
	// another: who guesses is not told which.
	ErrUnknownToken = errors.New("the token is not known")
	// ErrRevoked is returned for a token that was revoked.
	ErrRevoked = errors.New("the token was revoked")
	// ErrExpired is returned for a token that has expired.
	ErrExpired = errors.New("the token has expired")
	// ErrNoToken is returned for a command about a token that is not there.
	ErrNoToken = errors.New("there is no such token")
	// ErrNoRole is returned for a command about a role that is not there.
	ErrNoRole = errors.New("there is no such role")
	// ErrBuiltIn is returned for a command that would change a role that is always there.
	ErrBuiltIn = errors.New("the role is built in, and always the same")
	// ErrTaken is returned when a token is to be made with an id that one has.
	ErrTaken = errors.New("there is a token with this id already")
	// ErrTooMany is returned when there are as many tokens, roles or groups as may be.
	ErrTooMany = errors.New("there are as many as there may be")
)
