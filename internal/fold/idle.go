package fold

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
)

// Idle is the machine of a loop that only folds.
type Idle struct{}

// Step asks for nothing.
func (Idle) Step(machine.Moment, machine.Input) []machine.Effect { return nil }

// Wake is never.
func (Idle) Wake() time.Time { return time.Time{} }
