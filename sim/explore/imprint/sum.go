package imprint

import (
	"slices"
	"time"
)

// Imprint is what was taken of a value.
type Imprint struct{ items []item }

// item is a place left open, after the digest of what comes before it.
type item struct {
	before uint64
	how    How
	kind   Kind
	scope  uint8
	limit  uint32 // seconds
	value  uint64
}

const seed = 0x9e3779b97f4a7c15

// mix is a step of a digest.
func mix(h, v uint64) uint64 {
	h ^= v + seed + h<<6 + h>>2
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 29
	return h
}

func digest(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h, uint64(len(s)))
}

// Adder closes imprints and adds them up. It is not safe for concurrent use.
type Adder struct {
	numbers []uint64
	names   map[uint64]uint64
	parts   []*Imprint
}

// Add takes a further imprint in.
func (a *Adder) Add(p *Imprint) { a.parts = append(a.parts, p) }

// Sum returns the fingerprint of all that was added at a time, and begins anew.
func (a *Adder) Sum(now time.Time) uint64 {
	if a.names == nil {
		a.names = map[uint64]uint64{}
	}
	clear(a.names)
	a.rank()
	h := uint64(seed)
	for _, p := range a.parts {
		for i := range p.items {
			it := &p.items[i]
			h = mix(mix(h, it.before), uint64(it.how)|uint64(it.kind)<<8|uint64(it.scope)<<16)
			h = mix(h, a.value(it, now))
		}
	}
	a.parts = a.parts[:0]
	return h
}

// rank puts all numbers in order.
func (a *Adder) rank() {
	a.numbers = a.numbers[:0]
	for _, p := range a.parts {
		for i := range p.items {
			if p.items[i].how == Ordered {
				a.numbers = append(a.numbers, p.items[i].number())
			}
		}
	}
	slices.Sort(a.numbers)
	a.numbers = slices.Compact(a.numbers)
}

// number tells numbers of different kinds apart.
func (i *item) number() uint64 { return uint64(i.kind)<<56 | uint64(i.scope)<<48 | i.value }

func (a *Adder) value(i *item, now time.Time) uint64 {
	switch i.how {
	case Ordered:
		at, _ := slices.BinarySearch(a.numbers, i.number())
		return uint64(at)
	case Named:
		n, ok := a.names[i.value]
		if !ok {
			n = uint64(len(a.names))
			a.names[i.value] = n
		}
		return n
	case Future:
		return future(time.Duration(int64(i.value) - now.UnixNano()))
	case Past:
		ago := time.Duration(now.UnixNano() - int64(i.value))
		return uint64(min(ago, time.Duration(i.limit)*time.Second) / time.Millisecond)
	case Plain, Ignored, Capped, Absolute:
	}
	return i.value
}

// Far ahead times are told apart roughly only, and those that are further ahead than any
// run is long not at all.
const (
	near  = 2 * time.Minute
	rough = 5 * time.Minute
	far   = 6 * time.Hour
)

func future(left time.Duration) uint64 {
	switch {
	case left <= 0:
		return 0
	case left <= near:
		return uint64(left / time.Millisecond)
	}
	return uint64(min(left, far)/rough) + uint64(time.Hour)
}
