package events

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

var (
	// ErrUnsummed is returned for a message without a checksum: one of a taurus that
	// wrote none yet, or of a stranger.
	ErrUnsummed = errors.New("the record has no checksum (header " + HeaderSum + ")")
	// ErrSum is returned for a message that is not the one its checksum was made of.
	ErrSum = errors.New("the record does not fit its checksum (header " + HeaderSum + "): it was changed after it was written, or forged")
)

const (
	// sumKept is how many bytes of the sum go into the header.
	sumKept = 12
	// sumLength is how long they are there.
	sumLength = sumKept * 4 / 3
	// sumBuffer is how many bytes of a message are put together without asking for
	// memory: nearly all have fewer.
	sumBuffer = 1024
)

// Sum is the SHA-256 of a message: subject, headers but HeaderSum by name, data.
// Each part stands behind its length and the headers behind their number, so that
// no two messages have the same bytes.
func Sum(m Message) [32]byte {
	var here [sumBuffer]byte
	b := appendHeaders(appendPart(here[:0], m.Subject), m.Header)
	b = binary.AppendUvarint(b, uint64(len(m.Data)))
	if len(b)+len(m.Data) <= cap(b) {
		return sha256.Sum256(append(b, m.Data...))
	}
	h := sha256.New()
	_, _ = h.Write(b)
	_, _ = h.Write(m.Data)
	return [32]byte(h.Sum(nil))
}

// appendHeaders appends the number of headers but HeaderSum, and then those by name.
// Those of an envelope are looked up in their order, which is twice as fast as sorting
// what is there.
func appendHeaders(b []byte, all map[string]string) []byte {
	number := len(all)
	if _, ok := all[HeaderSum]; ok {
		number--
	}
	b = binary.AppendUvarint(b, uint64(number))
	start, known := len(b), 0
	for _, name := range [...]string{
		HeaderID, HeaderSource, HeaderSpecVersion, HeaderTime, HeaderType,
		HeaderActor, HeaderCause, HeaderCounter, HeaderEpoch, HeaderOnBehalfOf, HeaderTrace,
	} {
		if value, ok := all[name]; ok {
			b = appendPart(appendPart(b, name), value)
			known++
		}
	}
	if known == number {
		return b
	}
	b = b[:start]
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name != HeaderSum {
			b = appendPart(appendPart(b, name), all[name])
		}
	}
	return b
}

func appendPart(b []byte, part string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

// CheckSum returns nil for a message that fits its checksum, ErrUnsummed for one
// that has none, and ErrSum otherwise.
func CheckSum(m Message) error {
	_, err := CheckedSum(m)
	return err
}

// CheckedSum is Sum and CheckSum in one: the sum is there whatever the error.
func CheckedSum(m Message) ([32]byte, error) {
	sum := Sum(m)
	said, ok := m.Header[HeaderSum]
	switch {
	case !ok:
		return sum, ErrUnsummed
	case !fits(said, sum):
		return sum, ErrSum
	}
	return sum, nil
}

func fits(said string, sum [32]byte) bool {
	var text [sumLength]byte
	base64.RawURLEncoding.Encode(text[:], sum[:sumKept])
	return said == string(text[:])
}

// sumText is a sum as the header has it.
func sumText(sum [32]byte) string {
	return base64.RawURLEncoding.EncodeToString(sum[:sumKept])
}
