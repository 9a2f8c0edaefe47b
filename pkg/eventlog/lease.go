package eventlog

import (
	"context"
	"time"
)

// MinTTL is the shortest life of a lease or a membership: nats-server counts
// whole seconds.
const MinTTL = time.Second

// Lease keeps at most one holder of a name busy. It saves work, it does not
// fence: two may believe to hold it for a moment, so what a holder does must be
// safe without it, by expectations on the log.
type Lease interface {
	// Acquire takes the lease called name for holder. It runs out after ttl
	// (at least MinTTL) unless it is renewed. ErrLeaseTaken says that another
	// has it, even one of the same holder name; ErrUnavailable that nobody can
	// say at present; ErrNoLog that there is no store of leases.
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (Held, error)
}

// Held is a lease that was acquired. It is safe for concurrent use.
type Held interface {
	// Renew lets the lease live for another ttl from now. ErrLeaseTaken says
	// that it is lost. ErrUnavailable does not: whoever else wants it cannot
	// reach the store either, so go on and try again.
	Renew(ctx context.Context) error
	// Release gives the lease up, so that another need not wait for it to run
	// out. Releasing a lost lease does nothing.
	Release(ctx context.Context) error
}

// Members is who of a role is there. It may be some time behind: use it to
// share out work, never to decide who may do it.
type Members interface {
	// Join keeps id listed under role until ctx ends, then takes it off the
	// list and returns nil. When the process dies it falls off after ttl (at
	// least MinTTL). While the store is unavailable Join goes on trying.
	Join(ctx context.Context, role, id string, ttl time.Duration) error
	// List returns the ids under role, sorted.
	List(ctx context.Context, role string) ([]string, error)
}

// PresentMax is the greatest size of what a process says of itself, in bytes.
const PresentMax = 16 << 10

// Present is a process that is there, and what it says of itself.
type Present struct {
	Role, ID string
	// Data is what it says; the store does not look into it. Whoever may write
	// under its role may have written it.
	Data []byte
	// At is when the store took it, by the store's clock: one more renewal has
	// another At.
	At time.Time
}

// Presence is who is there, and what each says of itself. It may be some time
// behind: use it to tell people, never to decide what may be done.
type Presence interface {
	// Renew writes what id of role says of itself, PresentMax bytes at most, and
	// returns once the store has it. It is gone after ttl (at least MinTTL) unless
	// it is renewed. It tries once: an error says that it is not known to be
	// written.
	Renew(ctx context.Context, role, id string, data []byte, ttl time.Duration) error
	// Leave takes away what Renew wrote.
	Leave(ctx context.Context, role, id string) error
	// Present returns all that are there, sorted by role and id. The error is
	// ErrUnavailable or that of the context.
	Present(ctx context.Context) ([]Present, error)
}
