package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/milosgajdos/taurus/internal/core/access"
)

// PermissionError says which right is missing. It is answered with 403, and with 401 where
// nobody has signed in yet.
type PermissionError struct {
	Right access.Right
	// Job is the id of the job that it would be on; empty is the cluster, or any job.
	Job       string
	Anonymous bool
}

// Error says what is missing.
func (e *PermissionError) Error() string {
	return fmt.Sprintf("the right %q is missing on %s", e.Right, e.on())
}

// on is what the right would be on.
func (e *PermissionError) on() string {
	switch {
	case e.Job != "":
		return "the job " + strconv.Quote(Cleaned(e.Job, WordMax))
	case e.Right.OnCluster():
		return "the cluster"
	}
	return "any job"
}

// Naming is an error that tells of jobs besides the one that a request is about.
type Naming interface {
	error
	// Names are their ids.
	Names() []string
	// Veiled is what is said to who may not read all of them.
	Veiled() error
}

// veiled is an error as who asks may be told it.
func (r *Request) veiled(err error) error {
	if names := Naming(nil); errors.As(err, &names) {
		for _, id := range names.Names() {
			if !r.grants.May(access.Read, id) {
				return names.Veiled()
			}
		}
	}
	return err
}

// CredentialError says why it is not believed who asks. It is answered with 401.
type CredentialError struct{ Reason error }

// Error says why.
func (e *CredentialError) Error() string { return "no good credential: " + e.Reason.Error() }

// Unwrap is why.
func (e *CredentialError) Unwrap() error { return e.Reason }

// problem is what it is answered with.
func (e *CredentialError) problem() Problem {
	return newProblem(http.StatusUnauthorized, "credential", "The credential is no good",
		sentence(e.Reason)+". "+signIn+"; without any you are anonymous.", nil)
}

// sentence begins with a capital.
func sentence(err error) string {
	text := err.Error()
	if text == "" {
		return "It is no good"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// challenge says how to sign in (RFC 6750, 3), and whether what was shown is no good.
func challenge(err error) string {
	if wrong := new(CredentialError); errors.As(err, &wrong) {
		return `Bearer realm="taurus", error="invalid_token"`
	}
	return `Bearer realm="taurus"`
}

const signIn = "Sign in: send a token in the header Authorization: Bearer (taurus login, TAURUS_TOKEN or --token-file with the command line)"

// problem is what it is answered with.
func (e *PermissionError) problem() Problem {
	p := newProblem(http.StatusForbidden, "forbidden", "You may not do this",
		fmt.Sprintf("It takes the right %q on %s, which none of your roles grants. taurus whoami tells what they do; who has the right admin can give you more.", e.Right, e.on()), nil)
	if e.Anonymous {
		p = newProblem(http.StatusUnauthorized, "unauthenticated", "Sign in first",
			fmt.Sprintf("It takes the right %q on %s, which nobody has without signing in. %s.", e.Right, e.on(), signIn), nil)
	}
	p.Right, p.Job = string(e.Right), Cleaned(e.Job, WordMax)
	return p
}
