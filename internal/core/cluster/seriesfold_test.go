package cluster_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// begun has a run of the series n begin now, and returns its job, of which a task is
// planned.
func begun(l *clustertest.Log, j *cluster.Job) *cluster.Job {
	l.Pass(time.Minute)
	at := l.Now.Truncate(time.Minute)
	due(l, j, at, events.RunStarted)
	child := l.State.Jobs[job.RunID(j.ID, at, 0)]
	l.Plan(child.ID, events.TasksPlanned{Run: child.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	return child
}

func byAnn(l *clustertest.Log, id string, ev events.Event) cluster.Change {
	return l.Append(events.Subject{Role: events.RoleJob, Job: id}, events.Envelope{Actor: "ann"}, ev)
}

// TestARunIsOfItsVersion, be that an older one; and of the newest where nobody knows it.
func TestARunIsOfItsVersion(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "y" })
	for _, c := range []struct {
		version uint64
		image   string
	}{{1, "x"}, {2, "y"}, {9, "y"}} {
		l.Pass(time.Minute)
		at := l.Now.Truncate(time.Minute)
		l.Plan("n", events.RunDue{Run: j.Run, Version: c.version, At: at, Outcome: events.RunStarted})
		child := l.State.Jobs[job.RunID("n", at, 0)]
		if got := child.Spec.Tasks[0].Container.Image; got != c.image || child.Version != 1 || child.Settled != child.Run {
			t.Errorf("version %d: %s, settled at %d", c.version, got, child.Settled)
		}
	}
}

// TestWhatARunTells: who asked for it, by which key, for how many times it stands.
func TestWhatARunTells(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	l.Pass(time.Minute)
	byAnn(l, "n", events.RunRequested{Run: j.Run, Version: 1, Number: 1, Reason: "why", IdempotencyKey: "k"})
	child := l.State.Jobs[job.RunID("n", l.Now, 1)]
	if run := j.Series.Runs[0]; run.By != "ann" || run.Why != "why" || run.Key != "k" || run.Count != 1 || child.IdempotencyKey != "k" || child.SubmittedBy != "ann" {
		t.Errorf("%+v, by key %q", run, child.IdempotencyKey)
	}
	if j.Settled != l.State.Sequence {
		t.Error("who asks for a run has not settled what was lost before")
	}
	early := l.Now.Add(cluster.DueEarly)
	if c := due(l, j, early, events.RunSkipped); c.Judgement != cluster.Counted || j.Series.Runs[1].Count != 1 {
		t.Errorf("just early enough: %s, %+v", c.Judgement, j.Series.Runs[1])
	}
	l.Pass(time.Second)
	byAnn(l, "n", events.ScheduleSteered{Run: j.Run, Action: events.SchedulePause, Reason: "lunch"})
	if p := j.Series.Phase(); p.By != "ann" || p.Why != "lunch" || !j.ChangedAt.Equal(l.Now) || j.Settled != l.State.Sequence {
		t.Errorf("paused: %+v", p)
	}
}

// TestARunThatBeganBefore: what is over of a run that the log lost, and whose sequence is
// given out again, is not of the one that begins.
func TestARunThatBeganBefore(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(periodic("n"))
	l.Pass(time.Minute)
	at := l.Now.Truncate(time.Minute)
	id := job.RunID("n", at, 0)
	run := l.State.Sequence + 3
	l.Task(id, 0, events.TaskAdopted{Run: run, Version: 1, Group: "web", Slot: 0, Attempt: 1, TaskID: "t", State: "TASK_RUNNING"})
	l.Task(id, 0, events.TaskStatusChanged{Run: run, Slot: 0, Attempt: 1, TaskID: "t", State: "TASK_FAILED", UUID: []byte("u")})
	due(l, j, at, events.RunStarted)
	child := l.State.Jobs[id]
	if child.Run != run || len(child.Slots[0].Tasks) != 0 || l.State.TaskByID("t") != nil {
		t.Errorf("run %d begins with %+v", child.Run, child.Slots[0].Tasks)
	}
}

