package submission_test

import (
	"fmt"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// of is a job of a kind, as the log has it once a user has asked for something of it.
func of(t *testing.T, change func(*job.Spec), then func(run uint64) events.Event) *cluster.Job {
	t.Helper()
	l := clustertest.New()
	spec := clustertest.Service("web", 1)
	change(spec)
	spec.Normalise()
	if err := spec.Validate(job.DefaultLimits()); err != nil {
		t.Fatal(err)
	}
	j := l.Submit(spec)
	if then == nil {
		return j
	}
	if c := l.Job("web", then(j.Run)); c.Judgement != cluster.Counted {
		t.Fatalf("%+v is %s", then(j.Run), c.Judgement)
	}
	return j
}

func nightly(s *job.Spec) {
	s.Kind, s.Schedule = job.KindPeriodic, &job.Schedule{Cron: job.Lines{"0 3 * * *"}}
}

func imported(s *job.Spec) {
	s.Kind = job.KindBatch
	s.Dispatch = &job.Dispatch{Parameters: map[string]job.DispatchParameter{"INPUT": {Required: true}}}
}

// TestScheduleCommandsOfEveryKind: every command about runs against every kind of job, and
// what was asked of it before.
func TestScheduleCommandsOfEveryKind(t *testing.T) {
	t.Parallel()
	const (
		steered   = "taurus.job.schedule_steered.v1"
		requested = "taurus.job.run_requested.v1"
		nothing   = "-"
	)
	paused := func(run uint64) events.Event {
		return events.ScheduleSteered{Run: run, Action: events.SchedulePause}
	}
	asked := func(parameters map[string]string) func(uint64) events.Event {
		return func(run uint64) events.Event {
			return events.RunRequested{Run: run, Version: 1, Number: 1, IdempotencyKey: "k", Parameters: parameters}
		}
	}
	stopped := func(run uint64) events.Event { return events.JobStopped{Run: run} }
	jobs := []struct {
		name string
		job  *cluster.Job
	}{
		{"unknown", nil},
		{"service", of(t, func(*job.Spec) {}, nil)},
		{"batch", of(t, func(s *job.Spec) { s.Kind = job.KindBatch }, nil)},
		{"periodic", of(t, nightly, nil)},
		{"paused", of(t, nightly, paused)},
		{"periodic, with a run", of(t, nightly, asked(nil))},
		{"periodic, stopped", of(t, nightly, stopped)},
		{"dispatched", of(t, imported, nil)},
		{"dispatched, with a run", of(t, imported, asked(map[string]string{"INPUT": "a"}))},
	}
	notFound, over, version := submission.ErrNotFound, submission.ErrOver, submission.ErrVersion
	noSchedule, noDispatch, used, faults := submission.ErrNotPeriodic, submission.ErrNotDispatched, submission.ErrKeyUsed, job.Faults(nil)
	limits := job.DefaultLimits()
	input := func(value, key string) submission.Dispatch {
		return submission.Dispatch{Parameters: map[string]string{"INPUT": value}, Key: key, Limits: limits}
	}
	for _, row := range []struct {
		name    string
		command submission.Command
		want    []any // in the order of jobs
	}{
		{"run now", submission.RunNow{}, []any{notFound, noSchedule, noSchedule, requested, requested, requested, over, noSchedule, noSchedule}},
		{"run now, again", submission.RunNow{Key: "k"}, []any{notFound, noSchedule, noSchedule, requested, requested, nothing, over, noSchedule, noSchedule}},
		{
			"run now, by an old version",
			submission.RunNow{Seen: []submission.Version{{Run: 1, Version: 7}}},
			[]any{notFound, version, version, version, version, version, version, version, version},
		},
		{
			"pause",
			submission.SteerSchedule{Action: events.SchedulePause},
			[]any{notFound, noSchedule, noSchedule, steered, nothing, steered, over, noSchedule, noSchedule},
		},
		{
			"resume",
			submission.SteerSchedule{Action: events.ScheduleResume},
			[]any{notFound, noSchedule, noSchedule, nothing, steered, nothing, over, noSchedule, noSchedule},
		},
		{"dispatch", input("a", ""), []any{notFound, noDispatch, noDispatch, noDispatch, noDispatch, noDispatch, over, requested, requested}},
		{"dispatch, again", input("a", "k"), []any{notFound, noDispatch, noDispatch, noDispatch, noDispatch, noDispatch, over, requested, nothing}},
		{"dispatch of something else", input("b", "k"), []any{notFound, noDispatch, noDispatch, noDispatch, noDispatch, noDispatch, over, requested, used}},
		{
			"dispatch without what is required",
			submission.Dispatch{Limits: limits},
			[]any{notFound, noDispatch, noDispatch, noDispatch, noDispatch, noDispatch, over, faults, faults},
		},
		{
			"dispatch with what is not asked for",
			submission.Dispatch{Parameters: map[string]string{"INPUT": "a", "X": "1"}, Limits: limits},
			[]any{notFound, noDispatch, noDispatch, noDispatch, noDispatch, noDispatch, over, faults, faults},
		},
		{"scale", submission.Scale{Group: "web", Replicas: 4, Limits: limits}, []any{
			notFound, "taurus.job.scaled.v1", "taurus.job.scaled.v1", submission.ErrSeries, submission.ErrSeries, submission.ErrSeries, over, submission.ErrSeries, submission.ErrSeries,
		}},
	} {
		for i, one := range jobs {
			t.Run(row.name+"/"+one.name, func(t *testing.T) {
				t.Parallel()
				ev, err := submission.Decide(one.job, row.command)
				check(t, ev, err, row.want[i])
			})
		}
	}
}

// TestRunsThatGoOnAreBounded: what was asked for under a key is found all the same.
func TestRunsThatGoOnAreBounded(t *testing.T) {
	t.Parallel()
	j := of(t, nightly, nil)
	for n := range submission.RunsMax {
		j.Series.Runs = append(j.Series.Runs, cluster.Run{Job: fmt.Sprint("web@", n), Key: fmt.Sprint("k", n), Outcome: events.RunStarted})
	}
	if live := len(j.Series.Live()); live != submission.RunsMax {
		t.Fatalf("%d go on", live)
	}
	_, err := submission.Decide(j, submission.RunNow{})
	check(t, nil, err, submission.ErrTooManyRuns)
	ev, err := submission.Decide(j, submission.RunNow{Key: "k7"})
	check(t, ev, err, "-")
}
