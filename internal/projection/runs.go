package projection

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// The states of a job whose runs are jobs of their own. Nothing of it runs itself.
const (
	// StateScheduled: its runs begin at the times of its schedule.
	StateScheduled JobState = "scheduled"
	// StatePaused: its schedule waits for a user.
	StatePaused JobState = "paused"
	// StateDispatchable: its runs begin when they are asked for.
	StateDispatchable JobState = "dispatchable"
)

// Series is what users see of a job whose runs are jobs of their own.
type Series struct {
	// Next is when it is due next; absent while it is paused.
	Next time.Time `json:"next,omitzero"`
	// Last is the newest run, Live how many go on.
	Last *Run `json:"last,omitzero"`
	Live int  `json:"live"`
	// Paused tells since when the schedule is paused, by whom and why.
	Paused *Pause `json:"paused,omitzero"`
}

// Pause is that of a schedule.
type Pause struct {
	Since  time.Time `json:"since"`
	By     string    `json:"by,omitzero"`
	Reason string    `json:"reason,omitzero"`
}

// Parent is what users see of the series that a job is a run of.
type Parent struct {
	Job string `json:"job"`
	// At is the time of the schedule, or when the run was asked for.
	At time.Time `json:"at"`
	// Number is that of a run that was asked for.
	Number     uint64            `json:"number,omitzero"`
	Parameters map[string]string `json:"parameters,omitempty"`
	// WaitsFor is the run that has to be over first, as this one replaces it.
	WaitsFor string `json:"waits_for,omitzero"`
}

// Run is what became of one run of a series, or of times that were left out.
type Run struct {
	// Outcome is started, skipped, missed or held; of a run that has ended completed,
	// failed or stopped, of one that has not running.
	Outcome string    `json:"outcome"`
	At      time.Time `json:"at"`
	// Count is how many times it stands for, From the first, where they are several.
	Count uint32    `json:"count,omitzero"`
	From  time.Time `json:"from,omitzero"`
	// Job is the id of the run's job, Number that of one that was asked for.
	Job        string            `json:"job,omitzero"`
	Number     uint64            `json:"number,omitzero"`
	Parameters map[string]string `json:"parameters,omitempty"`
	By         string            `json:"by,omitzero"`
	Reason     string            `json:"reason,omitzero"`
	StartedAt  time.Time         `json:"started_at,omitzero"`
	EndedAt    time.Time         `json:"ended_at,omitzero"`
	// Seconds is from the start to the end, or to now.
	Seconds  float64 `json:"seconds,omitzero"`
	Sequence uint64  `json:"sequence"`
}

// Runs are a page of the runs of a series, newest first.
type Runs struct {
	Runs []Run `json:"runs"`
	// Next is the cursor of the next page, absent on the last.
	Next     string    `json:"next,omitzero"`
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"`
}

// Runs returns the runs of a series that are before a sequence, 0 for the newest, and
// reports whether users see such a job.
func (m *Model) Runs(id string, before uint64, limit int, now time.Time) (Runs, bool) {
	j, ok := m.known(id)
	if !ok {
		return Runs{}, false
	}
	page := Runs{Runs: []Run{}, Sequence: m.Sequence(), Time: now}
	if j.Series == nil {
		return page, true
	}
	for i := range slices.Backward(j.Series.Runs) {
		run := &j.Series.Runs[i]
		if before != 0 && run.Sequence >= before {
			continue
		}
		if len(page.Runs) == limit {
			page.Next = strconv.FormatUint(page.Runs[limit-1].Sequence, 10)
			break
		}
		page.Runs = append(page.Runs, runOf(run, now))
	}
	return page, true
}

// RunOf returns the run that an event began, and its job; false if it is not kept.
func (m *Model) RunOf(id string, sequence uint64, key string, now time.Time) (Run, bool) {
	j, ok := m.known(id)
	if !ok || j.Series == nil {
		return Run{}, false
	}
	for i := range j.Series.Runs {
		if run := &j.Series.Runs[i]; run.Sequence == sequence || key != "" && run.Key == key {
			return runOf(run, now), true
		}
	}
	return Run{}, false
}

func runOf(run *cluster.Run, now time.Time) Run {
	v := Run{
		Outcome: run.Outcome, At: run.At, Job: run.Job, Number: run.Number, Parameters: run.Parameters, By: run.By, Reason: run.Why,
		Sequence: run.Sequence,
	}
	if run.Count > 1 {
		v.Count, v.From = run.Count, run.From
	}
	if run.Job == "" {
		return v
	}
	v.StartedAt, v.Outcome = run.DecidedAt, "running"
	until := now
	if run.Ended {
		v.Outcome, v.EndedAt, until = run.End, run.EndedAt, run.EndedAt
		v.Reason = cmp.Or(run.Reason, v.Reason)
	}
	v.Seconds = max(0, until.Sub(run.DecidedAt)).Seconds()
	return v
}

// stateOfSeries is that of a job that nothing runs of itself and that is not over.
func stateOfSeries(j *cluster.Job) JobState {
	switch phase := j.Series.Phase(); {
	case j.Spec.Kind != job.KindPeriodic:
		return StateDispatchable
	case phase != nil && phase.Paused:
		return StatePaused
	}
	return StateScheduled
}

