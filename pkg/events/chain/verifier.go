package chain

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/pkg/events"
)

// Kept is how many records behind the newest a seal can still be about. Planners
// seal what they have folded last; one that is so far behind seals nothing.
const Kept = 1 << 16

// Verifier computes the hash of a log, record by record, and holds it against the
// seals. Its zero value is before the first record. It is not to be copied, nor safe
// for concurrent use.
type Verifier struct {
	sequence uint64
	head     Hash
	// unknown reports whether head is not what the log was sealed by: records
	// before it are lost.
	unknown bool
	// good is the last sequence that a seal was found to be right about.
	good uint64
	// base is the sequence before that of the first entry.
	base    uint64
	entries []entry
}

// entry is a record behind the last seal: while the chain is known its hash, from
// then on what the hash is made of.
type entry struct {
	value [32]byte
	at    int64
}

// Behind returns a verifier that goes on behind a record, whose hash is known: a seal
// was held against it, by whoever says so.
func Behind(sequence uint64, h Hash) *Verifier {
	return &Verifier{sequence: sequence, head: h, good: sequence, base: sequence}
}

// Clone returns a verifier that goes on by itself.
func (v *Verifier) Clone() *Verifier {
	c := *v
	c.entries = slices.Clone(v.entries)
	return &c
}

// Add gives the verifier the next record. It fails with a *BrokenError at a seal
// that does not fit, and with ErrOrder if records are missing that Skip was not told
// of. After an error the verifier is as it was before.
func (v *Verifier) Add(sequence uint64, at time.Time, m events.Message) error {
	var ev events.Event
	sum, err := events.CheckedSum(m)
	if err == nil && (m.Subject == events.SealSubject || m.Subject == events.LogSubject) {
		_, ev, _ = events.Decode(m) // What does not decode is no seal.
	}
	if _, seals := ev.(events.LogSealed); seals != (m.Subject == events.SealSubject) {
		ev = nil
	}
	return v.AddLeaf(Leaf{Sequence: sequence, Time: at, Sum: sum}, ev)
}

// AddLeaf is Add for a record whose sum and event are known. Of events it looks at
// seals and accepted losses; the caller leaves out those that were written where
// they do not belong.
func (v *Verifier) AddLeaf(l Leaf, ev events.Event) error {
	if l.Sequence != v.sequence+1 {
		return fmt.Errorf("%w: sequence %d after %d", ErrOrder, l.Sequence, v.sequence)
	}
	seal, sealed := ev.(events.LogSealed)
	if sealed {
		if err := v.check(l.Sequence, seal); err != nil {
			return err
		}
	}
	v.push(l)
	if _, accepted := ev.(events.LossAccepted); accepted {
		v.Forget()
	}
	return nil
}

// push takes a record into the chain.
func (v *Verifier) push(l Leaf) {
	e := entry{value: l.Sum, at: l.Time.UnixNano()}
	v.sequence, v.head = l.Sequence, link(v.head, l.Sequence, e.at, e.value)
	if !v.unknown {
		e = entry{value: v.head}
	}
	if len(v.entries) == Kept {
		// Half at once: they are moved once per record at most.
		v.base += Kept / 2
		v.entries = v.entries[:copy(v.entries, v.entries[Kept/2:])]
	}
	v.entries = append(v.entries, e)
}

// check holds a seal against the chain. One that says nothing that can be checked
// any more is passed over. One of records that were not there yet when it was
// written is of another log, or records before it are gone.
func (v *Verifier) check(sequence uint64, s events.LogSealed) error {
	want, err := ParseHash(s.Hash)
	if said := err == nil; !said || s.Through < v.base || s.Through == v.base && !v.unknown {
		return nil
	}
	if s.Through >= sequence {
		return &BrokenError{Seal: sequence, Through: s.Through, Good: v.good, Want: want, Got: v.head}
	}
	n := int(s.Through - v.base) // How many entries the seal is about.
	if v.unknown {
		v.restart(want, n)
		v.good = s.Through
		return nil
	}
	if got := Hash(v.entries[n-1].value); got != want {
		return &BrokenError{Seal: sequence, Through: s.Through, Good: v.good, Want: want, Got: got}
	}
	v.good = s.Through
	v.drop(n)
	return nil
}

// restart takes the hash of a seal as given: the chain goes on behind the first n
// entries.
func (v *Verifier) restart(given Hash, n int) {
	v.drop(n)
	v.unknown, v.head = false, given
	for i, e := range v.entries {
		v.head = link(v.head, v.base+uint64(i)+1, e.at, e.value)
		v.entries[i] = entry{value: v.head}
	}
}

// drop forgets the first n entries.
func (v *Verifier) drop(n int) {
	v.base += uint64(n)
	v.entries = v.entries[:copy(v.entries, v.entries[n:])]
}

// Forget makes the chain unknown from here to the next seal: what is before was
// changed, and an operator has accepted that.
func (v *Verifier) Forget() {
	v.unknown, v.base, v.entries = true, v.sequence, v.entries[:0]
}

// Skip says that the records of a range are lost and that this was accepted. They
// must be the next ones.
func (v *Verifier) Skip(from, to uint64) error {
	if from != v.sequence+1 || to < from {
		return fmt.Errorf("%w: %d..%d is to be skipped after %d", ErrOrder, from, to, v.sequence)
	}
	v.sequence = to
	v.Forget()
	return nil
}

// Head is the last record added, and the hash up to it. Unless known, the hash is
// one that a seal may name, since there is none to compare with, and no more.
func (v *Verifier) Head() (sequence uint64, h Hash, known bool) {
	return v.sequence, v.head, !v.unknown
}

// Good is the last sequence that a seal was found to be right about, or was taken
// from as given; 0 if there was none yet.
func (v *Verifier) Good() uint64 { return v.good }
