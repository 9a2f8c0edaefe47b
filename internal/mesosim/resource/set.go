package resource

import (
	"iter"
	"math"
	"slices"
	"strings"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
)

// Milli is a scalar amount in thousandths of its unit.
type Milli int64

// ToMilli rounds an amount to the three decimals that Mesos keeps. One that is
// no number of 64 bits then is the least there is: nobody can have it.
func ToMilli(v float64) Milli {
	const limit = 1 << 63
	if m := math.Round(v * 1000); m >= -limit && m < limit {
		return Milli(m)
	}
	return math.MinInt64
}

// plus adds up to the most there is: a sum of huge amounts is never small.
func (m Milli) plus(o Milli) Milli {
	if sum := m + o; o <= 0 || sum > m {
		return sum
	}
	return math.MaxInt64
}

// Float returns the amount in its unit.
func (m Milli) Float() float64 { return float64(m) / 1000 }

// entry is all of one kind: same name, type, reservations and disk.
type entry struct {
	key    string
	kind   mesos.Resource // without a value and without allocation
	scalar Milli
	ranges []mesos.Value_Range // sorted, disjoint, not adjacent
	items  []string            // sorted
}

// Set is an immutable set of resources. The zero value is empty.
type Set struct {
	entries []entry
}

// New returns the sum of rs. Pre-refinement formats (role, reservation) are
// upgraded to reservations.
func New(rs []mesos.Resource) Set {
	var s Set
	for _, r := range rs {
		e := newEntry(r)
		if !e.empty() {
			s.entries = add(s.entries, e)
		}
	}
	return s
}

func newEntry(r mesos.Resource) entry {
	up := Upgrade(r)
	e := entry{kind: up}
	e.kind.Scalar, e.kind.Ranges, e.kind.Set, e.kind.AllocationInfo = nil, nil, nil, nil
	e.key = keyOf(e.kind)
	switch r.GetType() {
	case mesos.SCALAR:
		e.scalar = ToMilli(r.GetScalar().GetValue())
	case mesos.RANGES:
		e.ranges = coalesce(r.GetRanges().GetRange())
	case mesos.SET:
		e.items = slices.Compact(slices.Sorted(slices.Values(r.GetSet().GetItem())))
	case mesos.TEXT:
	}
	return e
}

// keyOf is the serialized kind: two resources add up when it is equal. The name
// goes first so that sorting by key sorts by name.
func keyOf(kind mesos.Resource) string {
	b, err := kind.Marshal()
	if err != nil {
		return kind.Name
	}
	return kind.Name + "\x00" + string(b)
}

// Upgrade turns role and reservation into the reservations of the format with
// RESERVATION_REFINEMENT.
func Upgrade(r mesos.Resource) mesos.Resource {
	role := r.GetRole()
	if len(r.Reservations) == 0 && (role != "*" || r.Reservation != nil) {
		static, dynamic := mesos.Resource_ReservationInfo_STATIC, mesos.Resource_ReservationInfo_DYNAMIC
		info := mesos.Resource_ReservationInfo{Type: &static, Role: &role}
		if r.Reservation != nil {
			info.Type, info.Principal, info.Labels = &dynamic, r.Reservation.Principal, r.Reservation.Labels
		}
		r.Reservations = []mesos.Resource_ReservationInfo{info}
	}
	r.Role, r.Reservation = nil, nil
	return r
}

func (e entry) empty() bool {
	return e.scalar == 0 && len(e.ranges) == 0 && len(e.items) == 0
}

func (e entry) reserved() string {
	if n := len(e.kind.Reservations); n > 0 {
		return e.kind.Reservations[n-1].GetRole()
	}
	return ""
}

func find(es []entry, key string) int {
	return slices.IndexFunc(es, func(e entry) bool { return e.key == key })
}

func add(es []entry, e entry) []entry {
	i := find(es, e.key)
	if i < 0 {
		return append(es, e)
	}
	es[i].scalar = es[i].scalar.plus(e.scalar)
	es[i].ranges = coalesce(slices.Concat(es[i].ranges, e.ranges))
	es[i].items = slices.Compact(slices.Sorted(slices.Values(slices.Concat(es[i].items, e.items))))
	return es
}

