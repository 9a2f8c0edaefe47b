package launcher

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/placement"
)

const (
	// refuseIdle is how long offers are refused while nothing waits: whoever
	// needs them shall have them, and a new demand revives.
	refuseIdle = time.Hour
	// reviveEvery bounds how often Mesos is asked for all offers again.
	reviveEvery = time.Second
	// reviveQuiet is how long offers may fail to come while something waits
	// before Mesos is asked again: the first REVIVE may have got lost.
	reviveQuiet = 30 * time.Second
)

// demands groups the waiting tasks that may be launched now, by the log's clock;
// wake is when the next back-off ends. An attempt that was over, or cut off, when
// the next one was planned may have come back since: that one waits for its end.
func (sess *session) demands(now time.Time) ([]placement.Demand, time.Duration) {
	type key struct{ job, group string }
	found, wake := map[key]*placement.Demand{}, idle
	for _, t := range sess.s.watch.waiting {
		j := sess.s.state.Jobs[t.Job]
		g := j.Group(t.Group)
		if t.Doom != nil || j.Over() || t.Run != j.Run || g == nil || j.Slots[t.Slot].Taken(t) {
			continue
		}
		if t.NotBefore.After(now) {
			wake = min(wake, t.NotBefore.Sub(now))
			continue
		}
		k := key{t.Job, t.Group}
		if found[k] == nil {
			found[k] = &placement.Demand{Job: j, Group: g}
		}
		found[k].Tasks = append(found[k].Tasks, t)
	}
	demands := make([]placement.Demand, 0, len(found))
	for _, d := range found {
		slices.SortFunc(d.Tasks, func(a, b *cluster.Task) int { return cmp.Compare(a.Slot, b.Slot) })
		demands = append(demands, *d)
	}
	slices.SortFunc(demands, func(a, b placement.Demand) int {
		return cmp.Or(cmp.Compare(a.Job.ID, b.Job.ID), cmp.Compare(a.Group.Name, b.Group.Name))
	})
	return demands, wake
}

// rest gives everything back while nothing waits.
func (sess *session) rest() {
	var ids []string
	for id := range sess.offers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	sess.decline(ids, refuseIdle)
	if !sess.suppressed {
		sess.suppressed = true
		sess.call("SUPPRESS", func(ctx context.Context) error { return sess.sub.Suppress(ctx, nil) })
	}
}

// want asks for offers if Mesos was told to hold them back and more is wanted
// than then. It goes through the lane after every earlier DECLINE, which would
// otherwise undo it.
func (sess *session) want(demands []placement.Demand, now time.Time) {
	tasks := 0
	for _, d := range demands {
		tasks += len(d.Tasks)
	}
	more := tasks > sess.wanted
	quiet := now.Sub(sess.offeredAt) > reviveQuiet && now.Sub(sess.revivedAt) > reviveQuiet
	if !sess.suppressed && !quiet && (!sess.refused || !more) {
		sess.wanted = tasks
		return
	}
	if now.Sub(sess.revivedAt) < reviveEvery {
		return
	}
	sess.wanted = tasks
	sess.revive(now)
}

// revive asks for all that is free at once, what the last ACCEPTs left of their
// offers too; Mesos would offer that by itself only with its next allocation.
func (sess *session) revive(now time.Time) {
	sess.suppressed, sess.refused, sess.revivedAt = false, false, now
	sess.call("REVIVE", func(ctx context.Context) error { return sess.sub.Revive(ctx, nil) })
}
