package placement

import (
	"cmp"
	"iter"
	"slices"
	"sort"

	"github.com/milosgajdos/taurus/internal/core/offer"
)

// position is the place of a vacancy in the order in which vacancies are looked at: those
// with reserved resources first, which nobody else could use, then the freest.
type position struct {
	reserved    bool
	cpus        offer.Milli
	agent, role string
}

func (p position) compare(other position) int {
	if p.reserved != other.reserved {
		if p.reserved {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(other.cpus, p.cpus), cmp.Compare(p.agent, other.agent), cmp.Compare(p.role, other.role))
}

// blockMax bounds the vacancies of a block, which is what one insertion moves.
const blockMax = 256

// order keeps vacancies sorted by position while they change. It is blocks of sorted
// vacancies one after the other, none of them empty.
type order struct{ blocks [][]*vacancy }

// block returns the first block that has a position as high as r, the last one where
// none has.
func (o *order) block(r position) int {
	i := sort.Search(len(o.blocks), func(i int) bool {
		b := o.blocks[i]
		return b[len(b)-1].position.compare(r) >= 0
	})
	return min(i, len(o.blocks)-1)
}

func within(block []*vacancy, r position) (int, bool) {
	return slices.BinarySearchFunc(block, r, func(v *vacancy, r position) int { return v.position.compare(r) })
}

// insert puts in a vacancy that is not there.
func (o *order) insert(v *vacancy) {
	if len(o.blocks) == 0 {
		o.blocks = [][]*vacancy{{v}}
		return
	}
	i := o.block(v.position)
	at, _ := within(o.blocks[i], v.position)
	block := slices.Insert(o.blocks[i], at, v)
	if len(block) <= blockMax {
		o.blocks[i] = block
		return
	}
	half := len(block) / 2
	o.blocks[i] = slices.Clip(block[:half])
	o.blocks = slices.Insert(o.blocks, i+1, slices.Clone(block[half:]))
}

// remove takes a vacancy out, by the position it was put in with.
func (o *order) remove(v *vacancy) {
	if len(o.blocks) == 0 {
		return
	}
	i := o.block(v.position)
	at, found := within(o.blocks[i], v.position)
	if !found {
		return
	}
	o.blocks[i] = slices.Delete(o.blocks[i], at, at+1)
	if len(o.blocks[i]) == 0 {
		o.blocks = slices.Delete(o.blocks, i, i+1)
	}
}

// behind yields the vacancies behind a position; all of them for nil. The order must not
// change meanwhile.
func (o *order) behind(r *position) iter.Seq[*vacancy] {
	return func(yield func(*vacancy) bool) {
		i, at := 0, 0
		if r != nil && len(o.blocks) > 0 {
			found := false
			i = o.block(*r)
			if at, found = within(o.blocks[i], *r); found {
				at++
			}
		}
		for ; i < len(o.blocks); i, at = i+1, 0 {
			for _, v := range o.blocks[i][at:] {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// packed compares positions for who packs: those with reserved resources first, then the
// fullest.
func (p position) packed(other position) int {
	if p.reserved != other.reserved {
		return p.compare(other)
	}
	return cmp.Or(cmp.Compare(p.cpus, other.cpus), cmp.Compare(p.agent, other.agent), cmp.Compare(p.role, other.role))
}
