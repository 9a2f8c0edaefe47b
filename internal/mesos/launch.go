package mesos

import "github.com/milosgajdos/taurus/internal/core/scheduler"

// What calls and events carry are the core's values.
type (
	// Accept takes offers and launches tasks on them.
	Accept = scheduler.Accept
	// Launch is one task to be started.
	Launch = scheduler.Launch
	// TaskAgent names a task and where it is.
	TaskAgent = scheduler.TaskAgent
	// TaskRef is a task that the master knows.
	TaskRef = scheduler.TaskRef
	// Target is a subscription as seen by whoever wants to kill its tasks.
	Target = scheduler.Target
	// InverseOffer asks for an agent.
	InverseOffer = scheduler.InverseOffer
	// Status is what Mesos says of a task.
	Status = scheduler.Status
)

// placedTask is a launch on its way to the wire.
type placedTask struct {
	*Launch
	secrets TaskSecrets
}
