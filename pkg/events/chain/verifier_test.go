package chain_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/pkg/events/chain"
)

// record is one of a log, as a verifier is given it.
type record struct {
	sequence uint64
	at       time.Time
	message  events.Message
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// log is one with its seals, as planners write it.
type log struct {
	t       testing.TB
	records []record
	chain   chain.Verifier
	sealed  uint64
}

func (l *log) append(subject string, ev events.Event) {
	l.t.Helper()
	sequence, _, _ := l.chain.Head()
	sequence++
	m, err := events.Encode(subject, events.Envelope{ID: "e", Source: "test", Time: start}, ev)
	if err != nil {
		l.t.Fatal(err)
	}
	r := record{sequence: sequence, at: start.Add(time.Duration(sequence) * time.Second), message: m}
	if err := l.chain.Add(r.sequence, r.at, r.message); err != nil {
		l.t.Fatal(err)
	}
	l.records = append(l.records, r)
}

func (l *log) job(n int) {
	for i := range n {
		l.append(events.NewSpace(0).Job("web"), events.JobScaled{Run: uint64(i), Group: "web"})
	}
}

// seal seals the log as it is now, after so many more records have come.
func (l *log) seal(late int) {
	through, hash, _ := l.chain.Head()
	l.job(late)
	l.append(events.SealSubject, events.LogSealed{Through: through, Hash: hash.String(), Records: through - l.sealed})
	l.sealed = through
}

func (l *log) accept(from, to uint64) {
	l.append(events.LogSubject, events.LossAccepted{From: from, To: to, Reason: "test"})
}

// fold gives all records to a verifier and returns its first error.
func fold(v *chain.Verifier, records []record) error {
	for _, r := range records {
		if err := v.Add(r.sequence, r.at, r.message); err != nil {
			return err
		}
	}
	return nil
}

func newLog(t testing.TB) *log { return &log{t: t} }

func TestSealsFit(t *testing.T) {
	l := newLog(t)
	for i := range 50 {
		l.job(i % 7)
		l.seal(i % 3)
	}
	var v chain.Verifier
	if err := fold(&v, l.records); err != nil {
		t.Fatal(err)
	}
	sequence, hash, known := v.Head()
	var byHand chain.Hash
	for _, r := range l.records {
		byHand = chain.Next(byHand, r.sequence, r.at, r.message)
	}
	if sequence != uint64(len(l.records)) || hash != byHand || !known {
		t.Errorf("%d %v %t, want %d %v", sequence, hash, known, len(l.records), byHand)
	}
	if v.Good() != l.sealed {
		t.Errorf("good up to %d, sealed through %d", v.Good(), l.sealed)
	}
}

// TestHashIsAsDocumented: others compute it, so it is what doc.go says, byte by byte.
func TestHashIsAsDocumented(t *testing.T) {
	l := newLog(t)
	l.job(3)
	var want [32]byte
	for _, r := range l.records {
		b := append([]byte{}, want[:]...)
		b = binary.BigEndian.AppendUint64(b, r.sequence)
		b = binary.BigEndian.AppendUint64(b, uint64(r.at.UnixNano()))
		sum := events.Sum(r.message)
		want = sha256.Sum256(append(b, sum[:]...))
	}
	if _, got, _ := l.chain.Head(); got != want {
		t.Errorf("%v, want %x", got, want)
	}
}

// TestAnyChangeIsSeen: whatever was changed in what a seal is over does not fit it,
// and the error names a range that holds it.
func TestAnyChangeIsSeen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLog(t)
		for range rapid.IntRange(1, 4).Draw(rt, "seals") {
			l.job(rapid.IntRange(2, 6).Draw(rt, "records"))
			l.seal(rapid.IntRange(0, 2).Draw(rt, "late"))
		}
		records := slices.Clone(l.records)
		n := rapid.IntRange(0, int(l.sealed)-2).Draw(rt, "which")
		last := changed(rt, records, n)
		var broken *chain.BrokenError
		var v chain.Verifier
		err := fold(&v, records)
		if !errors.As(err, &broken) {
			// A seal that was changed itself is no seal, or one of other records: the
			// next one shows it.
			rt.Fatalf("%v, want a BrokenError", err)
		}
		at, to := uint64(n)+1, uint64(last)+1
		seal, isSeal := l.records[n].message, l.records[n].message.Subject == events.SealSubject
		if isSeal && broken.Seal == at {
			return
		}
		if at > broken.To() || to < broken.From() {
			rt.Fatalf("%v, but %d..%d was changed (%s)", err, at, to, seal.Subject)
		}
	})
}

