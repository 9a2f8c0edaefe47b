package leading

// Lease asks for the lease; Leased answers.
type Lease struct{}

// Release gives the lease back. Nobody answers.
type Release struct{}

// Subscribe asks Mesos for a subscription; Subscribed or NotSubscribed answers.
type Subscribe struct {
	// Session numbers the subscriptions of a process; what comes of this one
	// carries it.
	Session uint64
	// FrameworkID is empty for a framework that Mesos does not know yet.
	FrameworkID string
}

// Listen has the events of a subscription come in: its opening was folded.
type Listen struct{ Session uint64 }

// Close ends a subscription, never the framework: tasks run on.
type Close struct{ Session uint64 }

// Effect marks the type as one.
func (Lease) Effect() {}

// Effect marks the type as one.
func (Release) Effect() {}

// Effect marks the type as one.
func (Subscribe) Effect() {}

// Effect marks the type as one.
func (Listen) Effect() {}

// Effect marks the type as one.
func (Close) Effect() {}
