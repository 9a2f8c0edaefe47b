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
