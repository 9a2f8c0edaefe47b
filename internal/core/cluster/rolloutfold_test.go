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

// TestWhatARestartMarks: tasks of this run that were launched and live, of the group and
// the slots that it names.
func TestWhatARestartMarks(t *testing.T) {
	for name, c := range map[string]struct {
		ev   events.JobRestarted
		want []uint32
	}{
		"all":              {events.JobRestarted{}, []uint32{0, 1, 5}},
		"a group":          {events.JobRestarted{Group: "db"}, []uint32{5}},
		"slots":            {events.JobRestarted{Slots: clustertest.Slots(1, 9, 0)}, []uint32{1, 5}},
		"slots of a group": {events.JobRestarted{Group: "web", Slots: clustertest.Slots(1, 9, 0)}, []uint32{1}},
		"nothing":          {events.JobRestarted{Slots: clustertest.Slots(3, 3, 0)}, nil},
	} {
		l := clustertest.New()
		l.Elect()
		spec := clustertest.Service("web", 4)
		spec.Tasks = append(spec.Tasks, job.Group{Name: "db", Replicas: 1, Container: &job.Container{Image: "x"}})
		j := l.Submit(spec)
		run := func(group string, from, to uint32) {
			l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: group, Slots: clustertest.Slots(from, to, 1)})
			for n := from; n <= to; n++ {
				l.Stage(j.Slots[n].Newest())
				l.Report(j.Slots[n].Newest(), "TASK_RUNNING", "u")
			}
		}
		run("web", 8, 8) // It is of the run before.
		j = l.Submit(spec)
		run("web", 0, 2)
		run("db", 5, 5)
		l.Report(j.Slots[2].Newest(), "TASK_FAILED", "v")
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(3, 3, 1)}) // It waits.
		c.ev.Run, c.ev.Version = j.Run, 1
		change := l.Job("web", c.ev)
		var got, told []uint32
		for n := range uint32(9) {
			if slot := j.Slots[n]; slot != nil && slot.Newest().Stale != 0 {
				got = append(got, n)
				if task := slot.Newest(); task.Stale != l.State.Sequence || task.Sequence != l.State.Sequence || !j.Outdated(task) {
					t.Errorf("%s: slot %d is %+v", name, n, task)
				}
			}
		}
		for _, task := range change.Tasks {
			told = append(told, task.Slot)
		}
		slices.Sort(told)
		if !slices.Equal(got, c.want) || !slices.Equal(told, c.want) {
			t.Errorf("%s: %v are to be restarted, %v told, want %v", name, got, told, c.want)
		}
		if j.Outdated(j.Slots[8].Newest()) {
			t.Errorf("%s: a task of another run is outdated", name)
		}
		if j.Rollout.Began != l.State.Sequence || j.Settled != l.State.Sequence {
			t.Errorf("%s: settled at %d, rollout %+v", name, j.Settled, j.Rollout)
		}
	}
}

// TestNothingRollsWhereAJobIsOver: its versions change, as users who look at it want to
// know, and no rollout begins that nobody would end.
func TestNothingRollsWhereAJobIsOver(t *testing.T) {
	for _, state := range []string{"none", "rolling", "succeeded"} {
		l, j := rolloutIn(t, state)
		rolloutEvent(t, l, j, "stopped")
		was, past := j.Rollout, len(j.PastRollouts)
		for _, event := range []string{"restart", "pause", "resume", "promote", "cancel", "rollback"} {
			if c := rolloutEvent(t, l, j, event); c.Judgement != cluster.Outranked || j.Rollout != was || len(j.PastRollouts) != past {
				t.Errorf("%s, stopped, %s: %s, %+v", state, event, c.Judgement, j.Rollout)
			}
		}
		before := j.Version
		c := update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "w" })
		if c.Judgement != cluster.Counted || j.Target != before+1 || j.Stood != j.Target || j.Rollout.Began != 0 {
			t.Errorf("%s, stopped, updated: %s, stood %d, rollout %+v", state, c.Judgement, j.Stood, j.Rollout)
		}
		if n := len(j.PastRollouts); n > 0 && j.PastRollouts[n-1] != was {
			t.Errorf("%s, stopped, updated: %+v is kept, not %+v", state, j.PastRollouts[n-1], was)
		}
	}
}

