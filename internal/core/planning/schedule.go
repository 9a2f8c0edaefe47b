package planning

import (
	"fmt"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/job/cron"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	// DueMax is how many times of a schedule are looked at in one decision, and so how
	// many one event stands for. More follow.
	DueMax = 10_000
	// MissedMax is how many missed runs are made up for where all are to be; of the
	// older ones it is told how many there were.
	MissedMax = 100
	// RunsMax is how many runs of a job go on at once where they may overlap.
	RunsMax = 100
)

// due is a time of the schedule that is not decided yet.
type due struct {
	at time.Time
	// held reports whether the schedule was paused then.
	held bool
}

// dueTimes lists the times of a job's schedule that are not decided and have come, DueMax
// at most, and returns the next one that is to come: zero if there are more, if there
// is none, or while the schedule is paused. What came while it is paused counts once it
// is resumed.
func dueTimes(s *cluster.Series, now time.Time) (list []due, next time.Time) {
	after := s.Through
	for i, phase := range s.Phases {
		last := i == len(s.Phases)-1
		until := now
		if !last {
			until = earlier(s.Phases[i+1].From, now)
		}
		if phase.From.After(after) {
			after = phase.From
		}
		if phase.Schedule == nil || last && phase.Paused {
			return list, time.Time{}
		}
		next = time.Time{}
		times, err := cron.Parse(phase.Schedule.Cron, phase.Schedule.TimeZone)
		if err != nil {
			continue // Nobody's program wrote it, or a newer one.
		}
		at := times.Next(after)
		for ; !at.IsZero() && !at.After(until); at = times.Next(at) {
			if len(list) == DueMax {
				return list, time.Time{}
			}
			list = append(list, due{at, phase.Paused})
		}
		next = at
	}
	return list, next
}

// NextDue is when a periodic job is due next, after a time; zero for never, or while it
// is paused.
func NextDue(j *cluster.Job, now time.Time) time.Time {
	phase := j.Series.Phase()
	if j.Over() || phase == nil || phase.Schedule == nil || phase.Paused {
		return time.Time{}
	}
	times, err := cron.Parse(phase.Schedule.Cron, phase.Schedule.TimeZone)
	if err != nil {
		return time.Time{}
	}
	if j.Series.Through.After(now) {
		now = j.Series.Through
	}
	return times.Next(now)
}

// schedule decides about the times of a periodic job that have come, oldest first.
func schedule(around Around, j *cluster.Job, now time.Time) Decision {
	if j.Series == nil || j.Spec.Schedule == nil {
		return Decision{}
	}
	list, next := dueTimes(j.Series, now)
	if len(list) == 0 {
		return Decision{Wake: next}
	}
	if mayBeLost(around, list[0].at) {
		return Decision{} // Looked at again when Mesos has listed what it runs.
	}
	if n := prefix(list, func(d due) bool { return d.held }); n > 0 {
		return left(j, list[:n], events.RunHeld, "the schedule was paused")
	}
	policy := j.Spec.Schedule
	late := func(d due) bool { return !d.held && now.Sub(d.at) > time.Duration(policy.StartDeadline) }
	missed := prefix(list, late)
	if missed == 0 {
		return start(around, j, list[0].at, false)
	}
	if n := missed - madeUp(policy.Missed, list, missed, late); n > 0 {
		return left(j, list[:n], events.RunMissed, fmt.Sprintf("not begun within %s", policy.StartDeadline))
	}
	return start(around, j, list[0].at, true)
}

// madeUp is how many of the first times, which were missed, are made up for: the last
// ones of them.
func madeUp(policy string, list []due, missed int, late func(due) bool) int {
	if len(list) == DueMax {
		return 0 // Newer ones are.
	}
	all, fresh := 0, false
	for _, d := range list {
		switch {
		case late(d):
			all++
		case !d.held:
			fresh = true
		}
	}
	behind := all - missed // Missed ones that follow later.
	switch policy {
	case job.MissedAll:
		return min(missed, max(0, MissedMax-behind))
	case job.MissedLast:
		if !fresh && behind == 0 {
			return 1
		}
	}
	return 0
}

