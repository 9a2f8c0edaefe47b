package world

import (
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// LabelSickAfter says how long after its start a task's health check fails.
	LabelSickAfter = "sim.sick_after"
	// LabelSickFor says how long it does; absent means until the task is killed for it.
	LabelSickFor = "sim.sick_for"
	// LabelFailures says how many attempts of a slot fail, whatever they would end with.
	LabelFailures = "sim.failures"
	// LabelStagger says how much later tasks end than those with the index before.
	LabelStagger = "sim.stagger"
	// LabelFailFrom says from which index on tasks fail.
	LabelFailFrom = "sim.fail_from"
)

const (
	// checkedAfter is how long after its start a task is checked first.
	checkedAfter = 300 * time.Millisecond
	// sickness is how long a check fails before the agent kills its task.
	sickness = 4 * time.Second
)

// Checked has the tasks of a job's groups checked.
func Checked(s *job.Spec) *job.Spec {
	for i := range s.Tasks {
		s.Tasks[i].HealthCheck = &job.HealthCheck{Command: "true"}
	}
	return s
}

// checks are what the health checks of a task find that runs from then on.
func checks(g *job.Group, runs time.Time) []Turn {
	if g.HealthCheck == nil {
		return nil
	}
	yes, no := true, false
	turns := []Turn{{At: runs.Add(checkedAfter), State: "TASK_RUNNING", Healthy: &yes}}
	after, err := time.ParseDuration(g.Labels[LabelSickAfter])
	if err != nil {
		return turns
	}
	sick := runs.Add(checkedAfter + after)
	turns = append(turns, Turn{At: sick, State: "TASK_RUNNING", Healthy: &no})
	if lasts, err := time.ParseDuration(g.Labels[LabelSickFor]); err == nil {
		return append(turns, Turn{At: sick.Add(lasts), State: "TASK_RUNNING", Healthy: &yes})
	}
	return append(turns, Turn{At: sick.Add(sickness), State: "TASK_KILLED", Healthy: &no})
}

// reason is what a status says of its own.
func (t Turn) reason() string {
	if t.Healthy == nil || terminal(t.State) {
		return ""
	}
	return "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"
}

// ending has turns end with one, without what would come after it.
func ending(turns []Turn, end Turn) []Turn {
	for len(turns) > 0 && turns[len(turns)-1].At.After(end.At) {
		turns = turns[:len(turns)-1]
	}
	return append(turns, end)
}

// endOf is what a task ends with that ends by itself.
func endOf(l scheduler.Launch) string {
	labels := l.Group.Labels
	code := labels[LabelExitCode]
	if code != "" && code != "0" || l.Attempt <= number(labels[LabelFailures]) || labels[LabelFailFrom] != "" && l.Index >= number(labels[LabelFailFrom]) {
		return "TASK_FAILED"
	}
	return "TASK_FINISHED"
}

// isUp reports whether a task serves, by what Mesos said of it last: it runs, can be
// reached, and is healthy where that is checked.
func isUp(j *cluster.Job, t *cluster.Task) bool {
	if t.State != cluster.Running || t.Unreachable {
		return false
	}
	g := j.GroupOf(t)
	return g == nil || g.HealthCheck == nil || t.Healthy != nil && *t.Healthy
}

// place is a slot of a run.
type place struct {
	job  string
	run  uint64
	slot uint32
}

// streak is how often in a row the tasks of a slot have failed that got the same, none
// after a long run.
type streak struct {
	version uint64
	attempt uint32
	failed  int
	endedAt time.Time
}

// judgeEnd counts how often tasks fail in a row: one that ended otherwise, or was told to
// end, begins anew.
func (w *World) judgeEnd(rec cluster.Record, change cluster.Change) {
	ev, ok := rec.Event.(events.TaskStatusChanged)
	t := w.Referee.TaskByID(ev.TaskID)
	if !ok || change.Judgement != cluster.Counted || t == nil || t.Live() {
		return
	}
	at := place{t.Job, t.Run, t.Slot}
	before := w.streaks[at]
	g := w.Referee.Jobs[t.Job].GroupOf(t)
	if t.State != cluster.Failed || t.Doom != nil || t.RunningAt.IsZero() || g == nil || g.Restart == nil {
		delete(w.streaks, at)
		return
	}
	next := streak{t.Version, t.Attempt, 1, t.EndedAt}
	if before.version == t.Version && before.attempt+1 == t.Attempt && t.EndedAt.Sub(t.RunningAt) < time.Duration(g.Restart.ResetAfter) {
		next.failed += before.failed
	}
	w.streaks[at] = next
}

// checkBackOff: what failed is tried again after a wait only, which doubles each time
// up to its longest.
func (w *World) checkBackOff(s seen, ev events.TasksPlanned) {
	g := s.job.Group(ev.Group)
	if g == nil || ev.Run != s.job.Run {
		return
	}
	for _, slots := range ev.Slots {
		for slot := slots.From; slot <= slots.To; slot++ {
			row := w.streaks[place{s.job.ID, ev.Run, slot}]
			t := s.job.Slots[slot]
			if row.failed == 0 || row.version != ev.Version || t == nil || t.Newest().Attempt != row.attempt || t.Newest().State != cluster.Failed {
				continue
			}
			wait := min(time.Duration(g.Restart.Backoff)<<min(row.failed-1, 20), time.Duration(g.Restart.BackoffMax))
			if s.now.Before(row.endedAt.Add(wait)) && ev.NotBefore.Before(row.endedAt.Add(wait)) {
				w.violate("%s plans slot %d of %s for %s, which failed %d times in a row, the last at %s: it has to wait for %v",
					s.name, slot, s.job.ID, ev.NotBefore.Format(clock), row.failed, row.endedAt.Format(clock), wait)
			}
		}
	}
}
