package planning_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/restart"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// batchOf is a batch job of so many tasks that are tried once each.
func batchOf(replicas uint32, change func(*job.Spec)) *job.Spec {
	s := clustertest.Batch("web", replicas)
	s.Tasks[0].Restart = &job.Restart{Attempts: 1}
	if change != nil {
		change(s)
	}
	return s
}

// TestSuccess: whatever became of three tasks, the job goes on, is completed or has failed
// as its success says, and what still runs ends with it.
func TestSuccess(t *testing.T) {
	const running, done, failed = 0, 1, 2
	for _, success := range []job.Success{job.SuccessAll, job.SuccessAny, 2, 3} {
		for code := range 27 {
			fates := [3]int{code % 3, code / 3 % 3, code / 9}
			t.Run(fmt.Sprintf("%s/%v", success, fates), func(t *testing.T) {
				b := newBench(t, batchOf(3, func(s *job.Spec) { s.Success = success }))
				b.decide()
				b.run(0, 1, 2)
				var count [3]int
				firstFailed := -1
				for slot, fate := range fates {
					count[fate]++
					switch fate {
					case done:
						b.end(uint32(slot), "TASK_FINISHED")
					case failed:
						b.end(uint32(slot), "TASK_FAILED")
						if firstFailed < 0 {
							firstFailed = slot
						}
					}
				}
				need := int(success.Of(3))
				var want events.Event
				switch {
				case count[done]+count[running] < need:
					reason := fmt.Sprintf("task %d failed", firstFailed)
					if success != job.SuccessAll {
						reason = fmt.Sprintf("%d of 3 tasks failed for good, and %d had to end well: %s", count[failed], need, reason)
					}
					want = events.JobFailed{Run: b.j.Run, Slot: uint32(firstFailed), Attempt: 1, Reason: reason}
				case count[done] >= need:
					want = events.JobCompleted{Run: b.j.Run}
				}
				if got := b.decide(); !reflect.DeepEqual(got, want) {
					t.Fatalf("decided %+v, want %+v", got, want)
				}
				if want == nil {
					b.want()
					return
				}
				class := "completed"
				if count[done] < need {
					class = "failed"
				}
				doomed, ok := b.decide().(events.TasksDoomed)
				if ok != (count[running] > 0) || ok && doomed.Class != class {
					t.Fatalf("then decided %+v", doomed)
				}
				b.want()
			})
		}
	}
}

// TestSuccessIsOfTheWholeJob, not of each group.
func TestSuccessIsOfTheWholeJob(t *testing.T) {
	b := newBench(t, batchOf(2, func(s *job.Spec) {
		second := s.Tasks[0]
		second.Name = "db"
		s.Tasks, s.Success = append(s.Tasks, second), 3
	}))
	b.decide()
	b.decide()
	b.run(0, 1, 2, 3)
	for _, slot := range []uint32{3, 0} {
		b.end(slot, "TASK_FINISHED")
		b.want()
	}
	b.end(1, "TASK_FAILED")
	b.want() // Three may still end well.
	b.end(2, "TASK_FINISHED")
	b.want(events.JobCompleted{Run: b.j.Run})
}

// TestTimeLimitOfAJob counts from its submission on.
func TestTimeLimitOfAJob(t *testing.T) {
	b := newBench(t, batchOf(2, func(s *job.Spec) { s.TimeLimit = job.Duration(5 * time.Minute) }))
	due := b.Now.Add(5 * time.Minute)
	if d := planning.Decide(b.j, b.Now); d.Event == nil {
		t.Fatal("nothing is planned")
	}
	b.decide()
	b.run(0, 1)
	if d := planning.Decide(b.j, b.Now); d.Event != nil || !d.Wake.Equal(due) {
		t.Fatalf("decided %+v, want a wake at %s", d, due)
	}
	b.end(0, "TASK_FINISHED")
	b.Pass(5*time.Minute - 1)
	b.want()
	b.Pass(1)
	b.want(
		events.JobFailed{Run: b.j.Run, Reason: "ran longer than its time limit of 5m"},
		b.doomed(b.j.Run, 1, 1, 1, planning.ReasonFailed),
	)
}

