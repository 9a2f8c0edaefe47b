package machine

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
)

// Machine decides. What it reads besides its inputs is the state that its owner
// folds: Folded tells of a record after that state has changed by it.
type Machine interface {
	// Step handles an input and returns what is to be done, in order. The effects
	// are the caller's until the next Step.
	Step(at Moment, in Input) []Effect
	// Wake is when the machine is to be given a Tick although nothing has
	// happened, by the local clock; zero means never.
	Wake() time.Time
}

// Moment is the time of an input by two clocks.
type Moment struct {
	// Now is the local clock's: waits for answers go by it.
	Now time.Time
	// Log is the log's, see Clock: what due times in the log go by.
	Log time.Time
}

// Input is what a machine is told. Each machine names those that it handles.
type Input interface{ Input() }

// Effect is what a machine wants done. Each machine names those it asks for.
type Effect interface{ Effect() }

// Folded says that a record of the log was folded.
type Folded struct {
	// Record is the owner's; a machine keeps nothing of it but its values.
	Record *cluster.Record
	Change cluster.Change
	// Own reports whether this very process appended the record, since it caught up.
	Own bool
}

// Resumed says that the state begins behind a record: what came up to it was folded
// elsewhere, and the machine looks at all that is there. It comes first, or never.
type Resumed struct {
	// Record is a seal, with the hash of the log up to it.
	Record *cluster.Record
}

// CaughtUp says that what the log held at the start is folded. Before it there
// are no inputs but Resumed and Folded, and no effects.
type CaughtUp struct{}

// ClockMoved says that the log's clock was found to be other than believed, so
// that what waits for a time is to be looked at again.
type ClockMoved struct{}

// Tick says that time has passed, and that the inputs of a burst have ended: on
// it a machine does what the state asks for.
type Tick struct{}

// Appended is the answer to an Append. Only the fold says what counts.
type Appended struct {
	Ticket  uint64
	Outcome Outcome
}

// Input marks the type as one.
func (Folded) Input() {}

// Input marks the type as one.
func (Resumed) Input() {}

// Input marks the type as one.
func (CaughtUp) Input() {}

// Input marks the type as one.
func (ClockMoved) Input() {}

// Input marks the type as one.
func (Tick) Input() {}

// Input marks the type as one.
func (Appended) Input() {}

// Tickets numbers what is under way. Machines that share a mailbox share one, so
// that an answer fits one question only.
type Tickets struct{ last uint64 }

// Next returns a ticket that was not there before; none is 0.
func (t *Tickets) Next() uint64 {
	t.last++
	return t.last
}