// TestARolloutTellsWhoAndWhy, and keeps users' decisions apart from what was lost.
func TestARolloutTellsWhoAndWhy(t *testing.T) {
	l, j := rolloutIn(t, "none")
	ask := func(ev events.Event) cluster.Change {
		l.Pass(time.Second)
		c := l.Append(events.Subject{Role: events.RoleJob, Job: "web"}, events.Envelope{Actor: "ann"}, ev)
		if c.Judgement == cluster.Counted && j.Settled != l.State.Sequence {
			t.Errorf("%T has not settled what was lost before it", ev)
		}
		return c
	}
	steer := func(action, reason string) cluster.Change {
		return ask(events.RolloutSteered{Run: j.Run, Version: j.Rollout.Version, Action: action, Reason: reason})
	}
	ask(events.JobRestarted{Run: j.Run, Version: 1})
	if o := j.Rollout; o.By != "ann" || o.Cause != cluster.CauseRestart || !o.At.Equal(l.Now) || !o.Progress.Equal(l.Now) {
		t.Errorf("began as %+v", o)
	}
	if steer(events.RolloutPause, "lunch"); j.Rollout.Reason != "lunch" {
		t.Errorf("paused as %+v", j.Rollout)
	}
	if steer(events.RolloutResume, ""); j.Rollout.Reason != "" || !j.Rollout.Progress.Equal(l.Now) {
		t.Errorf("resumed as %+v", j.Rollout)
	}
	if steer(events.RolloutPromote, ""); !j.Rollout.Promoted || !j.Rollout.Progress.Equal(l.Now) {
		t.Errorf("promoted as %+v", j.Rollout)
	}
	promoted := j.Rollout
	if c := steer(events.RolloutPromote, ""); c.Judgement != cluster.Outranked || j.Rollout != promoted {
		t.Errorf("promoted twice: %s, %+v", c.Judgement, j.Rollout)
	}
	if steer(events.RolloutCancel, "enough"); j.Rollout.Reason != "enough" || !j.Rollout.EndedAt.Equal(l.Now) {
		t.Errorf("cancelled as %+v", j.Rollout)
	}
	if task := j.Slots[0].Newest(); task.Stale != 0 || j.Outdated(task) {
		t.Error("a restart that was cancelled restarts")
	}
}

// TestBackToWhat: without a version it is what stood when the rollout began; it names
// the rollout that it is about; and what was to be restarted is as it should be.
func TestBackToWhat(t *testing.T) {
	l, j := rolloutIn(t, "rolling")
	task := j.Slots[0].Newest()
	back := func(version, to uint64, reason string) cluster.Change {
		return l.Job("web", events.RolloutSteered{Run: j.Run, Version: version, Action: events.RolloutRollback, To: to, Reason: reason})
	}
	if c := back(1, 1, ""); c.Judgement != cluster.Outranked || j.Target != 2 {
		t.Errorf("of another version: %s, target %d", c.Judgement, j.Target)
	}
	rolloutEvent(t, l, j, "succeeded")
	if c := back(2, 0, ""); c.Judgement != cluster.Counted || j.Target != 1 || j.Rollout.Cause != cluster.CauseRollback || j.Settled != l.State.Sequence {
		t.Errorf("of one that succeeded: %s, target %d", c.Judgement, j.Target)
	}
	if reason := j.PastRollouts[len(j.PastRollouts)-1].Reason; reason == "rolled back to version 1" {
		t.Errorf("one that had succeeded ended for %s", reason)
	}
	for _, why := range []string{"", "it is slow"} {
		l, j := rolloutIn(t, "rolling")
		l.Job("web", events.RolloutSteered{Run: j.Run, Version: 2, Action: events.RolloutRollback, Reason: why})
		want := why
		if want == "" {
			want = "rolled back to version 1"
		}
		if last := j.PastRollouts[len(j.PastRollouts)-1]; last.Reason != want || last.Status != cluster.RolloutRolledBack {
			t.Errorf("%q: %+v", why, last)
		}
	}
	l.Job("web", events.JobRestarted{Run: j.Run, Version: 2})
	if back(1, 1, ""); task.Stale != 0 {
		t.Error("a restart goes on after a rollback")
	}
	batch := clustertest.New()
	b := batch.Submit(clustertest.Batch("b", 1))
	update(t, batch, b, func(s *job.Spec) { s.Tasks[0].Container.Image = "y" })
	if c := batch.Job("b", events.RolloutSteered{Run: b.Run, Version: 2, Action: events.RolloutRollback, To: 1}); c.Judgement != cluster.Outranked || b.Target != 2 {
		t.Errorf("a batch is rolled back: %s", c.Judgement)
	}
}

