package mesos

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/offer"
)

// Event is what a master sends to a subscription: one of [Offers], [Rescind],
// [InverseOffers], [RescindInverse], [Update], [Failure], [MasterError] and
// [Heartbeat].
type Event interface{ event() }

// Offers are new offers, of several agents and roles.
type Offers struct{ Offers []offer.Offer }

// Rescind takes an offer back.
type Rescind struct{ OfferID string }

// InverseOffers ask for the resources of agents that will be taken down for
// maintenance.
type InverseOffers struct{ Offers []InverseOffer }

// InverseOffer asks for an agent; answer it with AcceptInverse.
type InverseOffer struct {
	ID, AgentID string
	// UnavailableFrom is the start of the maintenance in Unix nanoseconds.
	UnavailableFrom int64
}

// RescindInverse takes an inverse offer back.
type RescindInverse struct{ OfferID string }

// Update is the status of a task, to be acknowledged if it has a UUID.
type Update struct{ Status Status }

// Failure says that an agent is gone, or an executor on it; it is a hint, the
// statuses of the tasks are what counts.
type Failure struct {
	AgentID string
	// ExecutorID is empty when the whole agent is meant.
	ExecutorID string
}

// MasterError is the master's last word; the stream ends after it.
type MasterError struct{ Message string }

// Heartbeat says that the master is alive.
type Heartbeat struct{}

func (Offers) event()         {}
func (Rescind) event()        {}
func (InverseOffers) event()  {}
func (RescindInverse) event() {}
func (Update) event()         {}
func (Failure) event()        {}
func (MasterError) event()    {}
func (Heartbeat) event()      {}

// Status is what Mesos says of a task.
type Status struct {
	TaskID, AgentID string
	// State is Mesos' name of it, "TASK_RUNNING"; a number if it is newer than
	// this client.
	State string
	// Reason and Source are Mesos' names, "REASON_RECONCILIATION" and
	// "SOURCE_MASTER"; empty if not given.
	Reason, Source string
	Message        string
	// UUID has 16 bytes, or none if the status needs no acknowledgement: then
	// a master made it, no agent.
	UUID []byte
	// Time is when it was made, by the clock of who made it.
	Time time.Time
	// Healthy is nil until the first health check has spoken.
	Healthy *bool
	// Addresses are those of the container, or of the agent if it has none.
	Addresses []string
	// ContainerID names the container; Docker calls it mesos-<id>.
	ContainerID string
	// ExitCode is nil unless the task ended with one.
	ExitCode *int
	// UnreachableTime is when the agent was given up; zero if it was not.
	UnreachableTime time.Time
}
