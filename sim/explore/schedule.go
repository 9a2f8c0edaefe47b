package explore

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/scheduler"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// dueTimes are when runs are due.
func (s *Scope) dueTimes() []dueTime {
	var all []dueTime
	for _, at := range s.Times {
		all = append(all, dueTime{start().Add(at), start().Add(at)})
	}
	return all
}

// covers reports whether an event tells of a time.
func covers(ev events.RunDue, at time.Time) bool {
	return at.Equal(ev.At) || ev.Count > 1 && !at.Before(ev.From) && !at.After(ev.At)
}

// told is how often the log tells what became of a time: read from its records, and not
// from what the fold makes of them.
func (l *Log) told(at time.Time) (n int) {
	for _, r := range l.records {
		if ev, ok := r.Event.(events.RunDue); ok && r.judged == cluster.Counted && covers(ev, at) {
			n++
		}
	}
	return n
}

// paused reports whether the schedule was paused at a time, as far as a log is read.
func (l *Log) paused(at time.Time, upTo uint64) bool {
	paused := false
	for _, r := range l.records[:upTo] {
		if ev, ok := r.Event.(events.ScheduleSteered); ok && r.judged == cluster.Counted && r.Time.Before(at) {
			paused = ev.Action == events.SchedulePause
		}
	}
	return paused
}

// checkOutcome: what became of a time is told in the words that a planner must find by
// what it has folded.
func (w *World) checkOutcome(i int, ev events.RunDue) {
	p, policy := w.procs[i], &w.scope.Schedule
	deadline := time.Duration(policy.StartDeadline)
	if ev.Outcome == events.RunSkipped && (policy.Overlap != job.OverlapForbid || len(p.state.Jobs[jobID].Series.Live()) == 0) {
		w.violate("a run is skipped for another one, and no other", describeEvent(events.Subject{}, ev))
	}
	for _, d := range w.scope.dueTimes() {
		at := d.until
		if !covers(ev, at) {
			continue
		}
		if held := w.log.paused(at, p.state.Sequence); held != (ev.Outcome == events.RunHeld) {
			w.violate("a run is held while its schedule is paused, and no other", describeEvent(events.Subject{}, ev))
		}
		if late := w.now.Sub(at) > deadline; late && ev.Outcome == events.RunStarted && policy.Missed == job.MissedNone || !late && ev.Outcome == events.RunMissed {
			w.violate("a run is missed after its deadline, and no other", describeEvent(events.Subject{}, ev))
		}
	}
}

// checkDue: each time is told of once, and where runs may not overlap none is started
// while another goes on.
func (w *World) checkDue(r *Record, ev events.RunDue) {
	covered := 0
	for _, d := range w.scope.dueTimes() {
		if !covers(ev, d.until) {
			continue
		}
		covered++
		if w.log.told(d.until) != 1 {
			w.violate("what became of a run is told once", r.String())
		}
	}
	if covered != int(max(ev.Count, 1)) {
		w.violate("what became of a run is told once", r.String()+" is of no such time")
	}
	others := slices.ContainsFunc(w.log.job().Series.Runs, func(run cluster.Run) bool { return run.Lives() && run.Sequence != r.Sequence })
	if others && ev.Outcome == events.RunStarted && w.scope.Schedule.Overlap == job.OverlapForbid {
		w.violate("runs that may not overlap do not", r.String())
	}
}

// checkRun: what has done its work is not run again, and of runs that may not overlap
// there is one at a time.
func (w *World) checkRun(l *scheduler.Launch) {
	if w.log.truth.Jobs[l.Job].Spec.Kind == job.KindBatch && w.mesos.Done[place{l.Job, l.Slot}] {
		w.violate("no run is there twice", l.TaskID+" is launched, and its work is done")
	}
	if w.scope.Times == nil || w.scope.Schedule.Overlap == job.OverlapAllow {
		return
	}
	for i := range w.mesos.Tasks {
		if t := &w.mesos.Tasks[i]; t.Alive && !t.Excused && t.Launch.Job != l.Job {
			w.violate("runs that may not overlap do not", fmt.Sprintf("%s runs, %s is launched", t.Launch.TaskID, l.TaskID))
		}
	}
}

// untold says which run has come due, or will, without a word of what became of it.
func (w *World) untold() string {
	j := w.log.job()
	if j.Over() {
		return ""
	}
	for _, d := range w.scope.dueTimes() {
		if w.log.told(d.until) == 0 && !w.log.paused(w.now, w.log.tail()) {
			return "nothing is told of the run of " + d.until.Format(time.TimeOnly)
		}
	}
	return ""
}
