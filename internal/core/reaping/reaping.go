package reaping

import (
	"cmp"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Margin is what is waited beyond the grace before a KILL is repeated: another
// KILL restarts the agent's `docker stop`.
const Margin = 10 * time.Second

// Due reports whether a task should be killed now; if not, wake says when time
// alone will change that, zero for never.
func Due(t *cluster.Task, now time.Time) (due bool, wake time.Time) {
	if t.Doom == nil || !t.Confirmed || !t.Live() || t.Unreachable {
		return false, time.Time{}
	}
	if t.Kills == 0 {
		return true, time.Time{}
	}
	again := t.KilledAt.Add(t.Doom.Grace + Margin)
	return !now.Before(again), again
}

// BlockedKills is how many announced kills make one that is blocked: a task that they
// have not ended has had its grace, and the margin, all but once as often.
const BlockedKills = 3

// Blocked reports whether a task that is to end was told so again and again, by an agent
// that can be reached, and is there: Docker hangs, or the program cannot be killed.
func Blocked(t *cluster.Task) bool {
	return t.Doom != nil && t.Confirmed && t.Live() && !t.Unreachable && t.Kills >= BlockedKills
}

// Issue returns the event that announces the kill of tasks of one job and run,
// all due. It names those that share the run and grace of the first; the rest
// follow in further events.
func Issue(tasks []*cluster.Task) (events.KillIssued, []*cluster.Task) {
	slices.SortFunc(tasks, func(a, b *cluster.Task) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Attempt, b.Attempt))
	})
	first := tasks[0]
	ev := events.KillIssued{Run: first.Run, GraceMillis: first.Doom.Grace.Milliseconds()}
	var (
		named  ranges.Builder
		issued []*cluster.Task
	)
	for _, t := range tasks {
		if t.Run == first.Run && t.Doom.Grace == first.Doom.Grace && named.Add(t.Slot, t.Attempt) {
			issued = append(issued, t)
		}
	}
	ev.Slots = named.Ranges()
	return ev, issued
}
