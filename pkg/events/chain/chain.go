package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Hash is that of all records up to one. The zero value is that of none.
type Hash [32]byte

// String is as seals have it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads what String writes.
func ParseHash(text string) (Hash, error) {
	var h Hash
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(h) || hex.EncodeToString(b) != text {
		return h, fmt.Errorf("%q is no hash of %d lower-case hexadecimal digits", text, 2*len(h))
	}
	return Hash(b), nil
}

// Leaf is what the chain knows of a record.
type Leaf struct {
	Sequence uint64
	// Time is the log's.
	Time time.Time
	// Sum is that of package events over the message.
	Sum [32]byte
}

// After is the hash up to the leaf, behind that of all records before it.
func (l Leaf) After(prev Hash) Hash {
	return link(prev, l.Sequence, l.Time.UnixNano(), l.Sum)
}

// Next is the hash up to a record, behind that of all records before it.
func Next(prev Hash, sequence uint64, at time.Time, m events.Message) Hash {
	return Leaf{Sequence: sequence, Time: at, Sum: events.Sum(m)}.After(prev)
}

func link(prev Hash, sequence uint64, at int64, sum [32]byte) Hash {
	var b [32 + 8 + 8 + 32]byte
	copy(b[:], prev[:])
	binary.BigEndian.PutUint64(b[32:], sequence)
	binary.BigEndian.PutUint64(b[40:], uint64(at))
	copy(b[48:], sum[:])
	return sha256.Sum256(b[:])
}
