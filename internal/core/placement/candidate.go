package placement

import (
	"cmp"
	"container/heap"

	"github.com/milosgajdos/taurus/internal/job"
)

// candidate is a vacancy as a want saw it when it looked.
type candidate struct {
	v *vacancy
	// liking is what the affinities of the group make of the agent, peers how many of
	// the group's tasks run on its host.
	liking, peers int
	position      position
}

// see looks at a vacancy.
func (w *want) see(v *vacancy) candidate {
	return candidate{v: v, liking: w.liking(v), peers: w.peers.on(v.hostname), position: v.position}
}

// compare is less than 0 if a task of the group is to go to a rather than to b, both of
// which fit: to what the group likes more, then, spread out, to where the fewest of it
// run and the most is free, or packed, to where the least is free.
func (w *want) compare(a, b candidate) int {
	if a.liking != b.liking {
		return cmp.Compare(b.liking, a.liking)
	}
	if w.group.Placement == job.PlacementBinpack {
		return a.position.packed(b.position)
	}
	return cmp.Or(cmp.Compare(a.peers, b.peers), a.position.compare(b.position))
}

// candidates are vacancies with the best one first. What is placed elsewhere meanwhile
// makes them worse, so the first is looked at again before it is taken.
type candidates struct {
	w   *want
	all []candidate
}

// Len counts them.
func (c *candidates) Len() int { return len(c.all) }

// Less compares two.
func (c *candidates) Less(i, j int) bool { return c.w.compare(c.all[i], c.all[j]) < 0 }

// Swap swaps two.
func (c *candidates) Swap(i, j int) { c.all[i], c.all[j] = c.all[j], c.all[i] }

// Push adds one at the end.
func (c *candidates) Push(x any) { c.all = append(c.all, x.(candidate)) }

// Pop takes the one at the end.
func (c *candidates) Pop() any {
	last := c.all[len(c.all)-1]
	c.all = c.all[:len(c.all)-1]
	return last
}

// first returns the best candidate as it is now, and forgets those before it that do
// not fit; the one returned stays.
func (c *candidates) first(fits func(v *vacancy) bool) (candidate, bool) {
	for len(c.all) > 0 {
		now := c.w.see(c.all[0].v)
		switch {
		case !fits(now.v):
			heap.Pop(c)
		case now != c.all[0]:
			c.all[0] = now
			heap.Fix(c, 0)
		default:
			return now, true
		}
	}
	return candidate{}, false
}
