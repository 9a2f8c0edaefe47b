package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// update makes the next version of a job's spec, changed.
func update(t *testing.T, l *clustertest.Log, j *cluster.Job, change func(*job.Spec)) cluster.Change {
	t.Helper()
	spec := j.Spec.Clone()
	change(spec)
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return l.Job(j.ID, events.JobUpdated{Run: j.Run, Version: j.Version + 1, Spec: data})
}

// TestATaskKeepsItsVersion: it is of the group that it was planned from, whatever the
// job has become, unless it gets the same as one of now.
func TestATaskKeepsItsVersion(t *testing.T) {
	l, task := in(t, "RUNNING")
	j := l.State.Jobs["web"]
	old := j.Spec
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image, s.Tasks[0].Priority = "y", 3 })
	if j.Version != 2 || j.Target != 2 || j.Spec.Tasks[0].Container.Image != "y" || j.SpecOf(1) != old || j.SpecOf(2) != j.Spec {
		t.Fatalf("version %d, target %d, image %s", j.Version, j.Target, j.Spec.Tasks[0].Container.Image)
	}
	if g := j.GroupOf(task); g != &old.Tasks[0] || task.Template == j.TemplateOf("web") {
		t.Errorf("a task of version 1 is of %+v", g)
	}
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(4, 4, 1)})
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 2, Group: "web", Slots: clustertest.Slots(5, 5, 1)})
	if a, b := j.GroupOf(j.Slots[4].Tasks[0]), j.GroupOf(j.Slots[5].Tasks[0]); a.Container.Image != "x" || b.Container.Image != "y" {
		t.Errorf("planned from 1 and 2, of %s and %s", a.Container.Image, b.Container.Image)
	}
	l.Stage(j.Slots[4].Tasks[0])
	if task := j.Slots[4].Tasks[0]; task.Version != 1 || j.GroupOf(task).Container.Image != "x" {
		t.Errorf("staged from 1, of version %d", task.Version)
	}

	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image, s.Tasks[0].Priority = "x", 7 })
	if g := j.GroupOf(task); task.Template != j.TemplateOf("web") || g.Priority != 7 {
		t.Errorf("back at what a task has, it is of %+v", g)
	}
	l.Job("web", events.JobScaled{Run: j.Run, Version: 4, Group: "web", Replicas: 9})
	if g := j.GroupOf(task); j.Target != 4 || g.Replicas != 9 || task.Template != j.TemplateOf("web") {
		t.Errorf("scaling changed what a task gets: %+v", g)
	}
	if v := j.VersionOf(4); v.Scaled != "web" || j.VersionOf(3).Scaled != "" || v.Sequence != l.State.Sequence {
		t.Errorf("version 4 is %+v", v)
	}
}

// TestVersionsAreBounded: the newest are kept, and those that tasks have, up to a
// number.
func TestVersionsAreBounded(t *testing.T) {
	l, task := in(t, "RUNNING")
	j := l.State.Jobs["web"]
	for i := range 30 {
		update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = fmt.Sprint("v", i) })
	}
	if j.Version != 31 || len(j.Versions) != cluster.VersionsKept+1 || j.SpecOf(1) == nil || j.SpecOf(21) != nil || j.SpecOf(22) == nil {
		t.Fatalf("at version %d %d are kept", j.Version, len(j.Versions))
	}
	if j.GroupOf(task).Container.Image != "x" {
		t.Errorf("the task is of %s", j.GroupOf(task).Container.Image)
	}
	for i := range 2 * cluster.VersionsHeld {
		l.Plan("web", events.TasksPlanned{
			Run: j.Run, Version: j.Version, Group: "web", Slots: clustertest.Slots(uint32(i+10), uint32(i+10), 1),
		})
		update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = fmt.Sprint("w", i) })
	}
	if len(j.Versions) != cluster.VersionsHeld || j.SpecOf(j.Version) == nil || j.SpecOf(1) == nil {
		t.Errorf("%d versions are kept", len(j.Versions))
	}
}

