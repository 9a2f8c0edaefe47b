package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestClosedLivesGoOnAlike folds the lives of jobs, and what comes after their ends, into a state
// that closes at once and one that never does: the ends are told again, or otherwise, what was
// over lives after all, and jobs are deleted, expire and are submitted anew.
func TestClosedLivesGoOnAlike(t *testing.T) {
	reopened, found := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		l := clustertest.New()
		l.Elect()
		closing := cluster.New()
		closing.CloseAfterAgain(rapid.SampledFrom([]time.Duration{0, 0, 0, time.Minute}).Draw(t, "kept"), rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "again"))
		for range rapid.IntRange(5, 80).Draw(t, "steps") {
			l.Pass(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
			happen(t, l)
			if rapid.IntRange(0, 15).Draw(t, "written") == 0 {
				closing = resumed(t, closing)
			}
			for _, r := range l.Records[closing.Sequence:] {
				if j := closing.Job(r.Subject.Job); j != nil && j.Closed() {
					reopened++
				}
				apply(t, closing, r)
			}
			sameAnswers(t, l.State, closing)
			for id := range l.State.Index() {
				if closing.Index()[id] == nil {
					found++
				}
			}
		}
	})
	if reopened == 0 || found == 0 {
		t.Errorf("%d records were about closed jobs, and %d tasks were found in packed ones", reopened, found)
	}
}

// happen has something plausible happen to one of few jobs.
func happen(t *rapid.T, l *clustertest.Log) {
	id := jobs().Draw(t, "job")
	j := l.State.Jobs[id]
	if j == nil || j.Over() && rapid.IntRange(0, 7).Draw(t, "anew") == 0 {
		spec := clustertest.Service(id, 3)
		if rapid.Bool().Draw(t, "batch") {
			spec = clustertest.Batch(id, 3)
			spec.KeepFor = job.Duration(rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "keep"))
		}
		j = l.Submit(spec)
	}
	slot := rapid.Uint32Range(0, 2).Draw(t, "slot")
	attempt, run := uint32(1), j.Run
	var task *cluster.Task
	if s := j.Slots[slot]; s != nil && len(s.Tasks) > 0 {
		task = s.Tasks[rapid.IntRange(0, len(s.Tasks)-1).Draw(t, "which")]
		attempt, run = task.Attempt, task.Run
	}
	switch what := rapid.IntRange(0, 15).Draw(t, "what"); {
	case what == 0:
		l.Plan(id, events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(slot, slot, attempt+1)})
	case what == 1:
		l.Job(id, events.JobStopped{Run: j.Run, Reason: "r"})
	case what == 2:
		l.Plan(id, events.JobCompleted{Run: j.Run})
	case what == 3:
		l.Plan(id, events.JobFailed{Run: j.Run, Reason: "r"})
	case what == 4 && j.Over() && !j.Alive():
		l.Job(id, events.JobDeleted{Run: j.Run})
	case what == 5:
		l.Plan(id, events.JobExpired{Run: j.Run})
	case what == 6:
		l.Task(id, slot, events.TaskAdopted{
			Run: run, Version: 1, Group: "web", Slot: slot, Attempt: attempt, TaskID: clustertest.TaskID(id, run, slot, attempt), AgentID: "S2", State: "TASK_RUNNING",
		})
	case task == nil:
		l.Plan(id, events.TasksPlanned{Run: j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 2, 1)})
	case task.State == cluster.Waiting:
		if what == 7 {
			l.Withdraw(task)
			return
		}
		l.Stage(task)
	case what == 7:
		l.Plan(id, events.TasksDoomed{Run: run, Slots: clustertest.Slots(slot, slot, attempt), Reason: "r", Class: "stopped", GraceMillis: 1000})
	case what == 8:
		l.Append(events.Subject{Role: events.RoleKill, Job: id}, events.Envelope{}, events.KillIssued{Run: run, Slots: clustertest.Slots(slot, slot, attempt)})
	case what == 9:
		l.Job(id, events.KillRequested{Run: run, Slots: clustertest.Slots(slot, slot, attempt), IdempotencyKey: "k"})
	case what < 14 && task.Live():
		l.Report(task, rapid.SampledFrom([]string{"TASK_RUNNING", "TASK_FINISHED", "TASK_FINISHED", "TASK_KILLED", "TASK_FAILED", "TASK_LOST"}).Draw(t, "state"), fmt.Sprint("u", l.Counter%5))
	default:
		state := rapid.SampledFrom([]string{"TASK_RUNNING", "TASK_FINISHED", "TASK_KILLED", "TASK_GONE"}).Draw(t, "told")
		l.Report(task, state, rapid.SampledFrom([]string{"", task.Status.UUID, "late"}).Draw(t, "uuid"))
	}
}

