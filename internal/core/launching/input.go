package launching

import (
	"github.com/milosgajdos/taurus/internal/core/offer"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/pkg/events"
)

// What comes of a subscription carries its session; of another than the one
// listened to it is nothing.

// Offered are new offers.
type Offered struct {
	Session uint64
	Offers  []offer.Offer
}

// Rescinded says that Mesos has withdrawn an offer.
type Rescinded struct {
	Session uint64
	OfferID string
}

// InverseOffered are agents that are to go down for maintenance.
type InverseOffered struct {
	Session uint64
	Offers  []scheduler.InverseOffer
}

// Reported is the status of a task.
type Reported struct {
	Session uint64
	Status  scheduler.Status
}

// Called answers a call.
type Called struct {
	Ticket uint64
	// Err is why it is not known to have been done; nil if it was. It may have
	// been done, or be done later.
	Err error
	// Unlaunchable is the task of an ACCEPT that cannot be put in Mesos' terms.
	// Nothing was sent then.
	Unlaunchable string
	// Insufficient reports whether that is because the offers are less than it needs.
	Insufficient bool
}

// Listed answers List.
type Listed struct {
	Ticket uint64
	Tasks  []scheduler.TaskRef
	// Awaited are the agents that the master waits for, if that was asked.
	Awaited int
	Err     error
}

// GotSecrets answers GetSecrets.
type GotSecrets struct {
	Ticket uint64
	// Versions are those of the secrets that have one, by name.
	Versions []events.SecretVersion
	// Problem is why they cannot be had, all or one; nil if they are kept.
	Problem *SecretProblem
}

// Input marks the type as one.
func (GotSecrets) Input() {}

// Input marks the type as one.
func (Offered) Input() {}

// Input marks the type as one.
func (Rescinded) Input() {}

// Input marks the type as one.
func (InverseOffered) Input() {}

// Input marks the type as one.
func (Reported) Input() {}

// Input marks the type as one.
func (Called) Input() {}

// Input marks the type as one.
func (Listed) Input() {}