// TestOnlyALaterScalingOutlives a rollback: of what was asked for before, or with, the
// version of then that version knows best, and of a group that is gone nobody asks.
func TestOnlyALaterScalingOutlives(t *testing.T) {
	scale := func(l *clustertest.Log, j *cluster.Job, group string, n uint32) {
		l.Job("web", events.JobScaled{Run: j.Run, Version: j.Version + 1, Group: group, Replicas: n})
	}
	image := func(l *clustertest.Log, j *cluster.Job, image string, replicas uint32) {
		update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image, s.Tasks[0].Replicas = image, replicas })
	}
	back := func(l *clustertest.Log, j *cluster.Job, to uint64) uint32 {
		l.Job("web", events.RolloutSteered{Run: j.Run, Version: j.Rollout.Version, Action: events.RolloutRollback, To: to})
		if j.Target != to {
			t.Fatalf("target is %d, want %d", j.Target, to)
		}
		return j.Spec.Tasks[0].Replicas
	}
	l, j := rolloutIn(t, "none")
	scale(l, j, "web", 9) // Version 2.
	image(l, j, "y", 4)   // 3
	image(l, j, "z", 5)   // 4
	if n := back(l, j, 3); n != 4 {
		t.Errorf("%d tasks at version 3, which says 4 and is newer than the scaling", n)
	}
	if n := back(l, j, 2); n != 9 {
		t.Errorf("%d tasks at version 2, which was the scaling", n)
	}
	if n := back(l, j, 1); n != 9 {
		t.Errorf("%d tasks at version 1, and a user wanted 9 since", n)
	}
	l, j = rolloutIn(t, "none")
	update(t, l, j, func(s *job.Spec) {
		s.Tasks = append(s.Tasks, job.Group{Name: "db", Replicas: 1, Container: &job.Container{Image: "x"}})
	})
	scale(l, j, "web", 7)
	scale(l, j, "db", 3)
	scale(l, j, "web", 8)
	l.Job("web", events.RolloutSteered{Run: j.Run, Version: j.Rollout.Version, Action: events.RolloutRollback, To: 2})
	if a, b := j.Group("web").Replicas, j.Group("db").Replicas; a != 8 || b != 3 {
		t.Errorf("%d and %d tasks, and users wanted 8 and 3", a, b)
	}
	if kept := j.SpecOf(2); kept.Tasks[0].Replicas != 1 || kept.Tasks[1].Replicas != 1 {
		t.Errorf("version 2 itself has become %+v", kept.Tasks)
	}
}

// TestScaledAfterARollback is still what the rollback went back to.
func TestScaledAfterARollback(t *testing.T) {
	l, j := rolloutIn(t, "rolling")
	task := j.Slots[0].Newest()
	rolloutEvent(t, l, j, "reverted")
	rolloutEvent(t, l, j, "scaled")
	if j.Outdated(task) || j.TemplateOf("web") != 1 {
		t.Errorf("scaled after it was rolled back, version 1 is outdated")
	}
}

// TestGroupsThatComeAndGo are something to roll out, whatever else is as it was.
func TestGroupsThatComeAndGo(t *testing.T) {
	l, j := rolloutIn(t, "none")
	update(t, l, j, func(s *job.Spec) {
		s.Tasks = append(s.Tasks, job.Group{Name: "db", Replicas: 1, Container: &job.Container{Image: "x"}})
	})
	if j.Rollout.Status != cluster.RolloutRolling {
		t.Errorf("a group came: %+v", j.Rollout)
	}
	rolloutEvent(t, l, j, "succeeded")
	update(t, l, j, func(s *job.Spec) { s.Tasks = s.Tasks[:1] })
	if j.Rollout.Status != cluster.RolloutRolling || j.Rollout.Version != 3 || j.Rollout.From != 2 {
		t.Errorf("a group went: %+v", j.Rollout)
	}
}

// TestRolloutsKept are the newest, and a view of them stays as it is.
func TestRolloutsKept(t *testing.T) {
	l, j := rolloutIn(t, "none")
	var began []uint64
	for range 3 * cluster.RolloutsKept {
		before, view := slices.Clone(j.PastRollouts), j.PastRollouts
		rolloutEvent(t, l, j, "update")
		began = append(began, j.Rollout.Began)
		if !slices.Equal(before, view) {
			t.Fatal("what somebody looks at has changed")
		}
	}
	if n := len(j.PastRollouts); n != cluster.RolloutsKept {
		t.Fatalf("%d are kept", n)
	}
	for i, o := range j.PastRollouts {
		if want := began[len(began)-1-cluster.RolloutsKept+i]; o.Began != want {
			t.Errorf("the one at %d began at %d, want %d", i, o.Began, want)
		}
	}
}