// changed changes the record at n, or what is behind it along, and returns the last
// index changed.
func changed(t *rapid.T, records []record, n int) int {
	flip := func(b []byte) []byte {
		b = slices.Clone(b)
		b[rapid.IntRange(0, len(b)-1).Draw(t, "byte")] ^= byte(1) << rapid.IntRange(0, 7).Draw(t, "bit")
		return b
	}
	r := &records[n]
	switch rapid.IntRange(0, 4).Draw(t, "change") {
	case 0:
		r.message.Subject = string(flip([]byte(r.message.Subject)))
	case 1:
		r.message.Data = flip(r.message.Data)
	case 2:
		r.message.Header = maps.Clone(r.message.Header)
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(r.message.Header)), func(name string) bool { return name == events.HeaderSum })
		name := rapid.SampledFrom(names).Draw(t, "header")
		r.message.Header[name] = string(flip([]byte(r.message.Header[name])))
	case 3:
		r.at = r.at.Add(time.Duration(rapid.Int64Range(1, 1<<40).Draw(t, "later")))
	default:
		// Two change places: what they say, not the sequences.
		next := &records[n+1]
		r.at, next.at, r.message, next.message = next.at, r.at, next.message, r.message
		return n + 1
	}
	return n
}

// TestLostRecords: what is left out is an error of order, and with the numbers
// closed up again one of the next seal.
func TestLostRecords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLog(t)
		l.job(rapid.IntRange(2, 9).Draw(rt, "records"))
		l.seal(rapid.IntRange(0, 3).Draw(rt, "late"))
		n := rapid.IntRange(0, int(l.sealed)-1).Draw(rt, "which")
		records := slices.Delete(slices.Clone(l.records), n, n+1)
		if err := fold(&chain.Verifier{}, records); !errors.Is(err, chain.ErrOrder) {
			rt.Fatalf("%v, want ErrOrder", err)
		}
		for i := range records {
			records[i].sequence = uint64(i) + 1
		}
		if err := fold(&chain.Verifier{}, records); !errors.Is(err, chain.ErrBroken) {
			rt.Fatalf("%v, want ErrBroken", err)
		}
	})
}

// TestAfterALoss: with a hole that was accepted the chain is unknown up to the next
// seal, and whoever folded the records while they were there goes on with it too.
func TestAfterALoss(t *testing.T) {
	for name, c := range map[string]struct {
		sealBehind bool // a seal behind the hole was made while the records were there
	}{"no seal behind the hole": {}, "a seal behind the hole": {sealBehind: true}} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t)
			l.job(10)
			l.seal(0)
			l.job(5) // 12..16
			if c.sealBehind {
				l.seal(1)
				l.job(2)
			}
			from, to := uint64(13), uint64(15)
			l.accept(from, to)
			if _, _, known := l.chain.Head(); known {
				t.Error("the chain is known after a loss was accepted, and no seal")
			}
			first := len(l.records)
			// One that ran on through all of it, one that started after the loss, and a
			// planner that did so too, and seals.
			var beside, after chain.Verifier
			if err := fold(&beside, l.records); err != nil {
				t.Fatal(err)
			}
			l.chain = chain.Verifier{}
			for _, v := range []*chain.Verifier{&after, &l.chain} {
				if err := fold(v, l.records[:from-1]); err != nil {
					t.Fatal(err)
				}
				if err := v.Skip(from, to); err != nil {
					t.Fatal(err)
				}
				if err := fold(v, l.records[to:]); err != nil {
					t.Fatal(err)
				}
				if _, _, known := v.Head(); known {
					t.Error("the chain is known although records are missing")
				}
			}
			l.seal(2)
			if got := l.chain.Good(); got != l.sealed {
				t.Errorf("good up to %d, taken as given through %d", got, l.sealed)
			}
			l.job(3)
			l.seal(0)
			wantSequence, wantHash, _ := l.chain.Head()
			for who, v := range map[string]*chain.Verifier{"one beside it": &beside, "one started anew": &after} {
				if err := fold(v, l.records[first:]); err != nil {
					t.Errorf("%s: %v", who, err)
				}
				sequence, hash, known := v.Head()
				if sequence != wantSequence || hash != wantHash || !known {
					t.Errorf("%s: %d %v %t, want %d %v", who, sequence, hash, known, wantSequence, wantHash)
				}
			}
		})
	}
}

