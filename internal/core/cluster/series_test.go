package cluster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

func periodic(id string, change ...func(*job.Spec)) *job.Spec {
	s := clustertest.Batch(id, 1)
	s.Kind, s.Schedule = job.KindPeriodic, &job.Schedule{Cron: job.Lines{"* * * * *"}, KeepRuns: 2}
	for _, c := range change {
		c(s)
	}
	return s
}

func due(l *clustertest.Log, j *cluster.Job, at time.Time, outcome string) cluster.Change {
	return l.Plan(j.ID, events.RunDue{Run: j.Run, Version: j.Version, At: at, Outcome: outcome})
}

// complete has a run end well.
func complete(l *clustertest.Log, id string) {
	l.Plan(id, events.JobCompleted{Run: l.State.Jobs[id].Run})
}

// TestRunsAreJobs: a run that was started is a batch job of the series' spec, and its
// time is what it is known by.
func TestRunsAreJobs(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("team/nightly"))
	l.Pass(2 * time.Minute)
	at := l.Now.Truncate(time.Minute)
	c := due(l, j, at, events.RunStarted)
	id := "team/nightly@" + at.UTC().Format("20060102T150405Z")
	child := l.State.Jobs[id]
	if child == nil || child.Run != l.State.Sequence || child.Spec.Kind != job.KindBatch || child.Spec.ID != id || child.Parent.ID != j.ID || !child.Parent.At.Equal(at) {
		t.Fatalf("made %+v", child)
	}
	if len(c.Others) != 1 || c.Others[0] != child {
		t.Errorf("touched %v", c.Others)
	}
	sequence := child.Run
	for name, again := range map[string]time.Time{"the same time": at, "an earlier one": at.Add(-time.Minute)} {
		if c := due(l, j, again, events.RunStarted); c.Judgement != cluster.Repeated {
			t.Errorf("%s: %s", name, c.Judgement)
		}
	}
	if c := due(l, j, l.Now.Add(cluster.DueEarly+time.Second), events.RunStarted); c.Judgement != cluster.Outranked {
		t.Errorf("a time that is to come: %s", c.Judgement)
	}
	if len(l.State.Jobs) != 2 || child.Run != sequence || len(j.Series.Runs) != 1 {
		t.Errorf("%d jobs, runs %+v", len(l.State.Jobs), j.Series.Runs)
	}
	for name, ev := range map[string]events.RunDue{
		"another run": {Run: 99, At: l.Now, Outcome: events.RunStarted},
		"no outcome":  {Run: j.Run, At: l.Now},
	} {
		if c := l.Plan(j.ID, ev); c.Judgement == cluster.Counted {
			t.Errorf("%s counts", name)
		}
	}
	web := l.Submit(clustertest.Service("web", 1))
	if c := due(l, web, l.Now, events.RunStarted); c.Judgement != cluster.Rejected {
		t.Errorf("a run of a service: %s", c.Judgement)
	}
}

// TestTheTimeIsDecidedOnce through submissions, and when the log's time goes back.
func TestTheTimeIsDecidedOnce(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	l.Pass(time.Hour)
	at := l.Now.Truncate(time.Minute)
	due(l, j, at, events.RunMissed)
	l.Job("n", events.JobStopped{Run: j.Run})
	l.Pass(-30 * time.Minute)
	j = l.Submit(periodic("n"))
	if c := due(l, j, at.Add(-time.Minute), events.RunStarted); c.Judgement != cluster.Repeated {
		t.Errorf("%s after the log's time went back", c.Judgement)
	}
}