// TestProgress is the first task of a slot that comes up with what is rolled out: one
// that crashes and comes up again, or is outdated, or of another run, is none.
func TestProgress(t *testing.T) {
	l, j := rolloutIn(t, "none")
	l.Job("web", events.JobScaled{Run: j.Run, Version: 2, Group: "web", Replicas: 2})
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "y" })
	began := l.Now
	up := func(slot, attempt uint32, version uint64) time.Time {
		l.Pass(time.Minute)
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: version, Group: "web", Slots: clustertest.Slots(slot, slot, attempt)})
		l.Stage(j.Slots[slot].Newest())
		l.Report(j.Slots[slot].Newest(), "TASK_RUNNING", "u")
		return l.Now
	}
	check := func(what string, want time.Time) {
		t.Helper()
		if !j.Rollout.Progress.Equal(want) {
			t.Errorf("%s: progress at %s, want %s", what, j.Rollout.Progress, want)
		}
	}
	up(1, 1, 1)
	check("one that is outdated", began)
	first := up(0, 2, 3)
	check("the first", first)
	l.Report(j.Slots[0].Newest(), "TASK_FAILED", "v")
	up(0, 3, 3)
	check("the same slot again", first)
	second := up(1, 2, 3)
	check("another slot", second)
	rolloutEvent(t, l, j, "succeeded")
	up(2, 1, 3)
	check("one that comes up later", second)
}

// TestNoProgressOfAnotherRun: that a task of it comes up says nothing of what is rolled out.
func TestNoProgressOfAnotherRun(t *testing.T) {
	l, task := in(t, "STAGING")
	j := l.Submit(clustertest.Service("web", 1))
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "y" })
	began := l.Now
	l.Pass(time.Minute)
	l.Report(task, "TASK_RUNNING", "u")
	if task.UpSince.IsZero() || !j.Rollout.Progress.Equal(began) {
		t.Errorf("up since %s, progress at %s", task.UpSince, j.Rollout.Progress)
	}
}

// TestServed is the version of the last task of this run that was up for as long as it
// has to be, also at the instant at which it is.
func TestServed(t *testing.T) {
	for _, c := range []struct {
		run  time.Duration
		want uint64
	}{{10*time.Second - 1, 0}, {10 * time.Second, 1}} {
		l := clustertest.New()
		l.Elect()
		spec := clustertest.Service("web", 1)
		spec.Rollout = &job.Rollout{MinHealthy: job.Duration(10 * time.Second)}
		j := l.Submit(spec)
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
		task := j.Slots[0].Newest()
		l.Stage(task)
		l.Report(task, "TASK_RUNNING", "u")
		l.Pass(c.run)
		again := l.State.Clone()
		l.Report(task, "TASK_FAILED", "v")
		if got := j.Slots[0].Served; got != c.want {
			t.Errorf("up for %s, version %d served, want %d", c.run, got, c.want)
		}
		l.State = again // The same, but that the job was submitted anew meanwhile.
		j = l.Submit(spec)
		l.Report(j.Slots[0].Newest(), "TASK_FAILED", "v")
		if got := j.Slots[0].Served; got != 0 {
			t.Errorf("up for %s in another run, version %d served", c.run, got)
		}
	}
}

// TestServedIsAVersion, also where that is the same to its tasks as an older one.
func TestServedIsAVersion(t *testing.T) {
	l, j := rolloutIn(t, "none")
	l.Job("web", events.JobScaled{Run: j.Run, Version: 2, Group: "web", Replicas: 2})
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 2, Group: "web", Slots: clustertest.Slots(1, 1, 1)})
	task := j.Slots[1].Newest()
	l.Stage(task)
	l.Report(task, "TASK_RUNNING", "u")
	l.Pass(time.Hour)
	l.Report(task, "TASK_RUNNING", "w") // Since when it is up does not move.
	if task.UpSince.Equal(l.Now) {
		t.Error("it is up since it was heard of again")
	}
	l.Report(task, "TASK_FAILED", "v")
	if got := j.Slots[1].Served; got != 2 {
		t.Errorf("version %d served, want 2", got)
	}
}

