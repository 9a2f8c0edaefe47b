package core

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// prune forgets the agents that have been unreachable or gone for too long, and
// the oldest of those that are too many (5.1). What is forgotten is unknown then,
// and may register again.
func (m *Master) prune(now time.Time) {
	unreachable, gone := m.outdated(now, m.registry.Unreachable), m.outdated(now, m.registry.Gone)
	if len(unreachable)+len(gone) == 0 {
		return
	}
	for _, id := range unreachable {
		delete(m.registry.Unreachable, id)
		delete(m.registry.Aside, id)
	}
	for _, id := range gone {
		delete(m.registry.Gone, id)
	}
	m.queue(SaveRegistry{})
}

// outdated lists the agents of a list to be forgotten.
func (m *Master) outdated(now time.Time, since map[string]time.Time) []string {
	ids := slices.SortedFunc(maps.Keys(since), func(x, y string) int {
		return cmp.Or(since[x].Compare(since[y]), cmp.Compare(x, y))
	})
	n := max(0, len(ids)-m.limits.AgentCount)
	for n < len(ids) && now.Sub(since[ids[n]]) > m.limits.AgentAge {
		n++
	}
	return ids[:n]
}