// TestWhatIsPausedIsHeld: a planner that does not know yet that the schedule is paused, or goes on,
// decides nothing about a time: it decides again.
func TestWhatIsPausedIsHeld(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	l.Pass(30 * time.Second)
	first := l.Now
	l.Job("n", events.ScheduleSteered{Run: j.Run, Action: events.SchedulePause})
	l.Pass(time.Minute)
	l.Job("n", events.ScheduleSteered{Run: j.Run, Action: events.ScheduleResume})
	second := l.Now
	l.Pass(time.Minute)
	for _, c := range []struct {
		at      time.Time
		outcome string
		want    cluster.Judgement
	}{
		{first, events.RunHeld, cluster.Outranked},
		{first, events.RunStarted, cluster.Counted},
		{first.Add(1), events.RunStarted, cluster.Outranked},
		{second, events.RunSkipped, cluster.Outranked},
		{second, events.RunHeld, cluster.Counted},
		{second.Add(1), events.RunHeld, cluster.Outranked},
		{second.Add(1), events.RunStarted, cluster.Counted},
	} {
		if got := due(l, j, c.at, c.outcome).Judgement; got != c.want {
			t.Errorf("%s of %s is %s, want %s", c.outcome, c.at, got, c.want)
		}
	}
	if n := len(j.Series.Runs); n != 3 {
		t.Errorf("%d runs are told of", n)
	}
}

// TestNothingGrows: of what has ended as many as are kept stay, the oldest go, and are
// forgotten in the end.
func TestNothingGrows(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	var ids []string
	for range 5 {
		l.Pass(time.Minute)
		at := l.Now.Truncate(time.Minute)
		due(l, j, at, events.RunStarted)
		ids = append(ids, job.RunID("n", at, 0))
		complete(l, ids[len(ids)-1])
		l.Pass(time.Minute)
		due(l, j, l.Now.Truncate(time.Minute), events.RunSkipped)
	}
	if n := len(j.Series.Runs); n != 4 {
		t.Errorf("%d runs are kept: %+v", n, j.Series.Runs)
	}
	for i, id := range ids {
		if gone := l.State.Jobs[id].Deleted; gone != (i < 3) {
			t.Errorf("%s deleted: %v", id, gone)
		}
	}
	l.Pass(cluster.ForgetAfter + time.Hour)
	c := due(l, j, l.Now.Truncate(time.Minute), events.RunSkipped)
	if len(c.Gone) != 3 || len(l.State.Jobs) != 3 {
		t.Errorf("forgot %v, %d jobs are left", c.Gone, len(l.State.Jobs))
	}
	l.Job("n", events.JobStopped{Run: j.Run})
	l.Job("n", events.JobDeleted{Run: j.Run})
	for _, id := range ids[3:] {
		if !l.State.Jobs[id].Deleted {
			t.Errorf("%s outlives its series", id)
		}
	}
}

// TestStopOfASeries stops its runs, unless it is told to leave them.
func TestStopOfASeries(t *testing.T) {
	for _, keep := range []bool{false, true} {
		l := clustertest.New()
		j := l.Submit(periodic("n"))
		l.Pass(time.Minute)
		at := l.Now.Truncate(time.Minute)
		due(l, j, at, events.RunStarted)
		child := l.State.Jobs[job.RunID("n", at, 0)]
		l.Plan(child.ID, events.TasksPlanned{Run: child.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
		c := l.Job("n", events.JobStopped{Run: j.Run, KeepRuns: keep})
		if child.Stopped == keep || keep != (len(c.Others) == 0) {
			t.Errorf("keep %v: stopped %v, touched %v", keep, child.Stopped, c.Others)
		}
		if due(l, j, at.Add(time.Minute), events.RunStarted).Judgement != cluster.Outranked {
			t.Error("a stopped series starts runs")
		}
		if live := j.Series.Live(); len(live) != 1 || live[0].Over == keep {
			t.Errorf("keep %v: runs %+v", keep, live)
		}
		l.Withdraw(child.Slots[0].Tasks[0])
		if live := j.Series.Live(); !keep && len(live) != 0 {
			t.Errorf("goes on: %+v", live)
		}
	}
}

// TestRequestedRuns carry their parameters, and one number makes one run.
func TestRequestedRuns(t *testing.T) {
	l := clustertest.New()
	spec := clustertest.Batch("etl", 1)
	spec.Dispatch = &job.Dispatch{Parameters: map[string]job.DispatchParameter{"IN": {Required: true}, "MODE": {Default: "fast"}}}
	j := l.Submit(spec)
	if c := l.Plan("etl", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)}); c.Judgement != cluster.Outranked {
		t.Errorf("tasks of a series: %s", c.Judgement)
	}
	l.Pass(time.Second)
	ask := func(number uint64) cluster.Change {
		return l.Job("etl", events.RunRequested{Run: j.Run, Version: 1, Number: number, Parameters: map[string]string{"IN": "a"}})
	}
	ask(1)
	if c := ask(1); c.Judgement != cluster.Repeated {
		t.Errorf("again: %s", c.Judgement)
	}
	child := l.State.Jobs[job.RunID("etl", l.Now, 1)]
	if child == nil || fmt.Sprint(child.Spec.Tasks[0].Env) != "map[IN:a MODE:fast]" || child.Parent.Parameters["IN"] != "a" {
		t.Fatalf("made %+v", child)
	}
	if strings.Contains(child.ID, ":") || !job.IsRunID(child.ID) {
		t.Errorf("called %s", child.ID)
	}
}

