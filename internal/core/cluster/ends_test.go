package cluster_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestWhenAJobHasEnded: when it was over and its last task had ended, whichever was later.
func TestWhenAJobHasEnded(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	spec := clustertest.Batch("web", 1)
	spec.KeepFor, spec.TimeLimit = job.Duration(time.Hour), job.Duration(2*time.Hour)
	j := l.Submit(spec)
	submitted := l.Now
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	task := j.Slots[0].Newest()
	l.Stage(task)
	check := func(what string, ended time.Time, limited bool) {
		t.Helper()
		want, deadline := time.Time{}, time.Time{}
		if !ended.IsZero() {
			want = ended.Add(time.Hour)
		}
		if limited {
			deadline = submitted.Add(2 * time.Hour)
		}
		if got := j.EndedAt(); !got.Equal(ended) || !j.ExpiresAt().Equal(want) {
			t.Errorf("%s: ended at %s, want %s; expires at %s", what, got, ended, j.ExpiresAt())
		}
		if got := j.Deadline(); !got.Equal(deadline) {
			t.Errorf("%s: deadline is %s", what, got)
		}
	}
	check("going on", time.Time{}, true)
	l.Pass(time.Minute)
	l.Plan("web", events.JobCompleted{Run: j.Run})
	check("completed, a task lives", time.Time{}, false)
	if c := l.Plan("web", events.JobExpired{Run: j.Run}); c.Judgement != cluster.Outranked || j.Deleted {
		t.Errorf("expired while a task lives: %s", c.Judgement)
	}
	l.Pass(time.Minute)
	l.Report(task, "TASK_KILLED", "u")
	check("its task has ended", l.Now, false)
	l.Pass(time.Minute)
	l.Job("web", events.JobStopped{Run: j.Run})
	check("stopped after that", l.Now, false)
	l.Pass(time.Minute)
	if c := l.Plan("web", events.JobExpired{Run: j.Run + 1}); c.Judgement != cluster.Outranked || j.Deleted {
		t.Errorf("another run expired: %s", c.Judgement)
	}
	if l.Plan("web", events.JobExpired{Run: j.Run}); !j.Deleted || !j.ChangedAt.Equal(l.Now) || j.Spec != nil || !j.ExpiresAt().IsZero() {
		t.Errorf("expired: %+v", j)
	}
}

// TestNothingOfASeriesRuns, so it takes no time and does not leave the lists by itself;
// its runs do.
func TestNothingOfASeriesRuns(t *testing.T) {
	l := clustertest.New()
	spec := clustertest.Batch("etl", 1)
	spec.Dispatch, spec.KeepFor, spec.TimeLimit = &job.Dispatch{}, job.Duration(time.Hour), job.Duration(time.Hour)
	j := l.Submit(spec)
	l.Job("etl", events.RunRequested{Run: j.Run, Version: 1, Number: 1})
	child := l.State.Jobs[job.RunID("etl", l.Now, 1)]
	if !j.Deadline().IsZero() || child.Deadline().IsZero() {
		t.Errorf("deadlines: %s, of its run %s", j.Deadline(), child.Deadline())
	}
	l.Plan(child.ID, events.JobCompleted{Run: child.Run})
	l.Job("etl", events.JobStopped{Run: j.Run})
	if !j.ExpiresAt().IsZero() || child.ExpiresAt().IsZero() {
		t.Errorf("expires at %s, its run at %s", j.ExpiresAt(), child.ExpiresAt())
	}
}

// TestKillable: what has a place, lives, is of the run and is not told to end.
func TestKillable(t *testing.T) {
	for state, want := range map[string]bool{"PENDING": false, "STAGING": true, "RUNNING": true, "KILLING": true, "FAILED": false} {
		l, task := in(t, state)
		j := l.State.Jobs["web"]
		if task.Killable(j.Run) != want || task.Killable(j.Run+1) {
			t.Errorf("%s: %t, in another run %t", state, task.Killable(j.Run), task.Killable(j.Run+1))
		}
		if c := l.Job("web", events.KillRequested{Run: j.Run + 1}); c.Judgement != cluster.Outranked || task.KillAsked != nil {
			t.Errorf("%s: asked for another run: %s", state, c.Judgement)
		}
		c := byAnn(l, "web", events.KillRequested{Run: j.Run, Reason: "why"})
		if (len(c.Tasks) == 1) != want || (task.KillAsked != nil) != want || (task.Sequence == l.State.Sequence) != want {
			t.Errorf("%s: touched %d, of which %+v", state, len(c.Tasks), task.KillAsked)
		}
		if asked := task.KillAsked; want && (asked.By != "ann" || asked.Reason != "why" || asked.Sequence != l.State.Sequence || !asked.At.Equal(l.Now)) {
			t.Errorf("%s: asked as %+v", state, asked)
		}
		if j.Settled != l.State.Sequence {
			t.Errorf("%s: settled at %d", state, j.Settled)
		}
	}
	l, task := in(t, "RUNNING")
	l.Plan("web", events.TasksDoomed{Run: task.Run, Slots: clustertest.Slots(0, 0, 1)})
	if task.Killable(task.Run) {
		t.Error("what is told to end is killed once more")
	}
}

// TestKillWindowWhenTimeGoesBack: what is of a second long over takes no other's place,
// and no time at all, also of before 1970, is out of bounds.
func TestKillWindowWhenTimeGoesBack(t *testing.T) {
	for _, now := range []time.Time{time.Unix(1<<31, 0), time.Unix(-1000, 0), time.Unix(0, 0)} {
		var w cluster.KillWindow
		if now.Unix() <= 0 {
			w.Add(now, 3, 7)
			continue
		}
		w.Add(now, 3, 7)
		w.Add(now.Add(-cluster.KillSpan-time.Second), 5, 0)
		if got := w.Within(now); got != 3 || w.Bound != 7 {
			t.Errorf("%d within the minute before %s, bound %d", got, now, w.Bound)
		}
	}
}