// TestWhatEndsARun: the first of its outcome and its stop. It is told once, and who
// looks at the runs sees them as they were.
func TestWhatEndsARun(t *testing.T) {
	completed := func(l *clustertest.Log, child *cluster.Job) { complete(l, child.ID) }
	stopped := func(l *clustertest.Log, child *cluster.Job) {
		l.Job(child.ID, events.JobStopped{Run: child.Run, Reason: "enough"})
	}
	series := func(l *clustertest.Log, _ *cluster.Job) {
		l.Job("n", events.JobStopped{Run: l.State.Jobs["n"].Run})
	}
	for name, c := range map[string]struct {
		ways []func(l *clustertest.Log, child *cluster.Job)
		want string
	}{
		"completed, then stopped":           {[]func(*clustertest.Log, *cluster.Job){completed, stopped}, "completed"},
		"stopped, then completed":           {[]func(*clustertest.Log, *cluster.Job){stopped, completed}, "stopped"},
		"completed, then its series stops":  {[]func(*clustertest.Log, *cluster.Job){completed, series}, "completed"},
		"its series stops, then it is done": {[]func(*clustertest.Log, *cluster.Job){series, completed}, "stopped"},
	} {
		l := clustertest.New()
		l.Elect()
		j := l.Submit(periodic("n"))
		child := begun(l, j)
		task := child.Slots[0].Newest()
		for i, way := range c.ways {
			before, view := slices.Clone(j.Series.Runs), j.Series.Runs
			l.Pass(time.Second)
			way(l, child)
			if !reflect.DeepEqual(before, view) {
				t.Fatalf("%s: what somebody looks at has changed", name)
			}
			if run := j.Series.Runs[0]; !run.Over || run.Ended {
				t.Errorf("%s, %d: %+v", name, i, run)
			}
		}
		if c.want == "completed" && child.Stopped != (name == "completed, then stopped") {
			t.Errorf("%s: a run that is over is stopped: %t", name, child.Stopped)
		}
		if change := l.Stage(task); len(change.Others) != 0 {
			t.Errorf("%s: its series is told again", name)
		}
		if l.Report(task, "TASK_KILLED", "u"); j.Series.Runs[0].End != c.want || !j.Series.Runs[0].EndedAt.Equal(l.Now) {
			t.Errorf("%s: ended as %+v", name, j.Series.Runs[0])
		}
		ended := j.Series.Runs[0]
		l.Pass(time.Hour)
		l.Job(child.ID, events.JobStopped{Run: child.Run, Reason: "again"})
		if !reflect.DeepEqual(j.Series.Runs[0], ended) {
			t.Errorf("%s: stopped after its end it is %+v", name, j.Series.Runs[0])
		}
	}
}

// TestStoppedRunsAreTold: who stops a series touches its runs, and has decided about them.
func TestStoppedRunsAreTold(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	child := begun(l, j)
	c := l.Job("n", events.JobStopped{Run: j.Run})
	if !slices.Contains(c.Others, child) || child.Settled != l.State.Sequence || !child.ChangedAt.Equal(l.Now) {
		t.Errorf("touched %v, settled at %d", c.Others, child.Settled)
	}
}

// TestWhatIsLeft: a run that is kept no more is told of and keeps nothing but what is
// expected of its subjects; that is forgotten, but for one of which a task came back.
func TestWhatIsLeft(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	j := l.Submit(periodic("n"))
	var runs []*cluster.Job
	var told []*cluster.Job
	for range 4 {
		child := begun(l, j)
		l.Withdraw(child.Slots[0].Newest())
		c := l.Plan(child.ID, events.JobCompleted{Run: child.Run})
		runs, told = append(runs, child), append(told, c.Others...)
	}
	for i, child := range runs {
		if gone := i < 2; child.Deleted != gone || (child.Spec == nil) != gone || gone && (len(child.Slots[0].Tasks) != 0 || !slices.Contains(told, child)) {
			t.Errorf("run %d: deleted %t, of %d tasks", i, child.Deleted, len(child.Slots[0].Tasks))
		}
	}
	l.Task(runs[0].ID, 3, events.TaskAdopted{Run: runs[0].Run, Version: 1, Group: "web", Slot: 3, Attempt: 1, TaskID: "t", State: "TASK_RUNNING"})
	l.Pass(cluster.ForgetAfter)
	if c := due(l, j, l.Now, events.RunSkipped); !slices.Equal(c.Gone, nil) && len(c.Gone) > 1 {
		t.Errorf("forgot %v", c.Gone)
	}
	l.Pass(time.Hour)
	due(l, j, l.Now, events.RunSkipped)
	if l.State.Jobs[runs[0].ID] == nil || l.State.Jobs[runs[1].ID] != nil {
		t.Error("what lives is forgotten, or what is over is not")
	}
}

// TestPhasesInOrder: also when the log's time goes back, and when there are more than are
// held, they leave no gap.
func TestPhasesInOrder(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	steer := func(action string) {
		if c := l.Job("n", events.ScheduleSteered{Run: j.Run, Action: action}); c.Judgement != cluster.Counted {
			t.Fatalf("%s: %s", action, c.Judgement)
		}
	}
	l.Pass(time.Hour)
	steer(events.SchedulePause)
	from := l.Now
	l.Pass(-30 * time.Minute)
	steer(events.ScheduleResume)
	if p := j.Series.Phase(); p.Paused || !p.From.Equal(from) {
		t.Errorf("resumed as of %s, paused as of %s", p.From, from)
	}
	l.Pass(time.Hour)
	for len(j.Series.Phases) < cluster.PhasesHeld {
		l.Pass(time.Minute)
		steer(map[bool]string{false: events.SchedulePause, true: events.ScheduleResume}[j.Series.Phase().Paused])
	}
	last := *j.Series.Phase()
	l.Pass(time.Minute)
	steer(map[bool]string{false: events.SchedulePause, true: events.ScheduleResume}[last.Paused])
	if p := j.Series.Phase(); len(j.Series.Phases) != cluster.PhasesHeld || p.Paused == last.Paused || !p.From.Equal(last.From) {
		t.Errorf("in the place of the last from %s there is %+v", last.From, p)
	}
	second := j.Series.Phases[1].From
	l.Pass(time.Hour)
	due(l, j, second, events.RunMissed)
	if !j.Series.Phases[0].From.Equal(second) {
		t.Error("a phase of which every time is decided is kept")
	}
}