// TestADoneJobIsNotFailedLate: who looks late finds it done, not over its time. One of which
// only a part is planned is not done.
func TestADoneJobIsNotFailedLate(t *testing.T) {
	limited := func(s *job.Spec) { s.TimeLimit = job.Duration(time.Minute) }
	b := newBench(t, batchOf(1, limited))
	b.decide()
	b.run(0)
	b.end(0, "TASK_FINISHED")
	b.Pass(time.Hour)
	b.want(events.JobCompleted{Run: b.j.Run})

	b = newBench(t, batchOf(2, limited))
	b.Plan("web", events.TasksPlanned{Run: b.j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	b.run(0)
	b.end(0, "TASK_FINISHED")
	b.Pass(time.Hour)
	b.want(events.JobFailed{Run: b.j.Run, Reason: "ran longer than its time limit of 1m"})
}

// TestAJobBehindIsNotFailed for its time: what is wanted of it is not known.
func TestAJobBehindIsNotFailed(t *testing.T) {
	b := newBench(t, batchOf(1, func(s *job.Spec) { s.TimeLimit = job.Duration(time.Minute) }))
	b.decide()
	b.run(0)
	b.adopt("web", b.j.Run, 2, 7, 1)
	b.Pass(time.Hour)
	b.want()
}

// TestKeptFor: a job that is over leaves the lists once the time for which it is kept has
// passed since its last task ended.
func TestKeptFor(t *testing.T) {
	for _, end := range []string{"completed", "failed", "stopped"} {
		t.Run(end, func(t *testing.T) {
			b := newBench(t, batchOf(1, func(s *job.Spec) { s.KeepFor = job.Duration(time.Hour) }))
			b.decide()
			b.run(0)
			b.Pass(24 * time.Hour)
			b.want()
			switch end {
			case "completed":
				b.end(0, "TASK_FINISHED")
				b.decide()
			case "failed":
				b.end(0, "TASK_FAILED")
				b.decide()
			case "stopped":
				b.Job("web", events.JobStopped{Run: b.j.Run})
				b.decide()
				b.Pass(time.Minute)
				b.want() // It still lives.
				b.end(0, "TASK_KILLED")
			}
			due := b.Now.Add(time.Hour)
			if d := planning.Decide(b.j, b.Now); d.Event != nil || !d.Wake.Equal(due) {
				t.Fatalf("decided %+v, want a wake at %s", d, due)
			}
			b.Pass(time.Hour - 1)
			b.want()
			b.Pass(1)
			b.want(events.JobExpired{Run: b.j.Run, KeptMillis: 3600_000})
			if !b.j.Deleted || b.j.Spec != nil {
				t.Error("it is still there")
			}
		})
	}
}

// TestKeptForEver where the job does not say otherwise.
func TestKeptForEver(t *testing.T) {
	b := newBench(t, batchOf(1, nil))
	b.decide()
	b.run(0)
	b.end(0, "TASK_FINISHED")
	b.decide()
	b.Pass(10 * 365 * 24 * time.Hour)
	if d := planning.Decide(b.j, b.Now); d.Event != nil || !d.Wake.IsZero() {
		t.Errorf("decided %+v", d)
	}
}

// TestBadLuckEnds: a batch task that never comes to run, by no fault of its own, is tried
// for long, ever slower, and not for ever.
func TestBadLuckEnds(t *testing.T) {
	b := newBench(t, batchOf(1, nil))
	b.decide()
	for n := range uint32(restart.UnluckyMax) {
		b.Stage(b.task(0))
		b.end(0, "TASK_LOST")
		if n+1 == restart.UnluckyMax {
			break
		}
		ev, ok := b.decide().(events.TasksPlanned)
		if wait := ev.NotBefore.Sub(b.Now); !ok || n > 10 && wait != time.Minute {
			t.Fatalf("after %d losses decided %+v", n+1, ev)
		}
		b.Pass(ev.NotBefore.Sub(b.Now))
	}
	b.want(events.JobFailed{
		Run: b.j.Run, Attempt: restart.UnluckyMax,
		Reason: "task 0 was lost with its agent, the last of 200 attempts in a row that ended by no fault of its own",
	})
}

// TestTimeLimitOfAnAttempt: what runs for too long is ended, has failed, and is tried again
// after its back-off while it has attempts left. What ends well just in time has done its work.
func TestTimeLimitOfAnAttempt(t *testing.T) {
	const reason = "ran longer than its time limit of 5m"
	limited := func(s *job.Spec) {
		s.Tasks[0].TimeLimit, s.Tasks[0].Restart = job.Duration(5*time.Minute), &job.Restart{Attempts: 2}
	}
	b := newBench(t, batchOf(3, limited))
	b.decide()
	b.Stage(b.task(2)) // It is not running yet.
	b.run(0)
	b.Pass(time.Minute)
	b.run(1)
	due := b.Now.Add(4 * time.Minute)
	if d := planning.Decide(b.j, b.Now); d.Event != nil || !d.Wake.Equal(due) {
		t.Fatalf("decided %+v, want a wake at %s", d, due)
	}
	b.Pass(4*time.Minute - 1)
	b.want()
	b.Pass(1)
	doomed := func(slot, attempt uint32) events.Event {
		return events.TasksDoomed{
			Run: b.j.Run, Slots: clustertest.Slots(slot, slot, attempt), Reason: reason, Class: "time_limit", Keep: true, GraceMillis: 5000,
		}
	}
	b.want(doomed(0, 1))
	b.end(0, "TASK_KILLED")
	if n := b.j.Slots[0].Failures; n != 1 {
		t.Errorf("%d failures", n)
	}
	b.want(b.planned(0, 0, 2, reason, b.Now.Add(time.Second)))
	b.Pass(time.Minute)
	b.want(doomed(1, 1))
	b.end(1, "TASK_FINISHED")
	b.want()
	b.run(0)
	b.Pass(5 * time.Minute)
	b.want(doomed(0, 2))
	b.end(0, "TASK_KILLED")
	ev, ok := b.decide().(events.JobFailed)
	if !ok || ev.Slot != 0 || ev.Attempt != 2 || !strings.Contains(ev.Reason, reason) || !strings.Contains(ev.Reason, "2 failed attempts") {
		t.Fatalf("decided %+v", ev)
	}
}

// TestASlotThatFailedForItsTimeIsNotFree for another task of its group, nor for that of
// another.
func TestASlotThatFailedForItsTimeIsNotFree(t *testing.T) {
	b := newBench(t, batchOf(2, func(s *job.Spec) {
		s.Tasks[0].TimeLimit, s.Success = job.Duration(time.Minute), job.SuccessAny
	}))
	b.decide()
	b.run(0, 1)
	b.Pass(time.Minute)
	b.decide()
	b.end(0, "TASK_KILLED")
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 2, Group: "web", Replicas: 3})
	ev, ok := b.decide().(events.TasksPlanned)
	if !ok || len(ev.Slots) != 1 || ev.Slots[0] != clustertest.Slots(2, 2, 1)[0] {
		t.Fatalf("decided %+v", ev)
	}
}

// TestWhatIsCutOffIsNotEndedForItsTime before it comes back: it would not hear of it.
func TestWhatIsCutOffIsNotEndedForItsTime(t *testing.T) {
	b := newBench(t, batchOf(1, func(s *job.Spec) {
		s.Tasks[0].TimeLimit, s.Tasks[0].Unreachable = job.Duration(time.Minute), &job.Unreachable{ReplaceAfter: job.Never}
	}))
	b.decide()
	b.run(0)
	b.Report(b.task(0), "TASK_UNREACHABLE", "")
	b.Pass(time.Hour)
	b.want()
	b.Report(b.task(0), "TASK_RUNNING", "u2")
	if ev, ok := b.decide().(events.TasksDoomed); !ok || ev.Class != "time_limit" {
		t.Fatalf("decided %+v", ev)
	}
}
