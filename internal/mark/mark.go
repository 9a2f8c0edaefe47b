package mark

import (
	"time"

	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// Mark is how far a service has folded the log. The zero value is nowhere.
type Mark struct {
	// Sequence is the last one folded, Time that of its record by the log.
	Sequence uint64
	Time     time.Time
	// Hash is the log's up to Sequence; without Known there was no saying which it is.
	Hash  chain.Hash
	Known bool
	// First is the hash of the first record, which no two logs have in common; zero
	// if it was lost.
	First chain.Hash
	// Loss is the checksum of the newest acceptance of a loss that was folded; zero
	// if there was none.
	Loss [32]byte
}
