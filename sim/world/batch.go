package world

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// Indexed is a batch job of so many tasks, each of which fails so often and then does its
// work.
func Indexed(id string, replicas, failures uint32) *job.Spec {
	s := Batch(id)
	s.Tasks[0].Replicas = replicas
	s.Tasks[0].Labels[LabelFailures] = fmt.Sprint(failures)
	return s
}

func number(text string) uint32 {
	n, _ := strconv.ParseUint(text, 10, 32)
	return uint32(n)
}

// checkNotDone: work that is done is not done again.
func (w *World) checkNotDone(s seen, ev events.TasksPlanned) {
	if s.job.Spec == nil || s.job.Spec.Kind != job.KindBatch {
		return
	}
	for _, r := range ev.Slots {
		for slot := r.From; slot <= r.To; slot++ {
			for _, t := range attempts(s.state, s.job.ID, slot) {
				if t.Run == ev.Run && t.State == cluster.Finished {
					w.violate("%s plans slot %d of %s again, whose work is done", s.name, slot, s.job.ID)
				}
			}
		}
	}
}

// checkIndex: of the tasks of a batch no two have one index, and none is beyond what is
// wanted.
func (w *World) checkIndex(l scheduler.Launch) {
	j := w.Referee.Jobs[l.Job]
	if j == nil || j.Run != l.Run || j.Spec == nil || j.Spec.Kind != job.KindBatch {
		return
	}
	if l.Index >= l.Group.Replicas {
		w.violate("%s has index %d, and %d are wanted", l.TaskID, l.Index, l.Group.Replicas)
	}
	for _, t := range w.Master.Tasks {
		if o := &t.Launch; t.Alive && o.Job == l.Job && o.Run == l.Run && o.Group.Name == l.Group.Name && o.Slot != l.Slot && o.Index == l.Index {
			w.violate("%s and %s both have index %d", o.TaskID, l.TaskID, l.Index)
		}
	}
}

// checkTimeLimit: nothing is ended for having run for too long before it has.
func (w *World) checkTimeLimit(s seen, ev events.TasksDoomed) {
	if ev.Class != "time_limit" {
		return
	}
	for _, t := range s.tasksIn(ev.Run, ev.Slots) {
		limit := time.Duration(s.job.GroupOf(t).TimeLimit)
		if began := t.RunningAt; t.State != cluster.Running || limit == 0 || !began.IsZero() && s.now.Before(began.Add(limit)) {
			w.violate("%s ends %s for its time: it is %s since %s, with a limit of %v", s.name, t.ID, t.State, began.Format(clock), limit)
		}
	}
}

// work is what became of the slots of a batch job.
type work struct {
	wanted, done, failed uint64
	// indexes are those of the tasks that did their work, by group.
	indexes map[string][]uint32
}

func workOf(j *cluster.Job) work {
	all := work{indexes: map[string][]uint32{}}
	for i := range j.Spec.Tasks {
		all.wanted += uint64(j.Spec.Tasks[i].Replicas)
	}
	for _, slot := range j.Slots {
		t := slot.Newest()
		if t == nil {
			continue
		}
		i := slices.IndexFunc(slot.Tasks, func(t *cluster.Task) bool { return t.Run == j.Run && t.State == cluster.Finished })
		switch g := j.Group(t.Group); {
		case i >= 0:
			all.done++
			done := slot.Tasks[i]
			all.indexes[done.Group] = append(all.indexes[done.Group], done.Index)
		case g == nil || t.Live() || t.Run != j.Run:
		case g.Restart.Policy == job.RestartNever || t.Attempt >= g.Restart.Attempts:
			all.failed++
		}
	}
	return all
}

// checkCompleted: a job is completed once as many of its tasks have done their work as
// have to, and of each index no more than one.
func (w *World) checkCompleted(s seen) {
	all, need := workOf(s.job), s.job.Spec.Success
	if all.done < need.Of(all.wanted) {
		w.violate("%s completes %s, of which %d of %d tasks are done, and %s have to be", s.name, s.job.ID, all.done, all.wanted, need)
	}
	for group, indexes := range all.indexes {
		slices.Sort(indexes)
		if n := len(slices.Compact(slices.Clone(indexes))); n != len(indexes) {
			w.violate("%s completes %s, of whose group %s the indexes %v are done", s.name, s.job.ID, group, indexes)
		}
		if g := s.job.Group(group); need == job.SuccessAll && g != nil && (len(indexes) != int(g.Replicas) || indexes[len(indexes)-1] != g.Replicas-1) {
			w.violate("%s completes %s, of whose group %s the indexes %v are done", s.name, s.job.ID, group, indexes)
		}
	}
}

