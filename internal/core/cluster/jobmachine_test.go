package cluster_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// describe names all that ends a job: "running" is none of it.
func describe(j *cluster.Job) string {
	var parts []string
	if j.Stopped {
		parts = append(parts, "stopped")
	}
	if j.Outcome != cluster.OutcomeNone {
		parts = append(parts, string(j.Outcome))
	}
	if j.Deleted {
		parts = append(parts, "deleted")
	}
	if len(parts) == 0 {
		return "running"
	}
	return strings.Join(parts, "+")
}

// jobTable is what each event of the job's own run does to a job in each state.
// "." is outranked and changes nothing. The pairs that no command leads to are
// legal too: expectations do not span subjects.
const jobTable = `
                  submitted scaled            stopped           deleted           completed         failed         expired
running           running   running           stopped           deleted           completed         failed         .
stopped           running   stopped           stopped           stopped+deleted   stopped+completed stopped+failed stopped+deleted
completed         running   completed         stopped+completed completed+deleted .                 .              completed+deleted
failed            running   failed            stopped+failed    failed+deleted    .                 .              failed+deleted
deleted           running   deleted           stopped+deleted   deleted           completed+deleted failed+deleted .
stopped+completed running   stopped+completed stopped+completed stopped+completed+deleted .         .              stopped+completed+deleted
`

// jobEvent appends an event about a run of the job.
func jobEvent(l *clustertest.Log, run uint64, name string) cluster.Change {
	switch name {
	case "submitted":
		l.Submit(clustertest.Service("web", 2))
		return cluster.Change{}
	case "scaled":
		return l.Job("web", events.JobScaled{Run: run, Version: 9, Group: "web", Replicas: 5})
	case "stopped":
		return l.Job("web", events.JobStopped{Run: run, Reason: "why"})
	case "deleted":
		return l.Job("web", events.JobDeleted{Run: run})
	case "completed":
		return l.Plan("web", events.JobCompleted{Run: run})
	case "expired":
		return l.Plan("web", events.JobExpired{Run: run})
	}
	exit := 1
	return l.Plan("web", events.JobFailed{Run: run, Reason: "why", Exit: &exit})
}

func jobIn(t *testing.T, state string) (*clustertest.Log, *cluster.Job) {
	t.Helper()
	l := clustertest.New()
	l.Elect()
	j := l.Submit(clustertest.Service("web", 2))
	for part := range strings.SplitSeq(state, "+") {
		if part != "running" {
			jobEvent(l, j.Run, part)
		}
	}
	if describe(j) != state {
		t.Fatalf("the job is %s, want %s", describe(j), state)
	}
	return l, j
}

// TestJobMachine: every state, every event, of the job's run and of another.
func TestJobMachine(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(jobTable), "\n")
	names := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, name := range names {
			t.Run(cells[0]+"/"+name, func(t *testing.T) {
				l, j := jobIn(t, cells[0])
				run, want, judgement := j.Run, cells[i+1], cluster.Counted
				if want == "." {
					want, judgement = cells[0], cluster.Outranked
				}
				if c := jobEvent(l, run, name); c.Judgement != judgement || describe(j) != want {
					t.Errorf("%s, now %s; want %s, %s", c.Judgement, describe(j), judgement, want)
				}
				if name == "submitted" && (j.Run != l.State.Sequence || j.Version != 1) {
					t.Errorf("run %d version %d after a submission at %d", j.Run, j.Version, l.State.Sequence)
				}
				if name == "scaled" && !strings.Contains(cells[0], "deleted") && (j.Version != 9 || j.Group("web").Replicas != 5) {
					t.Errorf("version %d, %d replicas after scaling", j.Version, j.Group("web").Replicas)
				}
			})
			if name == "submitted" {
				continue
			}
			t.Run(cells[0]+"/"+name+"/other run", func(t *testing.T) {
				l, j := jobIn(t, cells[0])
				if c := jobEvent(l, j.Run+77, name); c.Judgement != cluster.Outranked || describe(j) != cells[0] || j.Version != 1 {
					t.Errorf("%s, now %s; want outranked, %s", c.Judgement, describe(j), cells[0])
				}
			})
		}
	}
}

