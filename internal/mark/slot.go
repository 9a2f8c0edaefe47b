package mark

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// A slot is a mark as it stands in the file: magic, generation, sequence, time,
// whether the hash is known, the three hashes, and a checksum over all before it.
const (
	magic    = "taurmrk1"
	sumSize  = 16
	bodySize = len(magic) + 8 + 8 + 8 + 1 + 3*32
	slotSize = bodySize + sumSize
	// slotEvery is how far apart the slots are: no disk writes more at once.
	slotEvery = 4096
	slots     = 2
)

// slot is a mark and the how-manieth it is.
type slot struct {
	generation uint64
	mark       Mark
}

func (s slot) encode() [slotSize]byte {
	var b [slotSize]byte
	at := copy(b[:], magic)
	number := func(n uint64) {
		binary.BigEndian.PutUint64(b[at:], n)
		at += 8
	}
	number(s.generation)
	number(s.mark.Sequence)
	number(uint64(s.mark.Time.UnixNano()))
	if s.mark.Known {
		b[at] = 1
	}
	at++
	for _, hash := range [][32]byte{s.mark.Hash, s.mark.First, s.mark.Loss} {
		at += copy(b[at:], hash[:])
	}
	sum := sha256.Sum256(b[:bodySize])
	copy(b[bodySize:], sum[:sumSize])
	return b
}

// decodeSlot reads what encode wrote; false for anything else.
func decodeSlot(b []byte) (slot, bool) {
	if len(b) < slotSize || string(b[:len(magic)]) != magic {
		return slot{}, false
	}
	if sum := sha256.Sum256(b[:bodySize]); string(sum[:sumSize]) != string(b[bodySize:slotSize]) {
		return slot{}, false
	}
	at := len(magic)
	number := func() uint64 {
		n := binary.BigEndian.Uint64(b[at:])
		at += 8
		return n
	}
	var s slot
	s.generation = number()
	s.mark.Sequence = number()
	s.mark.Time = time.Unix(0, int64(number())).UTC()
	s.mark.Known = b[at] == 1
	at++
	for _, hash := range []*[32]byte{(*[32]byte)(&s.mark.Hash), (*[32]byte)(&s.mark.First), &s.mark.Loss} {
		at += copy(hash[:], b[at:])
	}
	return s, true
}

// newest finds the mark in what a file holds. None is there in an empty file and in
// one of zeros, which a crash right after its making leaves; anything else is
// damage.
func newest(b []byte) (s slot, found, damaged bool) {
	written := false
	for i := range slots {
		from := min(i*slotEvery, len(b))
		part := b[from:min(from+slotSize, len(b))]
		for _, c := range part {
			written = written || c != 0
		}
		if one, ok := decodeSlot(part); ok && (!found || one.generation > s.generation) {
			s, found = one, true
		}
	}
	return s, found, written && !found
}