// TestAKillOfWhatHasEnded: a kill that is announced while the end of the task comes in is sent
// by who announced it, to the agent, though its state has closed the job by then.
func TestAKillOfWhatHasEnded(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	l.State.CloseAtOnce()
	run := l.Submit(clustertest.Service("web", 1)).Run
	l.Plan("web", events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	task := l.State.Jobs["web"].Slots[0].Newest()
	l.Stage(task)
	l.Report(task, "TASK_RUNNING", "u1")
	l.Job("web", events.JobStopped{Run: run})
	l.Plan("web", events.TasksDoomed{Run: run, Slots: clustertest.Slots(0, 0, 1), Reason: "stopped", Class: "stopped", GraceMillis: 1000})
	agent := task.AgentID
	l.Report(task, "TASK_KILLED", "u2")
	if j := l.State.Job("web"); agent == "" || j == nil || !j.Closed() {
		t.Fatalf("agent %q, %+v", agent, j)
	}
	c := l.Append(events.Subject{Role: events.RoleKill, Job: "web"}, events.Envelope{}, events.KillIssued{Run: run, Slots: clustertest.Slots(0, 0, 1)})
	if len(c.Tasks) != 1 || c.Tasks[0].AgentID != agent || c.Tasks[0].ID != task.ID || c.Tasks[0].Doom.Grace != time.Second {
		t.Errorf("%+v", c.Tasks)
	}
}

// TestResumeClosesByItsOwnRules: whoever goes on from a state closes as it was told to, and what
// another left of a job open is packed with what that packed.
func TestResumeClosesByItsOwnRules(t *testing.T) {
	l := clustertest.New()
	l.Elect()
	l.State.CloseAfter(0) // It keeps the task that failed its job.
	run := l.Submit(clustertest.Batch("work", 3)).Run
	l.Plan("work", events.TasksPlanned{Run: run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 2, 1)})
	for n := range uint32(3) {
		task := l.State.Jobs["work"].Slots[n].Newest()
		l.Stage(task)
		l.Report(task, "TASK_RUNNING", fmt.Sprint("u", n))
		l.Report(task, map[bool]string{true: "TASK_FAILED", false: "TASK_FINISHED"}[n == 1], fmt.Sprint("v", n))
	}
	l.Plan("work", events.JobFailed{Run: run, Reason: "r", Slot: 1, Attempt: 1})
	if j := l.State.Job("work"); !j.Closed() || len(j.Slots) != 1 {
		t.Fatalf("closed %v with slots %v", j.Closed(), j.Slots)
	}
	s := cluster.New()
	s.CloseAtOnce()
	s.Resume(again(t, l.State))
	if j := s.Job("work"); !j.Closed() || len(j.Slots) != 0 {
		t.Errorf("closed %v with slots %v", j.Closed(), j.Slots)
	}
	for n := range uint32(3) {
		if want, got := l.State.SlotLast("work", n), s.SlotLast("work", n); want == 0 || got != want {
			t.Errorf("slot %d expects %d, and %d where another goes on", n, want, got)
		}
	}
}
