package examine

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// Anchor is a sequence and the hash of the log up to it: what a seal says, in the form
// in which it can be noted elsewhere.
type Anchor struct {
	Sequence uint64
	Hash     chain.Hash
}

// String is SEQ:HASH.
func (a Anchor) String() string { return fmt.Sprintf("%d:%s", a.Sequence, a.Hash) }

// MarshalText is String.
func (a Anchor) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText is ParseAnchor.
func (a *Anchor) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAnchor(string(text))
	return err
}

// errAnchor says how an anchor is written.
var errAnchor = errors.New("want SEQ:HASH, as `taurus log check` and `taurus log verify` print it")

// ParseAnchor reads what String writes.
func ParseAnchor(text string) (Anchor, error) {
	number, hash, found := strings.Cut(text, ":")
	sequence, err := strconv.ParseUint(number, 10, 64)
	if !found || err != nil || sequence == 0 {
		return Anchor{}, errAnchor
	}
	h, err := chain.ParseHash(hash)
	if err != nil {
		return Anchor{}, errAnchor
	}
	return Anchor{Sequence: sequence, Hash: h}, nil
}
