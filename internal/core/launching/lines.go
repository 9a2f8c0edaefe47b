package launching

import (
	"cmp"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/placement"
)

// lines are the waiting tasks, those together that are alike.
type lines map[lineKey]*line

type lineKey struct {
	job, group string
	template   uint64
}

func lineOf(t *cluster.Task) lineKey { return lineKey{t.Job, t.Group, t.Template} }

// line is kept sorted as tasks come and go, since they come and go in order of slot as a
// rule, and a job may have very many of them.
type line struct {
	tasks []*cluster.Task
	// sorted reports whether tasks are in order.
	sorted bool
	// due are those that may be launched, as they were found last.
	due []*cluster.Task
}

func inLine(a, b *cluster.Task) int {
	return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Run, b.Run), cmp.Compare(a.Attempt, b.Attempt))
}

// join adds a task that waits.
func (l lines) join(t *cluster.Task) {
	k := lineOf(t)
	one := l[k]
	if one == nil {
		one = &line{sorted: true}
		l[k] = one
	}
	if n := len(one.tasks); n > 0 && inLine(one.tasks[n-1], t) > 0 {
		one.sorted = false
	}
	one.tasks = append(one.tasks, t)
}

// tidy drops who waits no more and puts the others in order.
func (l *line) tidy() {
	l.tasks = slices.DeleteFunc(l.tasks, func(t *cluster.Task) bool { return t.State != cluster.Waiting })
	if !l.sorted {
		slices.SortFunc(l.tasks, inLine)
		l.sorted = true
	}
}

// demand is what of a line may be launched now, by the log's clock, and when the next
// back-off ends. An attempt that was over, or cut off, when the next one was planned may have
// come back since: that one waits for its end. What was planned before the policy forbade it
// waits for another policy.
func (l *line) demand(j *cluster.Job, at time.Time, forbidden func(*cluster.Job, uint64) bool) (d placement.Demand, next time.Time) {
	l.due = l.due[:0]
	for _, t := range l.tasks {
		if t.Doom != nil || t.Run != j.Run || j.Slots[t.Slot].Occupied(t) || forbidden(j, t.Version) {
			continue
		}
		if t.NotBefore.After(at) {
			next = earlier(next, t.NotBefore)
			continue
		}
		l.due = append(l.due, t)
	}
	if len(l.due) > 0 {
		d = placement.Demand{Job: j, Group: j.GroupOf(l.due[0]), Tasks: l.due}
	}
	return d, next
}

// demands groups the waiting tasks that may be launched now; wake is when the next
// back-off ends.
func (m *Machine) demands() (demands []placement.Demand, wake time.Time) {
	for k, l := range m.pending.lines {
		j := m.state.Jobs[k.job]
		if l.tidy(); len(l.tasks) == 0 {
			delete(m.pending.lines, k)
			continue
		}
		if j.Over() {
			continue
		}
		d, next := l.demand(j, m.at.Log, m.forbidden)
		if !next.IsZero() {
			wake = earlier(wake, m.at.Now.Add(next.Sub(m.at.Log)))
		}
		if d.Group != nil {
			demands = append(demands, d)
		}
	}
	slices.SortFunc(demands, func(a, b placement.Demand) int {
		return cmp.Or(cmp.Compare(a.Job.ID, b.Job.ID), cmp.Compare(a.Group.Name, b.Group.Name),
			cmp.Compare(a.Tasks[0].Template, b.Tasks[0].Template))
	})
	return demands, wake
}