// seriesOf is what is seen of a series; nil of any other job.
func (m *Model) seriesOf(j *cluster.Job) *Series {
	if j.Series == nil || j.Spec == nil || !j.Spec.Series() {
		return nil
	}
	v := &Series{Live: len(j.Series.Live()), Next: planning.NextDue(j, m.Time())}
	if phase := j.Series.Phase(); phase != nil && phase.Paused && !j.Over() {
		v.Paused = &Pause{Since: phase.From, By: phase.By, Reason: phase.Why}
	}
	if n := len(j.Series.Runs); n > 0 {
		last := runOf(&j.Series.Runs[n-1], m.Time())
		v.Last = &last
	}
	return v
}

func (m *Model) parentOf(j *cluster.Job) *Parent {
	if j.Parent == nil {
		return nil
	}
	v := &Parent{Job: j.Parent.ID, At: j.Parent.At, Number: j.Parent.Number, Parameters: j.Parent.Parameters}
	if other := planning.Awaited(m.state, j); other != nil {
		v.WaitsFor = other.ID
	}
	return v
}

// overdueAfter is how long a planner may take about a run before users are told.
const overdueAfter = 10 * time.Second

// The reasons of a series.
const (
	CodeScheduled Code = "scheduled"
	CodePaused    Code = "paused"
	CodeLastRun   Code = "last_run"
	CodeReplaces  Code = "waits_for_run"
)

// series tells of the schedule, the last run and what became of the last time.
func (e *Explanation) series(around planning.Around, j *cluster.Job, now time.Time) {
	if !j.Spec.Series() || j.Series == nil {
		return
	}
	switch phase := j.Series.Phase(); {
	case j.Spec.Kind != job.KindPeriodic:
		e.Reasons = append(e.Reasons, Reason{Code: CodeScheduled, Message: "runs when it is asked to: taurus dispatch " + j.ID})
	case phase != nil && phase.Paused:
		message := "paused" + bySomebody(phase.By) + " since " + stamp(phase.From)
		if phase.Why != "" {
			message += ": " + phase.Why
		}
		e.Reasons = append(e.Reasons, Reason{Code: CodePaused, Message: message + "; taurus job resume " + j.ID})
	default:
		next := planning.NextDue(j, now)
		message := "the schedule is never due again"
		if !next.IsZero() {
			message = fmt.Sprintf("next run at %s, in %s", stamp(next), rough(next.Sub(now)))
		}
		e.Reasons = append(e.Reasons, Reason{Code: CodeScheduled, Message: message})
	}
	why, forbidden := planning.Forbids(around, j)
	if forbidden {
		e.Reasons = append(e.Reasons, Reason{Code: CodeForbidden, Message: "no run is begun: " + why.String()})
	}
	switch at := planning.NextDue(j, time.Time{}); {
	case forbidden:
	case at.IsZero() || now.Sub(at) <= overdueAfter:
	case planning.Unlisted(around, j):
		e.Reasons = append(e.Reasons, Reason{
			Code: CodeNotPlanned, Message: "the run of " + stamp(at) + " waits until Mesos has listed what it runs: a part of the log was lost, and it may have begun already",
		})
	default:
		e.Reasons = append(e.Reasons, Reason{Code: CodeNotPlanned, Message: "the planner has not decided yet about the run of " + stamp(at)})
	}
	if n := len(j.Series.Runs); n > 0 {
		e.Reasons = append(e.Reasons, Reason{Code: CodeLastRun, Message: lastRun(&j.Series.Runs[n-1], now)})
	}
	if live := len(j.Series.Live()); live > 1 {
		e.Reasons = append(e.Reasons, Reason{Code: CodeLastRun, Message: fmt.Sprintf("%d runs go on", live)})
	}
}

// awaits tells of a run that waits for another that it replaces.
func (e *Explanation) awaits(v Job) {
	if v.Parent != nil && v.Parent.WaitsFor != "" && v.Tasks.Waiting > 0 {
		e.Reasons = append(e.Reasons, Reason{
			Code: CodeReplaces, Tasks: v.Tasks.Waiting, Message: fmt.Sprintf("replaces %s and begins once that is over", v.Parent.WaitsFor),
		})
	}
}

func lastRun(run *cluster.Run, now time.Time) string {
	v := runOf(run, now)
	because := ""
	if v.Reason != "" {
		because = ": " + v.Reason
	}
	switch {
	case run.Job == "" && v.Count > 1:
		return fmt.Sprintf("the last %d times, from %s to %s, were %s%s", v.Count, stamp(v.From), stamp(v.At), outcomeWord(v.Outcome), because)
	case run.Job == "":
		return fmt.Sprintf("the last time, %s, was %s%s", stamp(v.At), outcomeWord(v.Outcome), because)
	case run.Ended:
		return fmt.Sprintf("last run %s %s after %s%s", v.Job, v.Outcome, rough(v.EndedAt.Sub(v.StartedAt)), because)
	}
	return fmt.Sprintf("run %s has gone on for %s", v.Job, rough(now.Sub(v.StartedAt)))
}

func outcomeWord(outcome string) string {
	if outcome == events.RunHeld {
		return "held back"
	}
	return outcome
}

func bySomebody(actor string) string {
	if actor == "" {
		return ""
	}
	return " by " + actor
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

// rough is a length of time as people say it.
func rough(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Round(time.Minute).Minutes()))
	case d < 2*day:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Round(day)/day))
}
