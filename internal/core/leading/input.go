package leading

// Leased answers Lease.
type Leased struct {
	// Err is why it was not given; nil if it was.
	Err error
}

// LeaseLost says that a lease could not be kept.
type LeaseLost struct{}

// Subscribed says that Mesos opened the subscription of a session.
type Subscribed struct {
	Session                                 uint64
	FrameworkID, StreamID, Master, MasterID string
}

// NotSubscribed says that it did not.
type NotSubscribed struct {
	Session uint64
	Err     error
	// Removed reports whether Mesos has removed the framework for good.
	Removed bool
}

// Ended says that the subscription of a session is over.
type Ended struct {
	Session uint64
	// Err is why; nil if nothing is known.
	Err error
	// FailedOver reports whether another subscription of the framework replaced it.
	FailedOver bool
}

// Stop says that the process is about to end: what it holds is given back.
type Stop struct{}

// Input marks the type as one.
func (Leased) Input() {}

// Input marks the type as one.
func (LeaseLost) Input() {}

// Input marks the type as one.
func (Subscribed) Input() {}

// Input marks the type as one.
func (NotSubscribed) Input() {}

// Input marks the type as one.
func (Ended) Input() {}

// Input marks the type as one.
func (Stop) Input() {}