// TestOtherSeals: what says nothing that can be checked breaks nothing; what speaks of
// records that are not there, or of others, does.
func TestOtherSeals(t *testing.T) {
	hash := chain.Hash{1}.String()
	job := events.NewSpace(0).Job("web")
	for name, c := range map[string]struct {
		subject string
		seal    events.LogSealed
		broken  bool
	}{
		"of others":             {events.SealSubject, events.LogSealed{Through: 4, Hash: hash}, true},
		"of the future":         {events.SealSubject, events.LogSealed{Through: 99, Hash: hash}, true},
		"of itself":             {events.SealSubject, events.LogSealed{Through: 5, Hash: hash}, true},
		"sealed before":         {events.SealSubject, events.LogSealed{Through: 3, Hash: hash}, false},
		"of nothing":            {events.SealSubject, events.LogSealed{Hash: hash}, false},
		"no hash":               {events.SealSubject, events.LogSealed{Through: 4, Hash: "x"}, false},
		"half a hash":           {events.SealSubject, events.LogSealed{Through: 4, Hash: hash[:32]}, false},
		"a longer hash":         {events.SealSubject, events.LogSealed{Through: 4, Hash: hash + "00"}, false},
		"upper case":            {events.SealSubject, events.LogSealed{Through: 4, Hash: "AA" + hash[2:]}, false},
		"on a subject of a job": {job, events.LogSealed{Through: 4, Hash: hash}, false},
		"on the operator's":     {events.LogSubject, events.LogSealed{Through: 4, Hash: hash}, false},
	} {
		l := newLog(t)
		l.job(3)
		l.seal(0)
		m, err := events.Encode(c.subject, events.Envelope{ID: "e"}, c.seal)
		if err != nil {
			t.Fatal(err)
		}
		_, before, _ := l.chain.Head()
		err = l.chain.Add(5, start, m)
		if errors.Is(err, chain.ErrBroken) != c.broken || err != nil && !c.broken {
			t.Errorf("%s: %v, broken %t wanted", name, err, c.broken)
		}
		if sequence, after, _ := l.chain.Head(); c.broken && (sequence != 4 || after != before) {
			t.Errorf("%s: it was taken in", name)
		}
	}
}

