package secret

import (
	"context"
	"errors"
	"fmt"
)

// SizeMax is how many bytes a secret may have: what a variable of a task may.
const SizeMax = 64 << 10

// Why a secret cannot be had. An error of a Provider is one of them.
var (
	// ErrMissing says that there is no such secret.
	ErrMissing = errors.New("is missing")
	// ErrForbidden says that taurus may not read it.
	ErrForbidden = errors.New("may not be read")
	// ErrUnavailable says that the provider cannot tell at present.
	ErrUnavailable = errors.New("cannot be had at present")
)

// Provider is where secrets are kept. It is safe for concurrent use.
type Provider interface {
	// Get returns a secret by its name (job.CheckSecretName), and which version of it that is, empty where there are
	// none. The value is the caller's, who wipes it. It ends with ctx.
	Get(ctx context.Context, name string) (Value, string, error)
}

// Error is why a secret cannot be had, in words that hold nothing of it and may be shown to anybody.
type Error struct {
	// Kind is one of the three errors.
	Kind error
	// Mend says what to do about it.
	Mend string
}

// Error implements error.
func (p *Error) Error() string {
	if p.Mend == "" {
		return p.Kind.Error()
	}
	return fmt.Sprintf("%v; %s", p.Kind, p.Mend)
}

// Unwrap returns the kind.
func (p *Error) Unwrap() error { return p.Kind }

// Told is what may be said of a failure of a provider. Of one that is no Error only the kind is told: its text may
// hold the secret.
func Told(err error) *Error {
	if p := new(Error); errors.As(err, &p) {
		return p
	}
	for _, kind := range []error{ErrMissing, ErrForbidden} {
		if errors.Is(err, kind) {
			return &Error{Kind: kind}
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Kind: ErrUnavailable, Mend: "its provider did not answer in time; see whether it can be reached from the launcher"}
	}
	return &Error{Kind: ErrUnavailable, Mend: "its provider failed; see whether it can be reached from the launcher"}
}

// Missing is a problem of a secret that is not there, its mend formatted as by fmt.Sprintf. No argument may hold a secret.
func Missing(mend string, args ...any) error {
	return &Error{Kind: ErrMissing, Mend: fmt.Sprintf(mend, args...)}
}

// Forbidden is Missing of what may not be read.
func Forbidden(mend string, args ...any) error {
	return &Error{Kind: ErrForbidden, Mend: fmt.Sprintf(mend, args...)}
}

// Unavailable is Missing of what cannot be had at present.
func Unavailable(mend string, args ...any) error {
	return &Error{Kind: ErrUnavailable, Mend: fmt.Sprintf(mend, args...)}
}