// Plus returns the sum of both sets.
func (s Set) Plus(o Set) Set {
	es := slices.Clone(s.entries)
	for _, e := range o.entries {
		es = add(es, e)
	}
	return Set{entries: es}
}

// Minus returns what is left of s without o. What o has more than s is ignored.
func (s Set) Minus(o Set) Set {
	out := make([]entry, 0, len(s.entries))
	for _, e := range s.entries {
		if i := find(o.entries, e.key); i >= 0 {
			e = e.minus(o.entries[i])
		}
		if !e.empty() {
			out = append(out, e)
		}
	}
	return Set{entries: out}
}

func (e entry) minus(o entry) entry {
	e.scalar = max(0, e.scalar-o.scalar)
	e.ranges = subtract(e.ranges, o.ranges)
	e.items = slices.DeleteFunc(slices.Clone(e.items), func(i string) bool { return slices.Contains(o.items, i) })
	return e
}

// Contains reports whether o is part of s.
func (s Set) Contains(o Set) bool {
	for _, e := range o.entries {
		i := find(s.entries, e.key)
		if i < 0 {
			return false
		}
		left := e.minus(s.entries[i])
		if !left.empty() {
			return false
		}
	}
	return true
}

// Overlaps reports whether a number of a range or an item is in both.
func (s Set) Overlaps(o Set) bool {
	for _, e := range s.entries {
		if i := find(o.entries, e.key); i >= 0 {
			left := e.minus(o.entries[i])
			if !slices.Equal(left.ranges, e.ranges) || !slices.Equal(left.items, e.items) {
				return true
			}
		}
	}
	return false
}

// Empty reports whether there is nothing in s.
func (s Set) Empty() bool { return len(s.entries) == 0 }

// Scalar returns the amount of all scalars of this name, whatever their
// reservation.
func (s Set) Scalar(name string) Milli {
	var sum Milli
	for _, e := range s.entries {
		if e.kind.Name == name {
			sum = sum.plus(e.scalar)
		}
	}
	return sum
}

// Ports returns the ranges named ports.
func (s Set) Ports() []mesos.Value_Range {
	var out []mesos.Value_Range
	for _, e := range s.entries {
		if e.kind.Name == "ports" {
			out = append(out, e.ranges...)
		}
	}
	return out
}

// OfferableTo returns the part of s that a role may be offered: what is
// unreserved, and what is reserved to it or to its ancestors. Resources with
// several reservations need a framework that knows them (refined).
func (s Set) OfferableTo(role string, refined bool) Set {
	var out Set
	for _, e := range s.entries {
		r := e.reserved()
		if r != "" && r != role && !strings.HasPrefix(role, r+"/") {
			continue
		}
		if len(e.kind.Reservations) > 1 && !refined {
			continue
		}
		out.entries = append(out.entries, e)
	}
	return out
}

// Arranged returns the set in the order in which an allocator hands it out:
// what is reserved, then what is no scalar, then scalars.
func (s Set) Arranged() Set {
	rank := func(e entry) int {
		switch {
		case len(e.kind.Reservations) > 0:
			return 0
		case e.kind.GetType() != mesos.SCALAR:
			return 1
		}
		return 2
	}
	es := slices.Clone(s.entries)
	slices.SortStableFunc(es, func(a, b entry) int { return rank(a) - rank(b) })
	return Set{entries: es}
}

// Scalars iterates over the amounts by name; a name comes as often as it has
// different reservations.
func (s Set) Scalars() iter.Seq2[string, Milli] {
	return func(yield func(string, Milli) bool) {
		for _, e := range s.entries {
			if e.scalar != 0 && !yield(e.kind.Name, e.scalar) {
				return
			}
		}
	}
}

// Popped returns the set without the last reservation of each resource.
func (s Set) Popped() Set {
	var out Set
	for _, e := range s.entries {
		if n := len(e.kind.Reservations); n > 0 {
			e.kind.Reservations = slices.Clone(e.kind.Reservations[:n-1])
			if n == 1 {
				e.kind.Reservations = nil
			}
			e.key = keyOf(e.kind)
		}
		out.entries = add(out.entries, e)
	}
	return out
}