// TestSealsOfNobody: what is no seal, since it has no sum or another, breaks nothing.
func TestSealsOfNobody(t *testing.T) {
	for name, change := range map[string]func(m *events.Message){
		"no sum":      func(m *events.Message) { delete(m.Header, events.HeaderSum) },
		"another sum": func(m *events.Message) { m.Header[events.HeaderSum] = "AAAAAAAAAAAAAAAA" },
	} {
		l := newLog(t)
		l.job(3)
		m, err := events.Encode(events.SealSubject, events.Envelope{ID: "e"}, events.LogSealed{Through: 3, Hash: chain.Hash{1}.String()})
		if err != nil {
			t.Fatal(err)
		}
		change(&m)
		if err := l.chain.Add(4, start, m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBehind: one that goes on behind a record that was sealed tells as much of what comes
// as one that has seen it all, and takes the hash as it was told.
func TestBehind(t *testing.T) {
	l := newLog(t)
	for range 5 {
		l.job(4)
		l.seal(2)
	}
	var all chain.Verifier
	for _, r := range l.records {
		if err := all.Add(r.sequence, r.at, r.message); err != nil {
			t.Fatal(err)
		}
		sequence, hash, _ := all.Head()
		v := chain.Behind(sequence, hash)
		if err := fold(v, l.records[sequence:]); err != nil {
			t.Fatalf("behind %d: %v", sequence, err)
		}
		if last, got, known := v.Head(); last != uint64(len(l.records)) || !known {
			t.Errorf("behind %d: %d %v %t", sequence, last, got, known)
		}
		if sequence+8 < uint64(len(l.records)) { // A seal is behind it that is over more.
			if err := fold(chain.Behind(sequence, chain.Hash{1}), l.records[sequence:]); !errors.Is(err, chain.ErrBroken) {
				t.Errorf("behind %d with another hash: %v", sequence, err)
			}
		}
	}
}

// TestManyUnsealed: of a log that nobody seals only so many hashes are kept, and the
// next seal fits all the same.
func TestManyUnsealed(t *testing.T) {
	var v chain.Verifier
	leaf := func() chain.Leaf {
		sequence, _, _ := v.Head()
		return chain.Leaf{Sequence: sequence + 1, Time: start}
	}
	hashes := map[uint64]chain.Hash{}
	for range 3 * chain.Kept {
		if err := v.AddLeaf(leaf(), nil); err != nil {
			t.Fatal(err)
		}
		sequence, hash, _ := v.Head()
		hashes[sequence] = hash
	}
	last, _, _ := v.Head()
	if err := v.AddLeaf(leaf(), events.LogSealed{Through: 7, Hash: chain.Hash{1}.String()}); err != nil {
		t.Errorf("a seal of what is no longer kept: %v", err)
	}
	bad := last - chain.Kept/4
	var broken *chain.BrokenError
	if err := v.AddLeaf(leaf(), events.LogSealed{Through: bad, Hash: chain.Hash{1}.String()}); !errors.As(err, &broken) || broken.Got != hashes[bad] {
		t.Errorf("a seal that does not fit: %v", err)
	}
	if err := v.AddLeaf(leaf(), events.LogSealed{Through: last, Hash: hashes[last].String()}); err != nil {
		t.Error(err)
	}
}

func TestSkip(t *testing.T) {
	l := newLog(t)
	l.job(4)
	for _, c := range [][2]uint64{{4, 6}, {6, 7}, {5, 4}, {0, 0}} {
		if err := l.chain.Skip(c[0], c[1]); !errors.Is(err, chain.ErrOrder) {
			t.Errorf("%v: %v, want ErrOrder", c, err)
		}
	}
	if err := l.chain.Skip(5, 5); err != nil {
		t.Fatal(err)
	}
	if sequence, _, known := l.chain.Head(); sequence != 5 || known {
		t.Errorf("%d %t", sequence, known)
	}
}

// FuzzAdd: whatever a log holds, the verifier says BrokenError or nothing, and all
// who are given the same get the same.
func FuzzAdd(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Add([]byte{9, 9, 2, 9, 1, 3, 5, 2})
	f.Fuzz(func(t *testing.T, script []byte) {
		var a, b chain.Verifier
		for _, op := range script {
			sequence, hash, _ := a.Head()
			l := chain.Leaf{Sequence: sequence + 1, Time: start, Sum: [32]byte{op}}
			var ev events.Event
			switch back := uint64(op >> 3); op & 7 {
			case 0:
				ev = events.LogSealed{Through: sequence, Hash: hash.String()}
			case 1:
				ev = events.LogSealed{Through: sequence - back, Hash: hash.String()}
			case 2:
				ev = events.LossAccepted{From: back, To: sequence}
			case 3:
				if a.Skip(sequence+1, sequence+back) != nil {
					continue
				}
				_ = b.Skip(sequence+1, sequence+back)
				l.Sequence += back
			}
			errA, errB := a.AddLeaf(l, ev), b.AddLeaf(l, ev)
			if (errA == nil) != (errB == nil) || errA != nil && !errors.Is(errA, chain.ErrBroken) {
				t.Fatal(errA, errB)
			}
			if errA != nil {
				if now, same, _ := a.Head(); op&7 != 3 && (now != sequence || same != hash) {
					t.Fatal("a seal that does not fit was taken in")
				}
				return
			}
			if op&7 == 0 {
				if _, _, known := a.Head(); !known && sequence != 0 {
					t.Fatal("unknown after a seal")
				}
			}
		}
	})
}

func BenchmarkAddLeaf(b *testing.B) {
	var v chain.Verifier
	b.ReportAllocs()
	for n := uint64(1); b.Loop(); n++ {
		if err := v.AddLeaf(chain.Leaf{Sequence: n, Time: start, Sum: [32]byte{byte(n)}}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// TestGoesOnBehindASeal: a verifier that begins at what any seal is about finds what one finds that has
// had all of the log.
func TestGoesOnBehindASeal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLog(t)
		for range rapid.IntRange(2, 5).Draw(rt, "seals") {
			l.job(rapid.IntRange(1, 6).Draw(rt, "records"))
			l.seal(rapid.IntRange(0, 2).Draw(rt, "late"))
		}
		records := slices.Clone(l.records)
		var whole chain.Verifier
		through := uint64(0)
		var hash chain.Hash
		seals := rapid.IntRange(1, 2).Draw(rt, "which seal")
		for i, r := range records {
			if err := whole.Add(r.sequence, r.at, r.message); err != nil {
				rt.Fatal(err)
			}
			if whole.Good() != through {
				if through, seals = whole.Good(), seals-1; seals == 0 {
					_, ev, _ := events.Decode(r.message)
					hash, _ = chain.ParseHash(ev.(events.LogSealed).Hash)
					if rapid.Bool().Draw(rt, "harmed") && i+2 < len(records) {
						changed(rt, records, rapid.IntRange(i+1, len(records)-2).Draw(rt, "harm"))
					}
					break
				}
			}
		}
		part := chain.Behind(through, hash)
		for _, r := range records[through:] {
			is, _, _ := whole.Head()
			var want error
			if r.sequence > is {
				want = whole.Add(r.sequence, r.at, r.message)
			}
			got := part.Add(r.sequence, r.at, r.message)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				rt.Fatalf("at %d: %v, want %v", r.sequence, got, want)
			}
			if want != nil {
				return
			}
		}
		_, one, _ := whole.Head()
		_, other, known := part.Head()
		if one != other || !known || whole.Good() != part.Good() {
			rt.Fatalf("%v up to %d, want %v, %d", other, part.Good(), one, whole.Good())
		}
	})
}
