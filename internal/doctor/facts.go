package doctor

import (
	"time"

	"github.com/milosgajdos/taurus/internal/presence"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
)

// Facts are what was learned of an installation.
type Facts struct {
	// Now is when, Version that of the program that looks.
	Now     time.Time
	Version string
	// NATS is what its servers say, NATSErr why nothing.
	NATS    jetstream.Inspection
	NATSErr error
	// Parts are those that are there, PartsErr why that is not known.
	Parts    []presence.Seen
	PartsErr error
	// Cluster is what the API at API says of the whole, ClusterErr why nothing.
	API        string
	Cluster    projection.Cluster
	ClusterErr error
	// Mesos is what the master says that the log names; nil if it was not asked.
	Mesos *Mesos
}

// Mesos is what a master says of itself.
type Mesos struct {
	Master  string
	Version string
	Flags   map[string]string
	// Active and Inactive are how many agents there are that it hears, or does not.
	Active, Inactive int
	// Err is why nothing is known, or not all.
	Err error
}