// TestWhatCannotBeAnUpdate says nothing: the job goes on as it is.
func TestWhatCannotBeAnUpdate(t *testing.T) {
	l, j := jobIn(t, "running")
	spec, err := j.Spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	batch := []byte(strings.Replace(string(spec), `"kind":"service"`, `"kind":"batch"`, 1))
	for name, c := range map[string]struct {
		ev   events.JobUpdated
		want cluster.Judgement
	}{
		"another run": {events.JobUpdated{Run: j.Run + 1, Version: 2, Spec: spec}, cluster.Outranked},
		"no newer":    {events.JobUpdated{Run: j.Run, Version: 1, Spec: spec}, cluster.Rejected},
		"far ahead":   {events.JobUpdated{Run: j.Run, Version: 1 << 40, Spec: spec}, cluster.Rejected},
		"unreadable":  {events.JobUpdated{Run: j.Run, Version: 2, Spec: []byte(`{"tasks":7}`)}, cluster.Rejected},
		"of a kind":   {events.JobUpdated{Run: j.Run, Version: 2, Spec: batch}, cluster.Rejected},
	} {
		if got := l.Job("web", c.ev); got.Judgement != c.want || j.Version != 1 || j.Target != 1 || len(j.Versions) != 1 {
			t.Errorf("%s: %s, the job has version %d", name, got.Judgement, j.Version)
		}
	}
}

// TestATagNamesOneVersion, and keeps it.
func TestATagNamesOneVersion(t *testing.T) {
	l, _ := in(t, "RUNNING")
	j := l.State.Jobs["web"]
	tag := func(version uint64, name string) cluster.Change {
		return l.Job("web", events.VersionTagged{Run: j.Run, Version: version, Tag: name})
	}
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "y" })
	before := l.State.Clone().Jobs["web"]
	tag(1, "stable")
	if v := j.Tagged("stable"); v == nil || v.Number != 1 || before.Tagged("stable") != nil {
		t.Fatalf("the version is %+v", v)
	}
	tag(2, "stable")
	if v := j.Tagged("stable"); v == nil || v.Number != 2 || j.VersionOf(1).Tag != "" {
		t.Errorf("moved to the second, it is %+v", v)
	}
	tag(1, "old")
	for i := range 2 * cluster.VersionsKept {
		update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = fmt.Sprint(i) })
	}
	if j.Tagged("old") == nil || j.Tagged("stable") == nil {
		t.Error("versions with a tag are not kept")
	}
	tag(1, "")
	update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "z" })
	if tag(3, "gone").Judgement != cluster.Unmatched || j.Tagged("") != nil {
		t.Error("a version that is not kept has a tag")
	}
	if c := l.Job("web", events.VersionTagged{Run: j.Run + 1, Version: 2, Tag: "x"}); c.Judgement != cluster.Outranked {
		t.Errorf("of another run: %v", c.Judgement)
	}
}

// TestOnlyAServiceIsRolledOut: an update of anything else has ended when it began, as
// nobody would end a rollout of it.
func TestOnlyAServiceIsRolledOut(t *testing.T) {
	for kind, want := range map[job.Kind]cluster.RolloutStatus{
		job.KindService: cluster.RolloutRolling, job.KindBatch: cluster.RolloutNone, job.KindPeriodic: cluster.RolloutNone,
	} {
		l := clustertest.New()
		spec := clustertest.Service("web", 2)
		spec.Kind = kind
		if kind == job.KindPeriodic {
			spec.Schedule = &job.Schedule{Cron: job.Lines{"0 3 * * *"}}
		}
		j := l.Submit(spec)
		update(t, l, j, func(s *job.Spec) { s.Tasks[0].Container.Image = "y" })
		if j.Rollout.Status != want || j.Version != 2 || j.Target != 2 {
			t.Errorf("%s: %q at version %d", kind, j.Rollout.Status, j.Version)
		}
	}
}