// left tells what became of times at which nothing is started.
func left(j *cluster.Job, list []due, outcome, reason string) Decision {
	ev := events.RunDue{Run: j.Run, Version: j.Version, At: list[len(list)-1].at, Outcome: outcome, Reason: reason}
	if len(list) > 1 {
		ev.Count, ev.From = uint32(len(list)), list[0].at
	}
	return Decision{Event: ev, Cause: j.LastJob}
}

// start starts a run, or tells why it is not. While missed ones are made up for, one
// after the other, those that follow wait, too.
func start(around Around, j *cluster.Job, at time.Time, late bool) Decision {
	ev := events.RunDue{Run: j.Run, Version: j.Version, At: at, Outcome: events.RunStarted}
	live := j.Series.Live()
	if _, forbidden := Forbids(around, j); forbidden {
		return Decision{} // Looked at again when the policy has changed.
	}
	switch {
	case there(around, job.RunID(j.ID, at, 0)):
		ev.Outcome, ev.Reason = events.RunSkipped, "tasks of this run are there, of which the log has lost the beginning"
	case len(live) == 0:
	case j.Spec.Schedule.Overlap == job.OverlapForbid && j.Spec.Schedule.Missed == job.MissedAll && (late || madeUpFor(j, live[0])):
		return Decision{} // Looked at again when one has ended.
	case j.Spec.Schedule.Overlap == job.OverlapForbid:
		ev.Outcome, ev.Reason = events.RunSkipped, live[0].Job+" goes on"
	case j.Spec.Schedule.Overlap == job.OverlapReplace:
		ev.Replaces = true
	case len(live) >= RunsMax:
		ev.Outcome, ev.Reason = events.RunSkipped, fmt.Sprintf("%d runs go on, the most there may be", len(live))
	}
	return Decision{Event: ev, Cause: j.LastJob}
}

// mayBeLost reports whether a time of a schedule may have been decided in a part of the log
// that is lost, and what Mesos runs does not tell yet. Nothing is started meanwhile anyway.
func mayBeLost(around Around, at time.Time) bool {
	if around == nil {
		return false
	}
	loss, unlisted := around.Unlisted()
	return unlisted && !at.After(loss.At.Add(cluster.DueEarly))
}

// Unlisted reports whether the next time of a periodic job waits until Mesos has listed what
// it runs.
func Unlisted(around Around, j *cluster.Job) bool {
	at := NextDue(j, time.Time{})
	return !at.IsZero() && mayBeLost(around, at)
}

// there reports whether tasks are known of a run that the log does not know: it lost its end
// when they had been started, and to begin the run again would be to do it twice, be it that
// they have ended since.
func there(around Around, run string) bool {
	if around == nil {
		return false
	}
	j := around.Job(run)
	return j != nil && (j.Alive() || j.Run == 0 && j.Known())
}

// madeUpFor reports whether a run began too late.
func madeUpFor(j *cluster.Job, run *cluster.Run) bool {
	return run.DecidedAt.Sub(run.At) > time.Duration(j.Spec.Schedule.StartDeadline)
}

// prefix is how many of the first are such.
func prefix(list []due, is func(due) bool) int {
	for n, d := range list {
		if !is(d) {
			return n
		}
	}
	return len(list)
}

// Awaited returns the run that a job waits for before its tasks start, as it replaces
// it; nil if there is none. What is left on agents that are cut off is not waited for.
func Awaited(s *cluster.State, j *cluster.Job) *cluster.Job {
	if j.Parent == nil || !j.Parent.Replaces {
		return nil
	}
	parent := s.Jobs[j.Parent.ID]
	if parent == nil {
		return nil
	}
	for _, run := range parent.Series.Live() {
		if other := s.Jobs[run.Job]; other != nil && other != j && other.Run < j.Run && other.Over() && inReach(other) {
			return other
		}
	}
	return nil
}

// inReach reports whether a task of a job lives on an agent that is not cut off.
func inReach(j *cluster.Job) bool {
	for _, slot := range j.Slots {
		for _, t := range slot.Tasks {
			if t.Live() && !t.Unreachable && t.State != cluster.Waiting {
				return true
			}
		}
	}
	return false
}