// TestReplacedRuns are stopped by the run that replaces them.
func TestReplacedRuns(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	for range 2 {
		l.Pass(time.Minute)
		l.Plan(j.ID, events.RunDue{Run: j.Run, Version: 1, At: l.Now.Truncate(time.Minute), Outcome: events.RunStarted, Replaces: true})
	}
	first, second := j.Series.Runs[0], j.Series.Runs[1]
	if !first.Ended || first.End != "stopped" || !second.Lives() || !l.State.Jobs[second.Job].Parent.Replaces {
		t.Errorf("%+v then %+v", first, second)
	}
}

// TestPhases: what holds when is kept as long as times of it may be undecided.
func TestPhases(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	steer := func(action string) cluster.Change {
		l.Pass(time.Minute)
		return l.Job("n", events.ScheduleSteered{Run: j.Run, Action: action, Reason: "why"})
	}
	if steer(events.ScheduleResume).Judgement != cluster.Repeated || steer("dance").Judgement != cluster.Rejected {
		t.Error("a resume of what runs, or a dance, counts")
	}
	steer(events.SchedulePause)
	if p := j.Series.Phase(); !p.Paused || p.Why != "why" || len(j.Series.Phases) != 2 {
		t.Errorf("phases %+v", j.Series.Phases)
	}
	steer(events.ScheduleResume)
	update := func(line string) {
		l.Pass(time.Minute)
		spec := periodic("n", func(s *job.Spec) { s.Schedule.Cron = job.Lines{line} })
		spec.Normalise()
		data, err := spec.JSON()
		if err != nil {
			t.Fatal(err)
		}
		l.Job("n", events.JobUpdated{Run: j.Run, Version: j.Version + 1, Spec: data})
	}
	update("* * * * *")
	if len(j.Series.Phases) != 3 {
		t.Errorf("an update that changes no time begins a phase: %+v", j.Series.Phases)
	}
	update("0 * * * *")
	if p := j.Series.Phase(); len(j.Series.Phases) != 4 || p.Schedule.Cron[0] != "0 * * * *" {
		t.Errorf("phases %+v", j.Series.Phases)
	}
	due(l, j, j.Series.Phases[2].From.Add(time.Second), events.RunMissed)
	if len(j.Series.Phases) != 2 {
		t.Errorf("what is decided is kept: %+v", j.Series.Phases)
	}
	for range 2 * cluster.PhasesHeld {
		steer(events.SchedulePause)
		steer(events.ScheduleResume)
	}
	if n := len(j.Series.Phases); n != cluster.PhasesHeld || j.Series.Phase().Paused {
		t.Errorf("%d phases", n)
	}
}
