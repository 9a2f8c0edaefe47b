package auditing

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/visible"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Answer is what the api answered to a request.
type Answer struct {
	At        time.Time
	Principal access.Principal
	// OnBehalfOf is for whom they said that they ask, Address where they are.
	OnBehalfOf, Address string
	// Method and Route are those of the request; the route is empty if it came to none.
	Method, Route string
	// Right is what it needed, on Job; an empty job is the cluster, or a list.
	Right access.Right
	Job   string
	// Denied reports whether a right, or knowing who asks, was missing, whatever the
	// status says.
	Denied bool
	// Trial reports whether it was to change nothing.
	Trial  bool
	Status int
	// Reason is why it was not done.
	Reason string
	// Sequence is the log's that the answer is of.
	Sequence  uint64
	RequestID string
}

// The outcomes of a request.
const (
	// Done is a request that did what it was for.
	Done = "done"
	// Refused is one that was not allowed.
	Refused = "refused"
	// Failed is one that was allowed, and did not do it.
	Failed = "failed"
)

// Outcomes are all of them.
func Outcomes() []string { return []string{Done, Refused, Failed} }

// errorsFrom is the first status that is none of success.
const errorsFrom = 400

// outcome is what became of a request.
func (a *Answer) outcome() string {
	switch {
	case a.Denied:
		return Refused
	case a.Status >= errorsFrom:
		return Failed
	}
	return Done
}

// changes reports whether a request was to change something.
func (a *Answer) changes() bool {
	switch a.Method {
	case "GET", "HEAD", "OPTIONS":
		return false
	}
	return a.Route != "" && !a.Trial && a.Right != access.Read && a.Right != access.Explain
}

// subject is where an answer is recorded, empty for nowhere.
func (a *Answer) subject() string {
	outcome := a.outcome()
	switch {
	case outcome == Refused, outcome == Failed && a.changes():
		return events.AuditRefused
	case outcome == Failed:
		return ""
	case a.changes():
		return events.AuditDone
	case a.Right == access.Logs || a.Right == access.Admin || a.Right == access.Audit:
		return events.AuditLooked
	}
	return ""
}

// wordMax bounds each word that is told of an answer, in bytes: those that refused
// requests bring with them may be of any length.
const wordMax = 200

// legible bounds the words of an answer, and shows what is hidden in them.
func (a *Answer) legible() {
	for _, word := range []*string{
		&a.Principal.Name, &a.Principal.TokenID, &a.Principal.Fingerprint, &a.OnBehalfOf, &a.Address, &a.Method, &a.Route, &a.Job, &a.Reason, &a.RequestID,
	} {
		*word = legible(*word)
	}
}

// legible is a word of which every reader sees what is in it.
func legible(word string) string {
	word = visible.Cleaned(visible.Escaped(strings.ToValidUTF8(word, "?")))
	for len(word) > wordMax {
		_, n := utf8.DecodeLastRuneInString(word)
		word = word[:len(word)-n]
	}
	return word
}

// event tells of an answer, and of how many like it.
func (a *Answer) event(count uint32, others bool) events.RequestAnswered {
	ev := events.RequestAnswered{
		Principal: a.Principal.Name, By: string(a.Principal.By), Credential: a.Principal.Credential(), OnBehalfOf: a.OnBehalfOf,
		Address: a.Address, Method: a.Method, Outcome: a.outcome(), Status: uint32(a.Status), Sequence: a.Sequence,
		RequestID: a.RequestID, Others: others,
	}
	if count > 1 {
		ev.Count = count
	}
	if !others {
		ev.Route, ev.Job, ev.Right, ev.Reason = a.Route, a.Job, string(a.Right), a.Reason
	}
	return ev
}
