package placement

import (
	"container/heap"
	"maps"
	"slices"
	"strings"

	"github.com/milosgajdos/taurus/internal/job"
)

// chooser finds the vacancy that one more task of a want goes to; nil if none fits. It
// need not look again at what did not fit, as what is free only shrinks while a
// question is answered.
type chooser interface {
	choose() *vacancy
	// some reports whether some vacancy would fit but for what runs where.
	some() bool
}

// chooser returns how the tasks of a want find their places.
func (r *round) chooser(w *want) chooser {
	if !w.picky() {
		return &scan{w: w, field: r.field, crowded: candidates{w: w}, kept: map[*vacancy]bool{}}
	}
	return newChoice(r, w)
}

// picky reports whether a group likes some agents better than others, beyond spreading.
func (w *want) picky() bool {
	return w.group.Placement == job.PlacementBinpack || len(w.group.Affinities) > 0 || len(w.group.Spread) > 0 || len(w.evened()) > 0
}

// evened are the attributes over whose values tasks have to be even, and the vacancies
// of a value that is ahead come back.
func (w *want) evened() []string {
	var names []string
	for i := range w.conditions {
		if c := &w.conditions[i]; c.returning() {
			names = append(names, c.Attribute)
		}
	}
	return names
}

// scan goes through the vacancies in their order once. Those with peers are kept for when
// there is none without.
type scan struct {
	w       *want
	field   *field
	passed  *position
	crowded candidates
	// kept are the vacancies that are among the crowded ones.
	kept map[*vacancy]bool
	any  bool
}

func (s *scan) some() bool { return s.any }

func (s *scan) choose() *vacancy {
	for v := range s.field.order.behind(s.passed) {
		if !s.w.possible(v) {
			s.pass(v)
			continue
		}
		s.any = true
		crowded := s.w.peers.on(v.hostname) > 0
		if !crowded && s.w.allows(v) {
			return v
		}
		if crowded && !s.kept[v] && s.w.allows(v) {
			s.kept[v] = true
			heap.Push(&s.crowded, s.w.see(v))
		}
		s.pass(v)
	}
	best, _ := s.crowded.first(s.w.fits)
	return best.v
}

func (s *scan) pass(v *vacancy) {
	at := v.position
	s.passed = &at
}

// choice keeps the vacancies that fit by what the group looks at, and takes the best of
// the best ones. It is made once per question for groups that are picky.
type choice struct {
	w       *want
	round   *round
	buckets []*bucket
	byKey   map[string]*bucket
	// names are the attributes by which vacancies are told apart.
	names []string
	// seen is how much of the round's stays was looked at.
	seen int
	any  bool
}

// bucket are vacancies whose agents have the same values of the attributes that their
// order among each other does not depend on.
type bucket struct{ candidates }

func newChoice(r *round, w *want) *choice {
	c := &choice{w: w, round: r, byKey: map[string]*bucket{}, names: w.evened(), seen: len(r.stays)}
	for _, s := range w.group.Spread {
		c.names = append(c.names, s.Attribute)
	}
	w.values(r.field)
	for _, v := range r.field.all {
		if w.possible(v) {
			c.any = true
			b := c.bucket(v)
			b.all = append(b.all, w.see(v))
		}
	}
	for _, b := range c.buckets {
		heap.Init(b)
	}
	return c
}

func (c *choice) some() bool { return c.any }

func (c *choice) bucket(v *vacancy) *bucket {
	var key strings.Builder
	for _, name := range c.names {
		value, has := v.attributes[name]
		if has {
			key.WriteString(value)
		}
		key.WriteString("\x00")
		if !has {
			key.WriteString("\x01")
		}
	}
	b := c.byKey[key.String()]
	if b == nil {
		b = &bucket{candidates{w: c.w}}
		c.byKey[key.String()] = b
		c.buckets = append(c.buckets, b)
	}
	return b
}

func (c *choice) choose() *vacancy {
	c.catchUp()
	var best candidate
	for _, b := range c.buckets {
		one, ok := b.first(c.may)
		if !ok || !c.w.allows(one.v) {
			continue
		}
		one.liking += c.w.spreading(one.v)
		if best.v == nil || c.w.compare(one, best) < 0 {
			best = one
		}
	}
	return best.v
}

// may reports whether a vacancy fits, or does but for what may change again.
func (c *choice) may(v *vacancy) bool {
	w := c.w
	if !w.possible(v) {
		return false
	}
	for i := range w.conditions {
		if one := &w.conditions[i]; one.moving() && !one.returning() && !w.meets(i, v) {
			return false
		}
	}
	return true
}

// catchUp looks again at the vacancies that others have used: to a group that packs its
// tasks they are better than before.
func (c *choice) catchUp() {
	for _, s := range c.round.stays[c.seen:] {
		if c.w.possible(s.v) {
			heap.Push(c.bucket(s.v), c.w.see(s.v))
		}
	}
	c.seen = len(c.round.stays)
}

// whyMost bounds what is told of why an agent was chosen, in bytes.
const whyMost = 512

// why says what made a group choose an agent; empty where it likes all the same.
func (w *want) why(v *vacancy) string {
	var parts []string
	for _, a := range w.affinities {
		if a.met(v.attributes, nil, 0) {
			parts = append(parts, strings.TrimSpace(a.Attribute+" "+a.Operator+" "+a.Value)+" "+signed(a.weight*scale))
		}
	}
	for i, s := range w.group.Spread {
		value, has := v.attributes[s.Attribute]
		if !has {
			value = "none"
		}
		parts = append(parts, "spread "+s.Attribute+" "+value+" "+signed(w.spreadingBy(i, v)))
	}
	if w.group.Placement == job.PlacementBinpack {
		parts = append(parts, "binpack: "+amount(v.free.CPUs)+" cpus free")
	}
	text := strings.Join(parts, ", ")
	return strings.ToValidUTF8(text[:min(len(text), whyMost)], "")
}

// inUse are the values of an attribute that agents have or tasks of the group are on.
func (w *want) inUse(f *field, name string) []string {
	found := map[string]bool{}
	for _, v := range f.all {
		if value, has := v.attributes[name]; has {
			found[value] = true
		}
	}
	for value := range w.peers.counts[name] {
		found[value] = true
	}
	return slices.Sorted(maps.Keys(found))
}
