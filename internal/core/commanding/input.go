package commanding

import (
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Author is who asks for something: a user or a program, for whom they say that they do,
// empty for themselves, and the W3C trace context of the request.
type Author struct {
	Actor, OnBehalfOf, Trace string
	// Who is the principal, which the rules of the policy go by.
	Who access.Principal
}

// By is who asks, for people.
func (a Author) By() string {
	return events.Envelope{Actor: a.Actor, OnBehalfOf: a.OnBehalfOf}.By()
}

// Asked says that somebody wants a command carried out. There will be one Answer
// with this ticket.
type Asked struct {
	Ticket uint64
	By     Author
	// Job is the one that Command is about; empty for one about agents or access.
	Job     string
	Command submission.Command
	// Agents is a command about agents, in place of Command.
	Agents submission.AgentCommand
	// Access is a command about who may do what, in place of Command.
	Access access.Command
}

// about is what it is about. Commands about the same are carried out one after the other.
func (a *Asked) about() events.Subject {
	switch {
	case a.Agents != nil:
		return events.Subject{Role: events.RoleAgents}
	case a.Access != nil:
		return events.Subject{Role: events.RoleAccess}
	}
	return events.Subject{Role: events.RoleJob, Job: a.Job}
}

// Abandoned says that whoever asked no longer waits, and why. It is answered at
// once, unless it was already.
type Abandoned struct {
	Ticket uint64
	Err    error
}

// Usage says how many bytes the log holds and may hold, 0 for any number, or why
// that is not known. It is the answer to AskUsage, or has the ticket 0 if nobody asked.
type Usage struct {
	Ticket          uint64
	Bytes, MaxBytes uint64
	Err             error
}

// Surveyed says that somebody wants to know which jobs are not over. The answer
// is a Survey with this ticket.
type Surveyed struct {
	Ticket uint64
}

// Closed says that nothing more will be folded, and why: all who wait are answered.
// It is the last input.
type Closed struct {
	Err error
}

// Input marks the type as one.
func (Asked) Input() {}

// Input marks the type as one.
func (Abandoned) Input() {}

// Input marks the type as one.
func (Usage) Input() {}

// Input marks the type as one.
func (Surveyed) Input() {}

// Input marks the type as one.
func (Closed) Input() {}