// TestScalingLeavesTheOldSpec: views of it may be in use.
func TestScalingLeavesTheOldSpec(t *testing.T) {
	l, j := jobIn(t, "running")
	old := j.Spec
	jobEvent(l, j.Run, "scaled")
	if old.Tasks[0].Replicas != 2 || j.Spec.Tasks[0].Replicas != 5 {
		t.Errorf("old %d, new %d, want 2 and 5", old.Tasks[0].Replicas, j.Spec.Tasks[0].Replicas)
	}
	l.Job("web", events.JobScaled{Run: j.Run, Version: 10, Group: "nobody", Replicas: 1})
	if j.Spec.Tasks[0].Replicas != 5 {
		t.Error("scaling a group that is not there changed another")
	}
}

// TestUnreadableSpecFailsItsJobAlone: a foreign hand wrote it.
func TestUnreadableSpecFailsItsJobAlone(t *testing.T) {
	l, other := jobIn(t, "running")
	c := l.Job("bad", events.JobSubmitted{Spec: []byte(`{"tasks":7}`)})
	if c.Job.Outcome != cluster.OutcomeFailed || !strings.Contains(c.Job.OutcomeReason, "unreadable") || !c.Job.Over() {
		t.Errorf("outcome %q, %q", c.Job.Outcome, c.Job.OutcomeReason)
	}
	l.Job("bad", events.JobScaled{Run: c.Job.Run, Version: 2, Group: "web", Replicas: 3})
	if c.Job.Group("web") != nil || describe(other) != "running" {
		t.Error("the unreadable job has effects")
	}
}

// TestSpecsAreNormalised: the state holds the defaults, also of a spec that a
// foreign hand stored without them, and those of one that has them stay as they are.
func TestSpecsAreNormalised(t *testing.T) {
	for name, spec := range map[string]string{
		"service": `{"id":"a","tasks":[{"role":"front","replicas":2,"container":{"image":"x"}},{"replicas":1,"container":null}]}`,
		"batch":   `{"id":"a","kind":"batch","tasks":[{"name":"g","replicas":2,"restart":{"backoff":"2s"},"resources":{"cpu":2}}]}`,
		"nothing": `{}`,
	} {
		want, err := job.Parse([]byte(spec))
		if err != nil {
			t.Fatal(err)
		}
		want.Normalise()
		stored, err := want.JSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range []string{spec, string(stored)} {
			got := clustertest.New().Job("a", events.JobSubmitted{Spec: []byte(data)}).Job.Spec
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s is folded to %+v, want %+v", name, data, got, want)
			}
			for _, g := range got.Tasks {
				if g.Resources == nil || g.Restart == nil || g.Restart.Policy == "" || g.KillGrace == 0 {
					t.Errorf("%s: defaults are missing in %+v", name, g)
				}
			}
		}
	}
}

// TestResubmission: tasks of the old run stay until they are over, what was
// counted for it is forgotten, and the expectations go on.
func TestResubmission(t *testing.T) {
	l, task := in(t, "RUNNING")
	j := l.State.Jobs["web"]
	l.Report(task, "TASK_FAILED", "u")
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 2)})
	second := j.Slots[0].Newest()
	l.Stage(second)
	l.Report(second, "TASK_RUNNING", "u")
	l.Job("web", events.JobStopped{Run: j.Run})
	oldRun, lastPlan := j.Run, j.LastPlan
	if j.Slots[0].Failures != 1 || j.Slots[0].LastEnd == nil {
		t.Fatalf("failures %d, last end %v", j.Slots[0].Failures, j.Slots[0].LastEnd)
	}
	l.Submit(clustertest.Service("web", 1))
	slot := j.Slots[0]
	if j.Run != l.State.Sequence || j.Stopped || j.LastPlan != lastPlan || j.LastJob != l.State.Sequence {
		t.Errorf("run %d, stopped %t, last plan %d, last job %d", j.Run, j.Stopped, j.LastPlan, j.LastJob)
	}
	if slot.Failures != 0 || slot.Streak != 0 || slot.LastEnd != nil || slot.Find(oldRun, 2) != second || j.Live() != 1 {
		t.Errorf("failures %d, streak %d, last end %v, %d live", slot.Failures, slot.Streak, slot.LastEnd, j.Live())
	}
	l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	l.Report(second, "TASK_FAILED", "u2")
	if slot.Failures != 0 || slot.Streak != 0 || slot.LastEnd != nil {
		t.Error("the end of a task of the old run counts for the new one")
	}
	if slot.Find(oldRun, 2) != nil || l.State.TaskByID(second.ID) != nil {
		t.Error("a task of the old run stays although it is over")
	}
}

