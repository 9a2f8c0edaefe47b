package machine

import "github.com/milosgajdos/taurus/pkg/events"

// Append asks for drafts to be appended to the log, all in one. Appends under
// way at the same time may be stored in any order.
type Append struct {
	Ticket uint64
	Drafts []Draft
}

// Effect marks the type as one.
func (Append) Effect() {}

// Draft is an event that is to be appended, and on what condition.
type Draft struct {
	Subject  string
	Envelope events.Envelope
	Event    events.Event
	// Conditional reports whether the draft is stored only if the last sequence of
	// Subject is Last (0: the subject has none yet). Others are stored always.
	Conditional bool
	Last        uint64
}

// Decision is a draft that holds only if its subject has not moved since last.
func Decision(subject string, last uint64, env events.Envelope, ev events.Event) Draft {
	return Draft{Subject: subject, Envelope: env, Event: ev, Conditional: true, Last: last}
}

// Fact is a draft of something that has happened, whatever the log says.
func Fact(subject string, env events.Envelope, ev events.Event) Draft {
	return Draft{Subject: subject, Envelope: env, Event: ev}
}

// Outcome is what became of an Append.
type Outcome struct {
	Answer Answer
	// Last is the last sequence of what was stored.
	Last uint64
	// Err says more about what was not stored; nil if it was.
	Err error
}

// Answer is what the log said to an append, in one word.
type Answer uint8

// The answers.
const (
	// Stored: it is in the log. Whether it counts is for the fold to say.
	Stored Answer = iota
	// Conflict: a subject had moved; of decisions nothing was stored.
	Conflict
	// Unknown: the answer was lost, it may be stored.
	Unknown
	// Refused: decisions were not stored; of facts a part may be.
	Refused
)

// String is for logs and scripts.
func (a Answer) String() string {
	switch a {
	case Stored:
		return "stored"
	case Conflict:
		return "conflict"
	case Unknown:
		return "unknown"
	case Refused:
		return "refused"
	}
	return "invalid"
}
