package planning

import (
	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// ending gathers tasks that can share an event that dooms them.
type ending struct {
	named  ranges.Builder
	first  *cluster.Task
	reason string
	count  uint64
	kills  *killBudget
}

func (e *ending) add(t *cluster.Task, reason string) {
	if e.first != nil && (reason != e.reason || t.Run != e.first.Run || t.Group != e.first.Group) {
		return // What does not fit follows.
	}
	if !e.kills.allows(reason, e.count) {
		return
	}
	if e.first == nil {
		e.first, e.reason = t, reason
	}
	e.named.Add(t.Slot, t.Attempt)
	e.count++
}

// decision dooms what was gathered; keep has the slots stay with their group.
func (e *ending) decision(j *cluster.Job, keep bool) (Decision, bool) {
	if e.first == nil {
		return Decision{}, false
	}
	ev := events.TasksDoomed{
		Run: e.first.Run, Slots: e.named.Ranges(), Reason: e.reason, GraceMillis: grace(j, e.first).Milliseconds(),
		Class: ClassOf(e.reason), Keep: keep,
	}
	e.kills.stamp(&ev)
	return Decision{Cause: j.LastJob, Event: ev}, true
}