// TestPruning: of the attempts that are over only the newest stays.
func TestPruning(t *testing.T) {
	l, first := in(t, "RUNNING")
	j := l.State.Jobs["web"]
	plan := func(attempt uint32) *cluster.Task {
		l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, attempt)})
		return j.Slots[0].Find(j.Run, attempt)
	}
	l.Report(first, "TASK_UNREACHABLE", "")
	second := plan(2)
	if n := len(j.Slots[0].Tasks); n != 2 || j.Slots[0].Newest() != second {
		t.Fatalf("%d attempts, want the unreachable one and the next", n)
	}
	l.Withdraw(second)
	third := plan(3)
	if j.Slots[0].Find(j.Run, 2) != nil || j.Slots[0].Find(j.Run, 1) != first {
		t.Error("the withdrawn one stays, or the unreachable one is gone")
	}
	l.Report(first, "TASK_RUNNING", "u")
	l.Report(first, "TASK_FINISHED", "u2")
	if len(j.Slots[0].Tasks) != 1 || j.Slots[0].Newest() != third || l.State.TaskByID(first.ID) != nil {
		t.Error("an attempt that is over and not the newest stays")
	}
	if c := l.Report(first, "TASK_FINISHED", "u2"); c.Judgement != cluster.Unmatched {
		t.Errorf("a status of an attempt that was dropped is %s", c.Judgement)
	}
}

// TestPlanningAgainIsIgnored: an attempt is planned once.
func TestPlanningAgainIsIgnored(t *testing.T) {
	l, task := in(t, "RUNNING")
	c := l.Plan("web", events.TasksPlanned{Run: task.Run, Version: 2, Group: "web", Slots: clustertest.Slots(0, 1, 1)})
	if len(c.Tasks) != 1 || c.Tasks[0].Slot != 1 || task.State != cluster.Running || task.Version != 1 {
		t.Errorf("planned %d, the task is %s at version %d", len(c.Tasks), task.State, task.Version)
	}
}

// TestBlameComesWithTheTrueEnd: what a master made up blames no task; what its
// agent says after all does, once.
func TestBlameComesWithTheTrueEnd(t *testing.T) {
	for end, failures := range map[string]uint32{"TASK_FAILED": 1, "TASK_FINISHED": 0} {
		l, task := in(t, "RUNNING")
		slot := l.State.Jobs["web"].Slots[0]
		l.Report(task, "TASK_GONE", "")
		if slot.Failures != 0 || slot.Streak != 1 {
			t.Errorf("gone: %d failures, streak %d", slot.Failures, slot.Streak)
		}
		for range 2 {
			l.Report(task, end, "u")
		}
		if slot.Failures != failures || slot.Streak != 1 {
			t.Errorf("%s after all: %d failures, streak %d", end, slot.Failures, slot.Streak)
		}
	}
}

// TestStragglersAreNotBlamed: an attempt that was given up as unreachable says
// nothing about its slot any more.
func TestStragglersAreNotBlamed(t *testing.T) {
	l, first := in(t, "RUNNING")
	slot := l.State.Jobs["web"].Slots[0]
	l.Report(first, "TASK_UNREACHABLE", "")
	l.Plan("web", events.TasksPlanned{Run: first.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 2)})
	l.Report(first, "TASK_FAILED", "u")
	if first.Live() || slot.Failures != 0 || slot.Streak != 0 {
		t.Errorf("%s; %d failures, streak %d", first.State, slot.Failures, slot.Streak)
	}
}

