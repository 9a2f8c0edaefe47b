package deciding

import (
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/machine"
)

// handover is how long a job of another replica is left to it. What is still to
// be decided about the job then is decided here: the other may hang, or be gone
// and not yet missed.
const handover = 2 * time.Second

// Shared says which partitions a replica looks after; until it comes, and if Mine
// is nil, it is all of them. It saves work; nothing goes wrong if it is wrong.
type Shared struct {
	Mine []bool
}

// Input marks the type as one.
func (Shared) Input() {}

var _ machine.Input = Shared{}

// reshare looks at every job again but those that were deleted and of which nothing lives:
// nothing is ever decided about them before the log speaks of them, and some are closed.
func (m *Machine) reshare(mine []bool) {
	m.mine = slices.Clone(mine)
	for _, id := range slices.Sorted(maps.Keys(m.state.Jobs)) {
		if j := m.state.Jobs[id]; !j.Deleted || j.Alive() {
			m.agenda.touch(id)
		}
	}
}

// ours reports whether a job that is due is for this replica to decide about now.
// One that is another's is looked at once its handover is over.
func (m *Machine) ours(job string, now time.Time) bool {
	if m.mine == nil {
		delete(m.left, job)
		return true
	}
	since, left := m.left[job]
	if m.mine[m.space.Partition(job)] || left && now.Sub(since) >= handover {
		delete(m.left, job)
		return true
	}
	if !left {
		since, m.left[job] = now, now
	}
	m.agenda.wakeAt(job, since.Add(handover))
	return false
}
