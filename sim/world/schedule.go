package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/job/cron"
	"github.com/milosgajdos/taurus/pkg/events"
)

// everyTwenty is the schedule of periodic jobs here.
const everyTwenty = "*/20 * * * * *"

// Periodic is a job that is due every twenty seconds.
func Periodic(id, overlap, missed string) *job.Spec {
	s := Service(id, 1)
	s.Kind = job.KindPeriodic
	s.Schedule = &job.Schedule{
		Cron: job.Lines{everyTwenty}, Overlap: overlap, Missed: missed, StartDeadline: job.Duration(time.Second), KeepRuns: 5,
	}
	s.Tasks[0].Labels = map[string]string{LabelRunFor: "12s"}
	return s
}

// Patience is how long after its time a run may not be told of in the calm.
const Patience = time.Minute

// account is what the log has said of a schedule: read from the records alone, and not
// by the fold that decides.
type account struct {
	run    uint64
	over   bool
	paused bool
	// held are the stretches of time in which it was paused.
	held    [][2]time.Time
	through time.Time
	started map[time.Time]bool
}

// Unaccounted says which times of periodic jobs' schedules were told of twice, in the
// wrong words, or not at all.
func (w *World) Unaccounted() (found []string) {
	accounts := map[string]*account{}
	for i := range w.Log.Records {
		r := &w.Log.Records[i].Decoded
		id := r.Subject.Job
		a := accounts[id]
		switch ev := r.Event.(type) {
		case events.JobSubmitted:
			if next := resubmitted(a, ev, r); next != nil {
				accounts[id] = next
			}
		case events.JobStopped:
			if a != nil && ev.Run == a.run {
				a.over = true
			}
		case events.ScheduleSteered:
			if a != nil && ev.Run == a.run && !a.over {
				a.steer(ev.Action == events.SchedulePause, r.Time)
			}
		case events.RunDue:
			if a != nil && ev.Run == a.run && !a.over && ev.At.After(a.through) && !ev.At.After(r.Time.Add(cluster.DueEarly)) &&
				a.heldAt(ev.At) == (ev.Outcome == events.RunHeld) {
				found = append(found, a.told(id, ev)...)
			}
		default:
		}
	}
	for id, a := range accounts {
		if a.over || a.run == 0 || a.paused {
			continue
		}
		if late := dueBetween(a.through, w.Now.Add(-Patience)); len(late) > 0 {
			found = append(found, fmt.Sprintf("%d runs of %s are not told of, the first of %s", len(late), id, late[0].Format(clock)))
		}
	}
	slices.Sort(found)
	return found
}

func resubmitted(a *account, ev events.JobSubmitted, r *cluster.Record) *account {
	spec, err := job.Parse(ev.Spec)
	if err != nil || spec.Kind != job.KindPeriodic {
		return a
	}
	next := &account{run: r.Sequence, through: r.Time, started: map[time.Time]bool{}}
	if a != nil {
		next.started = a.started
		if a.through.After(next.through) {
			next.through = a.through
		}
	}
	return next
}

func (a *account) steer(pause bool, at time.Time) {
	if pause == a.paused {
		return
	}
	a.paused = pause
	if pause {
		a.held = append(a.held, [2]time.Time{at, {}})
	} else {
		a.held[len(a.held)-1][1] = at
	}
}

// told takes in what became of times that were due.
func (a *account) told(id string, ev events.RunDue) (found []string) {
	times := dueBetween(a.through, ev.At)
	if len(times) != int(max(ev.Count, 1)) {
		found = append(found, fmt.Sprintf("the log tells of %d runs of %s up to %s, and there are %d", ev.Count, id, ev.At.Format(clock), len(times)))
	}
	for _, at := range times {
		if held := a.heldAt(at); held != (ev.Outcome == events.RunHeld) {
			found = append(found, fmt.Sprintf("the run of %s of %s is %s, paused: %t", id, at.Format(clock), ev.Outcome, held))
		}
	}
	if ev.Outcome == events.RunStarted && a.started[ev.At] {
		found = append(found, fmt.Sprintf("the run of %s of %s is started twice", id, ev.At.Format(clock)))
	}
	a.started[ev.At] = a.started[ev.At] || ev.Outcome == events.RunStarted
	a.through = ev.At
	return found
}

func (a *account) heldAt(at time.Time) bool {
	return slices.ContainsFunc(a.held, func(h [2]time.Time) bool { return at.After(h[0]) && (h[1].IsZero() || !at.After(h[1])) })
}

func dueBetween(after, until time.Time) (times []time.Time) {
	s, err := cron.Parse([]string{everyTwenty}, cron.UTC)
	if err != nil {
		panic(err)
	}
	for at := s.Next(after); !at.After(until); at = s.Next(at) {
		times = append(times, at)
	}
	return times
}