// TestStrangersAreNotBlamed: a task of a group that the spec does not have is
// followed by no other, so its end counts for nothing.
func TestStrangersAreNotBlamed(t *testing.T) {
	l, known := in(t, "RUNNING")
	stranger := adopted(known, "TASK_RUNNING")
	stranger.Slot, stranger.Group, stranger.TaskID = 7, "nobody", "stranger"
	task := l.Task("web", 7, stranger).Tasks[0]
	slot := l.State.Jobs["web"].Slots[7]
	if l.Report(task, "TASK_GONE", ""); task.Live() || slot.Failures != 0 || slot.Streak != 0 || slot.LastEnd != task {
		t.Errorf("%s; %d failures, streak %d, last end %v", task.State, slot.Failures, slot.Streak, slot.LastEnd)
	}
	if l.Report(task, "TASK_FAILED", "u"); task.State != cluster.Failed || slot.Failures != 0 || slot.Streak != 0 {
		t.Errorf("%s; %d failures, streak %d", task.State, slot.Failures, slot.Streak)
	}
}

// TestLongRunsForgive the back-off, and a service its failures: a batch task that
// fails late would else be tried for ever.
func TestLongRunsForgive(t *testing.T) {
	for kind, failures := range map[job.Kind]uint32{job.KindService: 1, job.KindBatch: 3} {
		l := clustertest.New()
		l.Elect()
		spec := clustertest.Service("web", 1)
		spec.Kind = kind
		j := l.Submit(spec)
		for attempt := uint32(1); attempt <= 3; attempt++ {
			l.Plan("web", events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, attempt)})
			task := j.Slots[0].Newest()
			l.Stage(task)
			l.Report(task, "TASK_RUNNING", "u")
			l.Pass(time.Duration(job.DefaultResetAfter))
			l.Report(task, "TASK_FAILED", "end")
		}
		if slot := j.Slots[0]; slot.Failures != failures || slot.Streak != 1 {
			t.Errorf("%s: %d failures, streak %d; want %d, 1", kind, slot.Failures, slot.Streak, failures)
		}
	}
}

// TestDoom falls on live attempts once, and keeps what it first said.
func TestDoom(t *testing.T) {
	l, task := in(t, "RUNNING")
	c := l.Plan("web", events.TasksDoomed{Run: task.Run, Slots: clustertest.Slots(0, 7, 1), Reason: "a", GraceMillis: 1500})
	if len(c.Tasks) != 1 || task.Doom == nil || task.Doom.Reason != "a" || task.Doom.Grace.Milliseconds() != 1500 {
		t.Fatalf("doom %+v of %d tasks", task.Doom, len(c.Tasks))
	}
	if c := l.Plan("web", events.TasksDoomed{Run: task.Run, Slots: clustertest.Slots(0, 0, 1), Reason: "b"}); len(c.Tasks) != 0 || task.Doom.Reason != "a" {
		t.Errorf("doomed again: %+v", task.Doom)
	}
	l.Report(task, "TASK_FAILED", "u")
	if slot := l.State.Jobs["web"].Slots[0]; slot.Failures != 0 || slot.Streak != 0 {
		t.Error("the end of a doomed task counts as its failure")
	}
	l, task = in(t, "FINISHED")
	if c := l.Plan("web", events.TasksDoomed{Run: task.Run, Slots: clustertest.Slots(0, 0, 1)}); len(c.Tasks) != 0 || task.Doom != nil {
		t.Error("a task that is over was doomed")
	}
}

// TestAdoption of tasks that the log never heard of, and of one it held for over.
func TestAdoption(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	ev := events.TaskAdopted{Run: 3, Version: 1, Group: "g", Slot: 4, Attempt: 2, TaskID: "stranger", AgentID: "S9", State: "TASK_RUNNING"}
	c := l.Task("lost", 4, ev)
	j := l.State.Jobs["lost"]
	task := l.State.TaskByID("stranger")
	if c.Judgement != cluster.Counted || j == nil || j.Run != 0 || !j.Over() || task == nil {
		t.Fatalf("%s, job %+v", c.Judgement, j)
	}
	if task.State != cluster.Running || !task.Confirmed || !task.Adopted || task.AgentID != "S9" || task.Attempt != 2 {
		t.Errorf("adopted as %+v", task)
	}
	l.Report(task, "TASK_GONE", "")
	if l.Task("lost", 4, ev); !task.Live() || !task.EndedAt.IsZero() {
		t.Errorf("adopted again it is %s and ended at %v", task.State, task.EndedAt)
	}
	for _, state := range []string{"TASK_FINISHED", "TASK_LOST", "TASK_FROZEN", ""} {
		ev.Slot, ev.TaskID, ev.State = 5, "other", state
		if c := l.Task("lost", 5, ev); c.Judgement != cluster.Outranked || l.State.TaskByID("other") != nil {
			t.Errorf("a task in state %q was adopted", state)
		}
	}
}

