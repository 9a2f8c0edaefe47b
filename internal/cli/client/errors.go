package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

var (
	// ErrUnreachable is returned when the API could not be asked at all.
	ErrUnreachable = errors.New("cannot reach the API")
	// ErrNotFound is returned when the API knows no such job, task or path.
	ErrNotFound = errors.New("not found")
	// ErrConflict is returned when the state of a job stands against a request:
	// a duplicate id, a version that moved on, a job that still runs.
	ErrConflict = errors.New("conflict")
	// ErrAnswer is returned when an answer is not what the API promises, as that
	// of another program on the same port is.
	ErrAnswer = errors.New("not an answer of taurus")
)

// UnreachableError tells which address could not be reached, and why.
type UnreachableError struct {
	// Base is the API's base URL.
	Base string
	// Cause is the transport's error.
	Cause error
}

// Error names the address and the cause.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("%v at %s: %v", ErrUnreachable, e.Base, e.Cause)
}

// Unwrap makes it both ErrUnreachable and its cause.
func (e *UnreachableError) Unwrap() []error { return []error{ErrUnreachable, e.Cause} }

// Fault is one thing wrong with what was sent.
type Fault struct {
	Path    string `json:"path,omitzero"`
	Message string `json:"message"`
	Line    int    `json:"line,omitzero"`
	Rule    string `json:"rule,omitzero"`
}

// The types of problem that callers tell from others; docs/api.md lists all.
const (
	// TypeNoJob: there is, or was then, no such job.
	TypeNoJob = "urn:taurus:problem:job-not-found"
	// TypeNoOutput: a task has written nothing yet.
	TypeNoOutput = "urn:taurus:problem:no-output"
	// TypeJobExists: a job of the id lives.
	TypeJobExists = "urn:taurus:problem:job-exists"
	// TypeJobLives: the job is not over, as it must be.
	TypeJobLives = "urn:taurus:problem:job-live"
	// TypeJobEnding: the job is over, and tasks of it live.
	TypeJobEnding = "urn:taurus:problem:job-ending"
	// TypeNoVersion: no such version of the job is kept.
	TypeNoVersion = "urn:taurus:problem:version-not-found"
	// TypeNoRollout: no rollout is under way.
	TypeNoRollout = "urn:taurus:problem:no-rollout"
	// TypeSeries: the job runs nothing itself.
	TypeSeries = "urn:taurus:problem:series"
	// TypeNotDrained: nothing of that name is drained.
	TypeNotDrained = "urn:taurus:problem:not-drained"
	// TypeNoToken: there is no such token. TypeNoRole: there is no such role.
	TypeNoToken = "urn:taurus:problem:token-not-found" //nolint:gosec // It names a problem.
	TypeNoRole  = "urn:taurus:problem:role-not-found"
	// TypeNotYet: the log has not come to the sequence that was asked for.
	TypeNotYet = "urn:taurus:problem:not-yet"
)

// The problems of who may do what.
const (
	// TypeUnauthenticated: it takes signing in.
	TypeUnauthenticated = "urn:taurus:problem:unauthenticated"
	// TypeCredential: the token is no good.
	TypeCredential = "urn:taurus:problem:credential" //nolint:gosec // It is the name of a problem.
	// TypeForbidden: a right is missing.
	TypeForbidden = "urn:taurus:problem:forbidden"
)

// Problem is an error answer of the API (RFC 9457).
type Problem struct { //nolint:errname // RFC 9457 calls it a problem.
	Type   string  `json:"type,omitzero"`
	Status int     `json:"status"`
	Title  string  `json:"title"`
	Detail string  `json:"detail,omitzero"`
	Faults []Fault `json:"faults,omitempty"`
	// Right is the one that is missing, Job what it would be on; empty for none.
	Right string `json:"right,omitzero"`
	Job   string `json:"job,omitzero"`

	// foreign reports whether the answer is none of taurus, but of a proxy or
	// another program.
	foreign bool
}

// Error is the title. Detail and faults are for the caller to lay out.
func (p *Problem) Error() string {
	text := p.Title
	if text == "" {
		text = http.StatusText(p.Status)
	}
	return strings.TrimSuffix(text, ".")
}

// Denied reports whether it takes signing in, or a right that is missing.
func (p *Problem) Denied() bool {
	return p.Type == TypeUnauthenticated || p.Type == TypeCredential || p.Type == TypeForbidden
}

// Is makes a problem comparable to ErrNotFound and ErrConflict, and to ErrAnswer
// alone if it is none of taurus.
func (p *Problem) Is(target error) bool {
	if p.foreign {
		return target == ErrAnswer
	}
	switch p.Status {
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		return target == ErrConflict
	}
	return false
}
