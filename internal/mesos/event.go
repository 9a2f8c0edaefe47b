package mesos

import "github.com/milosgajdos/taurus/internal/core/offer"

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
