package launcher

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/mesos"
)

const (
	// reconcileEvery is how often all tasks are asked about.
	reconcileEvery = 15 * time.Minute
	// reconcileChunk is how many tasks one RECONCILE names.
	reconcileChunk = 1000
	// reconcileFirst and reconcileMax bound the waits for answers that do not
	// come: an agent that recovers makes the master silent.
	reconcileFirst = 5 * time.Second
	reconcileMax   = time.Minute
)

// reconciliation is a round of questions about what Mesos runs. Asking for each
// task by name finds those that are gone; asking for all finds strangers.
type reconciliation struct {
	// open are the tasks not yet answered, with their agents.
	open     map[string]string
	tries    int
	askAt    time.Time
	nextAt   time.Time
	implicit bool // all are to be asked for once the named ones were
}

// begin starts a round over all live tasks that Mesos has spoken of. Those it
// has not are resolved instead: to them, "gone" may mean "not yet".
func (r *reconciliation) begin(state *cluster.State, now time.Time) {
	*r = reconciliation{open: map[string]string{}, askAt: now, nextAt: now.Add(reconcileEvery), implicit: true}
	for _, j := range state.Jobs {
		for _, slot := range j.Slots {
			for _, t := range slot.Tasks {
				if t.Live() && t.Confirmed {
					r.open[t.ID] = t.AgentID
				}
			}
		}
	}
}

func (r *reconciliation) answered(taskID string) { delete(r.open, taskID) }

// ask sends what is due and returns how long until the next.
func (r *reconciliation) ask(sess *session, now time.Time) time.Duration {
	if !now.Before(r.nextAt) {
		r.begin(sess.s.state, now)
	}
	if now.Before(r.askAt) {
		return r.askAt.Sub(now)
	}
	var named []mesos.TaskAgent
	for _, id := range slices.Sorted(maps.Keys(r.open)) {
		if t := sess.s.state.TaskByID(id); t == nil || !t.Live() {
			delete(r.open, id)
			continue
		}
		named = append(named, mesos.TaskAgent{TaskID: id, AgentID: r.open[id]})
	}
	for chunk := range slices.Chunk(named, reconcileChunk) {
		sess.call("RECONCILE", func(ctx context.Context) error { return sess.sub.Reconcile(ctx, chunk) })
	}
	if r.implicit {
		r.implicit = false
		sess.call("RECONCILE", func(ctx context.Context) error { return sess.sub.Reconcile(ctx, nil) })
	}
	if len(named) == 0 {
		r.askAt = r.nextAt
		return r.nextAt.Sub(now)
	}
	r.tries++
	r.askAt = now.Add(min(reconcileFirst<<min(r.tries-1, 4), reconcileMax))
	return r.askAt.Sub(now)
}
