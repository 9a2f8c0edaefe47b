package cluster

import (
	"encoding/binary"
	"time"
)

// packer writes values one after the other, small numbers in few bytes.
type packer struct{ b []byte }

func (p *packer) uint(n uint64) { p.b = binary.AppendUvarint(p.b, n) }
func (p *packer) int(n int64)   { p.b = binary.AppendVarint(p.b, n) }

func (p *packer) text(s string) {
	p.uint(uint64(len(s)))
	p.b = append(p.b, s...)
}

// bools writes up to eight.
func (p *packer) bools(list ...bool) {
	flags := byte(0)
	for i, is := range list {
		if is {
			flags |= 1 << i
		}
	}
	p.b = append(p.b, flags)
}

// time writes a time, of which the zone is not kept.
func (p *packer) time(t time.Time) {
	p.bools(!t.IsZero())
	if !t.IsZero() {
		p.int(t.Unix())
		p.uint(uint64(t.Nanosecond()))
	}
}

// reader reads what a packer wrote. At the end of it everything is zero.
type reader struct{ rest string }

func (r *reader) uint() uint64 {
	n, shift := uint64(0), 0
	for i := range len(r.rest) {
		c := r.rest[i]
		n |= uint64(c&0x7f) << shift
		if shift += 7; c < 0x80 {
			r.rest = r.rest[i+1:]
			return n
		}
	}
	r.rest = ""
	return 0
}

func (r *reader) int() int64 {
	n := r.uint()
	return int64(n>>1) ^ -int64(n&1)
}

// count is how many follow: each takes a byte at least.
func (r *reader) count() int { return int(min(r.uint(), uint64(len(r.rest)))) }

func (r *reader) text() string {
	n := r.count()
	text := r.rest[:n]
	r.rest = r.rest[n:]
	return text
}

func (r *reader) byte() byte {
	if r.rest == "" {
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) time() time.Time {
	if r.byte() == 0 {
		return time.Time{}
	}
	seconds := r.int()
	return time.Unix(seconds, int64(r.uint())).UTC()
}

// place is the packer's.
func (r *reader) place(slot *Slot) {
	flags, newest := r.byte(), slot.Newest()
	switch {
	case flags&1 == 0:
	case flags&2 != 0 && newest != nil:
		slot.seat = seat{held: true, group: newest.Group, index: newest.Index}
	default:
		slot.seat = seat{held: true, group: r.text(), index: uint32(r.uint())}
	}
	if flags&4 == 0 {
		return
	}
	for _, n := range []*uint32{&slot.Failures, &slot.Streak, &slot.Unlucky, &slot.Crashes} {
		*n = uint32(r.uint())
	}
	slot.Crashing, slot.Counted = r.time(), r.uint()
}

// at is one of a list, the zero value beyond it.
func at(list []string, n uint64) string {
	if n < uint64(len(list)) {
		return list[n]
	}
	return ""
}