// TestServing is the task that users are served by.
func TestServing(t *testing.T) {
	l, j := rolloutIn(t, "rolling")
	old, slot := j.Slots[0].Newest(), j.Slots[0]
	if j.Standing(slot) != old || j.Serving(slot) != old {
		t.Fatal("the only one is not it")
	}
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 2, Group: "web", Beside: true, Slots: clustertest.Slots(0, 0, 2)})
	next := slot.Newest()
	if j.Standing(slot) != next || j.Serving(slot) != old {
		t.Error("the new one serves while it waits")
	}
	clone := func(change func(j *cluster.Job, old *cluster.Task)) *cluster.Task {
		s := l.State.Clone()
		change(s.Jobs["web"], s.Jobs["web"].Slots[0].Tasks[0])
		return s.Jobs["web"].Serving(s.Jobs["web"].Slots[0])
	}
	for name, change := range map[string]func(j *cluster.Job, old *cluster.Task){
		"doomed":         func(_ *cluster.Job, old *cluster.Task) { old.Doom = &cluster.Doom{} },
		"cut off":        func(_ *cluster.Job, old *cluster.Task) { old.Unreachable = true },
		"of another run": func(_ *cluster.Job, old *cluster.Task) { old.Run-- },
	} {
		if got := clone(change); got.Attempt != 2 {
			t.Errorf("one that is %s serves", name)
		}
	}
	l.Stage(next)
	l.Report(next, "TASK_RUNNING", "n")
	if j.Serving(slot) != next {
		t.Error("the old one serves although the new one runs")
	}
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Beside: true, Slots: clustertest.Slots(0, 0, 3)})
	l.Stage(slot.Newest())
	l.Report(slot.Newest(), "TASK_RUNNING", "o")
	if j.Serving(slot) != next {
		t.Error("one that is outdated serves, as it is newer")
	}
}

// TestWhoStands: of several the newest that is as it should be, else the newest that
// lives and is not doomed, else the newest.
func TestWhoStands(t *testing.T) {
	l, j := rolloutIn(t, "rolling")
	slot := j.Slots[0]
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Beside: true, Slots: clustertest.Slots(0, 0, 2)})
	stands := func(want uint32) {
		t.Helper()
		if got := j.Standing(slot).Attempt; got != want {
			t.Errorf("attempt %d stands, want %d", got, want)
		}
	}
	stands(2) // Both are outdated.
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 2, Group: "web", Beside: true, Slots: clustertest.Slots(0, 0, 3)})
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Beside: true, Slots: clustertest.Slots(0, 0, 4)})
	stands(3) // As it should be, though an outdated one is newer.
	l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(0, 0, 3)})
	stands(4)
	l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(0, 0, 4)})
	stands(2)
	l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(0, 0, 2)})
	l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(0, 0, 1)})
	stands(4)
	l, j = rolloutIn(t, "rolling")
	slot = j.Slots[0]
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 2, Group: "web", Beside: true, Slots: clustertest.Slots(0, 0, 2)})
	l.Stage(slot.Newest())
	l.Report(slot.Newest(), "TASK_FAILED", "n")
	stands(1) // What has ended does not, while another lives.
}

// TestARolloutIsClonedWhole: whatever happens to a service that is rolled out, a clone
// and the original go on by themselves, and come to the same by the same records.
func TestARolloutIsClonedWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := clustertest.New()
		l.Elect()
		l.Submit(clustertest.Service("web", 2))
		before := len(l.Records)
		for range rapid.IntRange(0, 30).Draw(t, "before") {
			rolls(t, l)
		}
		at, original := len(l.Records), l.State
		fork := original.Clone()
		l.State = original
		for range rapid.IntRange(1, 12).Draw(t, "after") {
			rolls(t, l)
		}
		again := cluster.New()
		for i, r := range l.Records {
			if i == at && !reflect.DeepEqual(again, fork) {
				t.Fatal("what the original folded changed the clone")
			}
			apply(t, again, r)
		}
		if !reflect.DeepEqual(again, original) {
			t.Fatal("the same records come to something else")
		}
		for _, r := range l.Records[at:] {
			apply(t, fork, r)
		}
		if !reflect.DeepEqual(fork, original) || before == 0 {
			t.Fatal("a clone comes to something else")
		}
	})
}