// TestAnotherTimeZone is another schedule.
func TestAnotherTimeZone(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n"))
	l.Pass(time.Minute)
	update(t, l, j, func(s *job.Spec) { s.Schedule.TimeZone = "Europe/Prague" })
	if p := j.Series.Phase(); len(j.Series.Phases) != 2 || p.Schedule.TimeZone != "Europe/Prague" || !p.From.Equal(l.Now) {
		t.Errorf("phases %+v", j.Series.Phases)
	}
}

// TestASeriesIsClonedWhole: a clone of a series and the original go on by themselves, and
// come to the same by the same records.
func TestASeriesIsClonedWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := clustertest.New()
		l.Elect()
		l.Submit(periodic("n"))
		for range rapid.IntRange(0, 25).Draw(t, "before") {
			goesOn(t, l)
		}
		at, fork := len(l.Records), l.State.Clone()
		for range rapid.IntRange(1, 12).Draw(t, "after") {
			goesOn(t, l)
		}
		again := cluster.New()
		for i, r := range l.Records {
			if i == at && !reflect.DeepEqual(again, fork) {
				t.Fatal("what the original folded changed the clone")
			}
			apply(t, again, r)
		}
		for _, r := range l.Records[at:] {
			apply(t, fork, r)
		}
		if !reflect.DeepEqual(again, l.State) {
			t.Fatal("what the clone folded changed the original")
		}
		if !reflect.DeepEqual(fork, l.State) {
			t.Fatal("a clone comes to something else")
		}
	})
}

// TestSeriesGoDifferentWays: what one of two clones comes to is no part of the other.
func TestSeriesGoDifferentWays(t *testing.T) {
	l := clustertest.New()
	j := l.Submit(periodic("n", func(s *job.Spec) { s.Schedule.KeepRuns = 1000 }))
	for together := range 20 {
		clone := &clustertest.Log{State: l.State.Clone(), Now: l.Now}
		twin := clone.State.Jobs["n"]
		for _, one := range []struct {
			l      *clustertest.Log
			j      *cluster.Job
			after  time.Duration
			reason string
		}{{l, j, time.Minute, "one"}, {clone, twin, time.Hour, "other"}} {
			one.l.Pass(one.after)
			if together%4 == 0 {
				due(one.l, one.j, one.l.Now, events.RunSkipped)
			}
			action := map[bool]string{false: events.SchedulePause, true: events.ScheduleResume}[one.j.Series.Phase().Paused]
			one.l.Job("n", events.ScheduleSteered{Run: one.j.Run, Action: action, Reason: one.reason})
		}
		last := j.Series.Runs[len(j.Series.Runs)-1]
		if together%4 == 0 && !last.At.Equal(l.Now) || j.Series.Phase().Why != "one" || !j.Series.Phase().From.Equal(l.Now) {
			t.Fatalf("after %d together: %+v, %+v", together, last, j.Series.Phase())
		}
	}
}

// goesOn has something happen to the series n.
func goesOn(t *rapid.T, l *clustertest.Log) {
	j := l.State.Jobs["n"]
	l.Pass(time.Duration(rapid.IntRange(1, 15).Draw(t, "days")) * 24 * time.Hour)
	live := j.Series.Live()
	switch what := rapid.IntRange(0, 9).Draw(t, "what"); {
	case what < 4:
		l.Plan("n", events.RunDue{
			Run: j.Run, Version: j.Version, At: l.Now, Outcome: rapid.SampledFrom([]string{events.RunStarted, events.RunStarted, events.RunMissed}).Draw(t, "outcome"),
			Replaces: what == 0,
		})
	case what == 4:
		l.Job("n", events.RunRequested{Run: j.Run, Version: 1, Number: j.Series.Number + 1})
	case what == 5:
		l.Job("n", events.ScheduleSteered{Run: j.Run, Action: rapid.SampledFrom([]string{events.SchedulePause, events.ScheduleResume}).Draw(t, "action")})
	case what == 6:
		spec := periodic("n")
		spec.Schedule.Cron[0] = fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "minute"), " * * * *")
		spec.Normalise()
		data, err := spec.JSON()
		if err != nil {
			t.Fatal(err)
		}
		l.Job("n", events.JobUpdated{Run: j.Run, Version: j.Version + 1, Spec: data})
	case len(live) > 0:
		complete(l, live[0].Job)
	}
}