// checkFailed: a job fails once so many of its tasks have for good that too few are left,
// or when its time is over.
func (w *World) checkFailed(s seen, ev events.JobFailed) {
	if s.job.Spec.Kind != job.KindBatch {
		return
	}
	if strings.HasPrefix(ev.Reason, "ran longer than") {
		limit := time.Duration(s.job.Spec.TimeLimit)
		if limit == 0 || s.now.Before(s.job.SubmittedAt.Add(limit)) {
			w.violate("%s fails %s for its time, submitted at %s with a limit of %v", s.name, s.job.ID, s.job.SubmittedAt.Format(clock), limit)
		}
		return
	}
	all := workOf(s.job)
	if need := s.job.Spec.Success.Of(all.wanted); all.wanted-min(all.failed, all.wanted) >= need {
		w.violate("%s fails %s, of which %d of %d tasks have failed for good, and %d have to be done", s.name, s.job.ID, all.failed, all.wanted, need)
	}
}

// checkExpired: a job that is over is listed for as long as it is to be kept.
func (w *World) checkExpired(s seen) {
	ended, over := endedAt(s.job)
	if keep := time.Duration(s.job.Spec.KeepFor); keep == 0 || !over || s.now.Before(ended.Add(keep)) {
		w.violate("%s leaves %s out of the lists, over: %t at %s, to be kept for %v", s.name, s.job.ID, over, ended.Format(clock), keep)
	}
}

// endedAt is when the last of a job ended, false if it has not.
func endedAt(j *cluster.Job) (last time.Time, over bool) {
	last = j.StoppedAt
	if j.OutcomeAt.After(last) {
		last = j.OutcomeAt
	}
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Live() {
				return last, false
			}
			if t.EndedAt.After(last) {
				last = t.EndedAt
			}
		}
	}
	return last, j.Over()
}

// Overdue says what should have happened by itself in the calm, which began at a time, and
// has not: what is over its time, done, to be left out of the lists, or to be killed. Where
// kills are bounded they may take longer.
func (w *World) Overdue(calm time.Time) (found []string) {
	patience := Patience
	if w.Options.KillBound > 0 {
		patience = boundPatience
	}
	late := func(due time.Time) bool {
		if due.Before(calm) {
			due = calm
		}
		return w.Now.After(due.Add(patience))
	}
	for _, t := range w.Master.Tasks {
		limit := time.Duration(t.Launch.Group.TimeLimit)
		if t.Alive && limit > 0 && !t.RunningAt.IsZero() && late(t.RunningAt.Add(limit)) {
			found = append(found, fmt.Sprintf("%s runs since %s, its limit is %v", t.Launch.TaskID, t.RunningAt.Format(clock), limit))
		}
		if known := w.Referee.TaskByID(t.Launch.TaskID); t.Alive && known != nil && known.KillAsked != nil && late(known.KillAsked.At) {
			found = append(found, fmt.Sprintf("%s runs, and is to be killed since %s", t.Launch.TaskID, known.KillAsked.At.Format(clock)))
		}
		if known := w.Referee.TaskByID(t.Launch.TaskID); t.Alive && known != nil {
			if at := w.dismissedAt(known); !at.IsZero() && late(at) {
				found = append(found, fmt.Sprintf("%s runs, and is to be gone since %s", t.Launch.TaskID, at.Format(clock)))
			}
		}
	}
	for _, j := range w.Referee.Jobs {
		if j.Spec == nil || j.Spec.Kind != job.KindBatch || j.Deleted || j.Spec.Dispatch != nil {
			continue
		}
		limit, keep := time.Duration(j.Spec.TimeLimit), time.Duration(j.Spec.KeepFor)
		if !j.Over() && limit > 0 && late(j.SubmittedAt.Add(limit)) {
			found = append(found, fmt.Sprintf("%s goes on since %s, its limit is %v", j.ID, j.SubmittedAt.Format(clock), limit))
		}
		if all := workOf(j); !j.Over() && all.wanted > 0 && all.done >= j.Spec.Success.Of(all.wanted) && late(lastEnd(j)) {
			found = append(found, fmt.Sprintf("%s is not completed, although %d of %d are done", j.ID, all.done, all.wanted))
		}
		if ended, over := endedAt(j); over && keep > 0 && late(ended.Add(keep)) {
			found = append(found, fmt.Sprintf("%s is listed since it ended at %s, to be kept for %v", j.ID, ended.Format(clock), keep))
		}
	}
	slices.Sort(found)
	return found
}

// boundPatience is Patience where kills are bounded: what asks for more than there may be
// in a minute waits for the next.
const boundPatience = 6 * time.Minute

// lastEnd is when a task of a job ended last.
func lastEnd(j *cluster.Job) (last time.Time) {
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.EndedAt.After(last) {
				last = t.EndedAt
			}
		}
	}
	return last
}