// TestUnreachableSince is when it first was, for a task that is adopted too:
// the replacement is measured from there.
func TestUnreachableSince(t *testing.T) {
	l, task := in(t, "RUNNING")
	l.Report(task, "TASK_UNREACHABLE", "")
	since := l.Now
	l.Pass(60e9)
	l.Report(task, "TASK_UNREACHABLE", "")
	if !task.UnreachableSince.Equal(since) {
		t.Errorf("unreachable since %s, want %s", task.UnreachableSince, since)
	}
	l.Report(task, "TASK_RUNNING", "u")
	l.Report(task, "TASK_UNREACHABLE", "")
	if !task.UnreachableSince.Equal(l.Now) {
		t.Errorf("unreachable again since %s, want %s", task.UnreachableSince, l.Now)
	}
	l.Report(task, "TASK_GONE", "")
	l.Pass(60e9)
	if l.Task("web", 0, adopted(task, "TASK_UNREACHABLE")); !task.Unreachable || !task.UnreachableSince.Equal(l.Now) {
		t.Errorf("adopted, unreachable %t since %s, want %s", task.Unreachable, task.UnreachableSince, l.Now)
	}
}

// TestDeletedJobsAreForgotten, but for what is expected of their subjects and for
// what may turn up alive.
func TestDeletedJobsAreForgotten(t *testing.T) {
	l, task := in(t, "RUNNING")
	j := l.State.Jobs["web"]
	l.Job("web", events.JobStopped{Run: j.Run})
	l.Report(task, "TASK_GONE", "")
	l.Job("web", events.JobDeleted{Run: j.Run})
	slot, last := j.Slots[0], j.Slots[0].Last
	if j.Spec != nil || slot.Tasks != nil || slot.LastEnd != nil || l.State.TaskByID(task.ID) != nil {
		t.Errorf("kept %+v, %+v", j, slot)
	}
	if c := l.Report(task, "TASK_FAILED", "u"); c.Judgement != cluster.Unmatched || slot.Last == last {
		t.Errorf("its own end after all is %s, and %d expected next", c.Judgement, slot.Last)
	}
	if l.Task("web", 0, adopted(task, "TASK_RUNNING")); j.Live() != 1 {
		t.Error("Mesos runs it after all, the log does not know it")
	}
	if l.Job("web", events.JobDeleted{Run: j.Run}); j.Live() != 1 {
		t.Error("what lives was forgotten")
	}
}

// TestTaken by an attempt that may run, but not by one that is over, that was not
// launched yet, or whose agent is cut off; nor by the attempt itself.
func TestOccupied(t *testing.T) {
	for state, occupied := range map[string]bool{
		"PENDING": false, "STAGING": true, "RUNNING": true, "KILLING": true, "UNREACHABLE": false, "FAILED": false,
	} {
		stored := state
		if state == "UNREACHABLE" {
			stored = "RUNNING"
		}
		l, first := in(t, stored)
		if state == "UNREACHABLE" {
			l.Report(first, "TASK_UNREACHABLE", "")
		}
		slot := l.State.Jobs["web"].Slots[0]
		if slot.Occupied(first) {
			t.Errorf("%s: occupied by itself", state)
		}
		l.Plan("web", events.TasksPlanned{Run: first.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 2)})
		if got := slot.Occupied(slot.Find(first.Run, 2)); got != occupied {
			t.Errorf("%s: occupied %t, want %t", state, got, occupied)
		}
	}
}