// TestClonesGoDifferentWays: what one of two comes to is no part of the other, however
// many versions and rollouts they have had together.
func TestClonesGoDifferentWays(t *testing.T) {
	l, j := rolloutIn(t, "none")
	for together := range 2 * cluster.VersionsKept {
		clone := &clustertest.Log{State: l.State.Clone(), Now: l.Now}
		twin := clone.State.Jobs["web"]
		for _, one := range []struct {
			l     *clustertest.Log
			j     *cluster.Job
			image string
		}{{l, j, "one"}, {clone, twin, "other"}} {
			update(t, one.l, one.j, func(s *job.Spec) { s.Tasks[0].Container.Image = fmt.Sprint(one.image, together) })
			one.l.Pass(map[string]time.Duration{"one": time.Second, "other": time.Hour}[one.image])
			one.l.Job("web", events.JobRestarted{Run: one.j.Run, Version: one.j.Version})
		}
		if a, b := j.Versions[len(j.Versions)-1], twin.Versions[len(twin.Versions)-1]; a.Spec.Tasks[0].Container.Image != fmt.Sprint("one", together) || a == b {
			t.Fatalf("after %d together version %d is of %s", together, a.Number, a.Spec.Tasks[0].Container.Image)
		}
		if last := j.PastRollouts[len(j.PastRollouts)-1]; !last.EndedAt.Equal(l.Now) {
			t.Fatalf("after %d together the last rollout ended at %s", together, last.EndedAt)
		}
	}
}

// rolls has something happen to the job web.
func rolls(t *rapid.T, l *clustertest.Log) {
	j := l.State.Jobs["web"]
	l.Pass(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
	n := rapid.Uint32Range(0, 3).Draw(t, "n")
	version := rapid.Uint64Range(max(2, j.Version)-1, j.Version).Draw(t, "version")
	var task *cluster.Task
	if slot := j.Slots[n]; slot != nil {
		task = slot.Newest()
	}
	attempt := uint32(1)
	if task != nil {
		attempt = task.Attempt + 1
	}
	spec := clustertest.Service("web", 1+n)
	spec.Tasks[0].Container.Image = fmt.Sprint("v", version%3)
	if n == 3 {
		spec.Tasks = append(spec.Tasks, job.Group{Name: "db", Replicas: 1, Container: &job.Container{Image: "x"}})
	}
	spec.Normalise()
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]func(){
		"update":  func() { l.Job("web", events.JobUpdated{Run: j.Run, Version: j.Version + 1, Spec: data}) },
		"scale":   func() { l.Job("web", events.JobScaled{Run: j.Run, Version: j.Version + 1, Group: "web", Replicas: n}) },
		"restart": func() { l.Job("web", events.JobRestarted{Run: j.Run, Version: j.Version}) },
		"tag":     func() { l.Job("web", events.VersionTagged{Run: j.Run, Version: version, Tag: fmt.Sprint(n)}) },
		"plan": func() {
			l.Plan("web", events.TasksPlanned{Run: j.Run, Version: version, Group: "web", Beside: n > 1, Slots: clustertest.Slots(n, n, attempt)})
		},
		"back": func() {
			l.Plan("web", events.RolloutReverted{Run: j.Run, Version: j.Rollout.Version, Began: j.Rollout.Began, To: version})
		},
	}
	for _, outcome := range []string{events.RolloutSucceeded, events.RolloutFailed} {
		steps[outcome] = func() {
			l.Plan("web", events.RolloutEnded{Run: j.Run, Version: j.Rollout.Version, Began: j.Rollout.Began, Outcome: outcome})
		}
	}
	for _, action := range []string{events.RolloutPause, events.RolloutResume, events.RolloutPromote, events.RolloutCancel, events.RolloutRollback} {
		steps[action] = func() {
			l.Job("web", events.RolloutSteered{Run: j.Run, Version: j.Rollout.Version, Action: action, To: version})
		}
	}
	if task != nil {
		steps["doom"] = func() {
			l.Plan("web", events.TasksDoomed{Run: j.Run, Slots: clustertest.Slots(n, n, task.Attempt), Keep: version%2 == 0})
		}
		steps["stage"] = func() { l.Stage(task) }
		for _, state := range []string{"TASK_RUNNING", "TASK_FAILED", "TASK_UNREACHABLE"} {
			steps[state] = func() { l.Report(task, state, fmt.Sprint(l.State.Sequence)) }
		}
	}
	names := make([]string, 0, len(steps))
	for name := range steps {
		names = append(names, name)
	}
	slices.Sort(names)
	steps[rapid.SampledFrom(names).Draw(t, "step")]()
}
