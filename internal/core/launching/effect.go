package launching

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
)

// The calls to Mesos go by the subscription that the machine listens to, and but
// for Acknowledge and List in the order in which they are asked for. Each one
// with a ticket is answered by Called, those of a closed subscription need not be.

// Accept launches tasks on offers. Whatever becomes of it, it is never repeated.
type Accept struct {
	Ticket uint64
	scheduler.Accept
}

// Decline gives offers back and does not want the like for a while.
type Decline struct {
	Ticket   uint64
	OfferIDs []string
	Refuse   time.Duration
}

// Revive asks for offers, and forgets what was declined.
type Revive struct{ Ticket uint64 }

// Suppress asks for no more offers.
type Suppress struct{ Ticket uint64 }

// Reconcile asks for the state of tasks; none means all that the master knows.
type Reconcile struct {
	Ticket uint64
	Tasks  []scheduler.TaskAgent
}

// AcceptInverse agrees to the maintenance of agents.
type AcceptInverse struct {
	Ticket   uint64
	OfferIDs []string
}

// Acknowledge says that a status is stored. Nobody answers: if it is lost the
// agent repeats the status.
type Acknowledge struct {
	TaskID, AgentID string
	UUID            []byte
}

// List asks for the framework's tasks with their labels; Listed answers.
type List struct {
	Ticket      uint64
	FrameworkID string
	// Whole asks first how many agents the master waits for, whose tasks it does not
	// know.
	Whole bool
}

// GetSecrets asks for the values of secrets; GotSecrets answers. Whoever carries it out keeps them under the ticket, by which launches name
// them, until it is told to forget them. None of them ever is in the machine.
type GetSecrets struct {
	Ticket uint64
	Names  []string
	// Variables are those of them that tasks find in their environment.
	Variables []string
	// Fetched reports whether agents are to fetch them in files.
	Fetched bool
}

// ForgetSecrets has the values of a GetSecrets wiped, answered or not. An ACCEPT that was asked for before it has its own.
type ForgetSecrets struct{ Ticket uint64 }

// Explain records verdicts, which decide nothing. Nobody answers.
type Explain struct{ Drafts []machine.Draft }

// Effect marks the type as one.
func (Accept) Effect() {}

// Effect marks the type as one.
func (Decline) Effect() {}

// Effect marks the type as one.
func (Revive) Effect() {}

// Effect marks the type as one.
func (Suppress) Effect() {}

// Effect marks the type as one.
func (Reconcile) Effect() {}

// Effect marks the type as one.
func (AcceptInverse) Effect() {}

// Effect marks the type as one.
func (Acknowledge) Effect() {}

// Effect marks the type as one.
func (List) Effect() {}

// Effect marks the type as one.
func (GetSecrets) Effect() {}

// Effect marks the type as one.
func (ForgetSecrets) Effect() {}

// Effect marks the type as one.
func (Explain) Effect() {}
