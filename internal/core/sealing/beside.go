package sealing

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/machine"
)

// Signed is a machine that says how it signs what it appends.
type Signed interface {
	machine.Machine
	Source() string
}

// Both is a machine and the sealing one beside it.
type Both struct {
	first Signed
	seals *Machine
}

// Beside returns a machine with the sealing one beside it. What it appends is signed
// as the machine does.
func Beside(first Signed, state *cluster.State) *Both {
	return &Both{first: first, seals: New(first.Source(), state)}
}

// Source is how both sign what they append.
func (b *Both) Source() string { return b.first.Source() }

// Step implements machine.Machine. Answers go to whoever asked, all else to both.
func (b *Both) Step(at machine.Moment, in machine.Input) []machine.Effect {
	if a, ok := in.(machine.Appended); ok {
		if Mine(a.Ticket) {
			return b.seals.Step(at, in)
		}
		return b.first.Step(at, in)
	}
	return append(b.first.Step(at, in), b.seals.Step(at, in)...)
}

// Wake implements machine.Machine.
func (b *Both) Wake() time.Time {
	first, seals := b.first.Wake(), b.seals.Wake()
	if first.IsZero() || !seals.IsZero() && seals.Before(first) {
		return seals
	}
	return first
}
