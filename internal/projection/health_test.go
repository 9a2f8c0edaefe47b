package projection_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
)

const (
	checkReason = "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"
	httpCheck   = `{"type":"http","port":8080,"path":"/health","interval":"2s","timeout":"1s","failures":2}`
)

// checked is the life of a job whose tasks have a health check, which asked for 16 MB.
func checked(replicas int, check string) life {
	w := &writer{log: memory.New()}
	w.epoch = w.append(spaceOf().Launcher(0), events.LauncherElected{Nonce: "n", Instance: "l"})
	spec := fmt.Sprintf(`{"id":"a","kind":"service","tasks":[{"name":"g","replicas":%d,"container":{"image":"i"},"resources":{"cpu":0.1,"memory":16},"health_check":%s}]}`, replicas, check)
	return life{writer: w, run: w.append(spaceOf().Job("a"), events.JobSubmitted{Spec: []byte(spec)})}
}

// said appends a status of an attempt with what it says beside the state.
func (l life) said(slot, attempt uint32, ev events.TaskStatusChanged) {
	ev.Run, ev.Slot, ev.Attempt = l.run, slot, attempt
	if ev.UUID == nil {
		ev.UUID = fmt.Appendf(nil, "status %d", l.n)
	}
	l.append(spaceOf().Task("a", slot), ev)
}

func (l life) health(slot uint32, healthy bool) {
	l.said(slot, 1, events.TaskStatusChanged{State: "TASK_RUNNING", Reason: checkReason, Healthy: &healthy})
}

// again plans and stages another attempt of a slot.
func (l life) again(slot, attempt uint32, until time.Time) {
	l.append(spaceOf().Plan("a"), events.TasksPlanned{
		Run: l.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: slot, To: slot, Attempt: attempt}}, NotBefore: until,
	})
}

// seen is what users see of the job: state and detail, why, the first task and its last
// failure.
func seen(t *testing.T, l life, now time.Time) (projection.Job, projection.Explanation, projection.Task) {
	t.Helper()
	m := replayed(t, l.log)
	j, _ := m.Job("a")
	why, _ := m.Explain("a", nil, projection.Parts{}, now)
	tasks, _, _ := m.Tasks("a", 0, 0, now)
	if len(tasks) == 0 {
		t.Fatal("no tasks")
	}
	for i := range why.Reasons {
		if why.Reasons[i].Code == projection.CodeNoSubscription {
			why.Reasons = append(why.Reasons[:i:i], why.Reasons[i+1:]...)
			break
		}
	}
	return j, why, tasks[0]
}

func only(t *testing.T, why projection.Explanation, code projection.Code, message string) {
	t.Helper()
	if len(why.Reasons) != 1 || why.Reasons[0].Code != code || why.Reasons[0].Message != message {
		t.Errorf("reasons %+v, want %s %q", why.Reasons, code, message)
	}
}

// TestKilledByItsHealthCheck tells it at every step: not checked, unhealthy, ending, backing
// off.
func TestKilledByItsHealthCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ check, words string }{
		{httpCheck, "http 8080 /health"},
		{`{"type":"tcp","port":5432}`, "tcp 5432"},
		{`{"type":"command","command":"nc -z localhost 80"}`, "command nc -z localhost 80"},
		{`{"type":"command","command":"` + strings.Repeat("é", 100) + `"}`, "command " + strings.Repeat("é", 30) + "…"},
	} {
		l := checked(1, c.check)
		now := time.Unix(1000, 0)
		l.start(1)
		j, why, task := seen(t, l, now)
		only(t, why, projection.CodeUnchecked, "1 task is not checked yet ("+c.words+")")
		if j.State != projection.StateRunning || j.Tasks.Unchecked != 1 || !task.Unchecked {
			t.Errorf("not checked yet: %s %+v", j.State, task)
		}

		l.health(0, true)
		j, why, _ = seen(t, l, now)
		if j.State != projection.StateRunning || why.Summary != "runs as wanted" || j.Tasks != (projection.Counts{Wanted: 1, Running: 1}) {
			t.Errorf("healthy: %s %+v %s", j.State, j.Tasks, why.Summary)
		}

		l.health(0, false)
		j, why, _ = seen(t, l, now)
		only(t, why, projection.CodeUnhealthy, "1 task is unhealthy: its check failed once ("+c.words+")")
		if j.State != projection.StateUnhealthy || j.Detail != why.Summary {
			t.Errorf("unhealthy: %s %q", j.State, j.Detail)
		}

		l.health(0, false)
		_, why, task = seen(t, l, now)
		only(t, why, projection.CodeUnhealthy, "1 task is unhealthy: its check failed 2 times in a row ("+c.words+")")
		if task.ChecksFailed != 2 {
			t.Errorf("%d checks failed", task.ChecksFailed)
		}

		l.said(0, 1, events.TaskStatusChanged{State: "TASK_KILLING"})
		j, why, task = seen(t, l, now)
		only(t, why, projection.CodeKilled, "slot 0 is ending: its health check failed 2 times in a row ("+c.words+")")
		if j.State != projection.StatePending || task.Status.Class != "unhealthy" {
			t.Errorf("while it is killed: %s %+v", j.State, task.Status)
		}

		exit := 137
		healthy := false
		l.said(0, 1, events.TaskStatusChanged{State: "TASK_KILLED", Message: "Container exited with status 137", Exit: &exit, Healthy: &healthy})
		l.again(0, 2, now.Add(time.Minute))
		_, why, task = seen(t, l, now)
		only(t, why, projection.CodeBackoff, "1 task: backing off, as attempt 1 was killed: its health check failed 2 times in a row ("+c.words+
			"); see `taurus logs a/0 --stderr`")
		f := task.LastFailure
		if f == nil || f.Class != "unhealthy" || f.Signal != "SIGKILL" || *f.Exit != 137 || f.State != "KILLED" ||
			f.Summary != "killed: its health check failed 2 times in a row ("+c.words+")" {
			t.Errorf("last failure %+v", f)
		}
	}
}

// TestRepeatedChecksAreCountedOnce: a status that is sent again, or that the master repeats,
// is no other check; a success begins anew.
func TestRepeatedChecksAreCountedOnce(t *testing.T) {
	t.Parallel()
	l := checked(1, httpCheck)
	l.start(1)
	bad, good := false, true
	fail := events.TaskStatusChanged{State: "TASK_RUNNING", Reason: checkReason, Healthy: &bad}
	again := fail
	again.UUID = []byte("one")
	l.said(0, 1, again)
	l.said(0, 1, again)
	reconciled := fail
	reconciled.Reason, reconciled.UUID = "REASON_RECONCILIATION", []byte{}
	l.said(0, 1, reconciled)
	if _, _, task := seen(t, l, time.Unix(1000, 0)); task.ChecksFailed != 1 {
		t.Errorf("%d checks failed, want 1", task.ChecksFailed)
	}
	l.said(0, 1, events.TaskStatusChanged{State: "TASK_RUNNING", Reason: checkReason, Healthy: &good})
	l.said(0, 1, fail)
	if _, _, task := seen(t, l, time.Unix(1000, 0)); task.ChecksFailed != 1 {
		t.Errorf("%d checks failed after a good one, want 1", task.ChecksFailed)
	}
}

// TestSomeAreUnhealthy: of several tasks they are told of together, and a missing task
// counts for more than a sick one.
func TestSomeAreUnhealthy(t *testing.T) {
	t.Parallel()
	l := checked(4, httpCheck)
	l.start(4)
	l.health(0, false)
	l.health(2, false)
	l.health(2, false)
	l.health(3, true)
	j, why, _ := seen(t, l, time.Unix(1000, 0))
	if j.State != projection.StateUnhealthy || j.Tasks.Unhealthy != 2 || j.Tasks.Unchecked != 1 || len(why.Reasons) != 2 {
		t.Fatalf("%s %+v %+v", j.State, j.Tasks, why.Reasons)
	}
	if got, want := why.Reasons[0].Message, "2 tasks are unhealthy: their check failed up to 2 times in a row (http 8080 /health)"; got != want || len(why.Reasons[0].Slots) != 2 {
		t.Errorf("%q %v, want %q", got, why.Reasons[0].Slots, want)
	}
	l.report(3, "TASK_LOST")
	if j, _, _ := seen(t, l, time.Unix(1000, 0)); j.State != projection.StatePending {
		t.Errorf("one is missing, and the job is %s", j.State)
	}
}

// TestCrashLoop begins with the third failure in a row, is not there while a try runs,
// and says how often, within what time, and when the next is due.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	l := begin("service", 1)
	exit := 139
	until := time.Unix(2000, 0).UTC()
	l.plan(0, 0)
	for attempt := uint32(1); attempt <= 4; attempt++ {
		l.append(spaceOf().Task("a", 0), events.TaskStaged{Run: l.run, Group: "g", Attempt: attempt, TaskID: fmt.Sprint("t", attempt), Hostname: "h"})
		l.said(0, attempt, events.TaskStatusChanged{State: "TASK_RUNNING"})
		if j, _, _ := seen(t, l, until); j.State != projection.StateRunning {
			t.Errorf("attempt %d runs, and the job is %s", attempt, j.State)
		}
		l.said(0, attempt, events.TaskStatusChanged{State: "TASK_FAILED", Exit: &exit, Message: "Container exited with status 139"})
		l.again(0, attempt+1, until)
		j, why, task := seen(t, l, until.Add(-time.Minute))
		looping := attempt >= 3
		if (j.State == projection.StateCrashLooping) != looping || (task.CrashLoop != nil) != looping || (j.Tasks.CrashLooping == 1) != looping {
			t.Errorf("after %d failures: %s %+v", attempt, j.State, task.CrashLoop)
		}
		if !looping {
			continue
		}
		if task.CrashLoop.Failures != attempt {
			t.Errorf("%d failures told after %d", task.CrashLoop.Failures, attempt)
		}
		want := fmt.Sprintf("1 task: crash looping, failed %d times within 0s: it failed: exit 139 (SIGSEGV); see `taurus logs a/0 --stderr`", attempt)
		only(t, why, projection.CodeCrashLoop, want)
		if !why.Reasons[0].Until.Equal(until) {
			t.Errorf("until %s", why.Reasons[0].Until)
		}
		if want := fmt.Sprintf("1 task fails again and again; slot 0 failed %d times within 0s, next at 1970-01-01T00:33:20Z", attempt); j.Detail != want {
			t.Errorf("detail %q, want %q", j.Detail, want)
		}
	}
}

// TestWhatAnExitMeans in the words that users read of the last failure.
func TestWhatAnExitMeans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status         events.TaskStatusChanged
		exit           int
		class, summary string
	}{
		{events.TaskStatusChanged{State: "TASK_FAILED"}, 137, "failed", "failed: exit 137 (SIGKILL; often out of memory, 16 MB asked for)"},
		{events.TaskStatusChanged{State: "TASK_FAILED"}, 143, "failed", "failed: exit 143 (SIGTERM)"},
		{events.TaskStatusChanged{State: "TASK_FAILED"}, 134, "failed", "failed: exit 134 (SIGABRT)"},
		{events.TaskStatusChanged{State: "TASK_FAILED"}, 255, "failed", "failed: exit 255"},
		{events.TaskStatusChanged{State: "TASK_FAILED"}, 126, "failed", "failed: exit 126 (its program cannot be run)"},
		{events.TaskStatusChanged{State: "TASK_FAILED"}, 127, "failed", "failed: exit 127 (its program is not there)"},
		{events.TaskStatusChanged{State: "TASK_KILLED"}, 137, "killed_outside", "killed, and not by taurus"},
		{events.TaskStatusChanged{
			State: "TASK_FAILED", Reason: "REASON_CONTAINER_LIMITATION_MEMORY",
			Message: "Container exited with status 137: killed by the kernel: out of memory, limit 32 MB",
		}, 137, "oom", "killed by the kernel: out of memory, limit 32 MB"},
	} {
		l := checked(1, httpCheck)
		l.plan(0, 0)
		l.append(spaceOf().Task("a", 0), events.TaskStaged{Run: l.run, Group: "g", Attempt: 1, TaskID: "t", Resources: events.Resources{CPUs: 0.1, Mem: 16}})
		l.said(0, 1, events.TaskStatusChanged{State: "TASK_RUNNING"})
		if c.status.Message == "" {
			c.status.Message = fmt.Sprintf("Container exited with status %d", c.exit)
		}
		c.status.Exit = &c.exit
		l.said(0, 1, c.status)
		l.again(0, 2, time.Unix(1000, 0))
		_, _, task := seen(t, l, time.Unix(1, 0))
		if f := task.LastFailure; f == nil || f.Class != c.class || f.Summary != c.summary {
			t.Errorf("exit %d: %+v, want %s %q", c.exit, f, c.class, c.summary)
		}
	}
}

// TestFailedJobNamesItsTask, with the command that shows what it wrote.
func TestFailedJobNamesItsTask(t *testing.T) {
	t.Parallel()
	l := begin("batch", 2)
	l.start(2)
	exit := 137
	l.said(1, 1, events.TaskStatusChanged{State: "TASK_FAILED", Exit: &exit, Message: "Container exited with status 137"})
	l.append(spaceOf().Plan("a"), events.JobFailed{Run: l.run, Slot: 1, Attempt: 1, Reason: "task 1 failed: exit 137", Exit: &exit})
	l.report(0, "TASK_FINISHED")
	j, why, _ := seen(t, l, time.Unix(1, 0))
	if o := j.Outcome; o == nil || o.Slot == nil || *o.Slot != 1 || o.Task == nil || o.Task.Class != "failed" || o.Task.Signal != "SIGKILL" {
		t.Errorf("outcome %+v", j.Outcome)
	}
	only(t, why, projection.CodeOver, "the job is failed: task 1 failed: exit 137; see `taurus logs a/1 --stderr`")
}

// TestExplainTheBoundOnKills: while as many tasks were ended in the last minute as may be,
// a job says what of it waits, and until when.
func TestExplainTheBoundOnKills(t *testing.T) {
	t.Parallel()
	l := begin("service", 3)
	l.start(3)
	for slot := range uint32(3) {
		l.said(slot, 1, events.TaskStatusChanged{State: "TASK_UNREACHABLE", UUID: []byte{}})
		l.again(slot, 2, time.Time{})
	}
	m := replayed(t, l.log)
	now := m.Time()
	if why, _ := m.Explain("a", nil, projection.Parts{}, now); why.Reasons[0].Code == projection.CodeKillBound {
		t.Errorf("held before anything was ended: %+v", why.Reasons[0])
	}
	l.append(spaceOf().Plan("a"), events.TasksDoomed{
		Run: l.run, Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 1}}, Reason: "replaced while its agent was unreachable", Class: "replaced", KillBound: 1,
	})
	m = replayed(t, l.log)
	why, _ := m.Explain("a", nil, projection.Parts{}, m.Time())
	var held *projection.Reason
	for i := range why.Reasons {
		if why.Reasons[i].Code == projection.CodeKillBound {
			held = &why.Reasons[i]
		}
	}
	if held == nil || held.Tasks != 2 || !held.Until.After(m.Time().Add(58*time.Second)) ||
		held.Message != "2 tasks to end (replaced) are held by the bound on automatic kills: 1 in the last minute, next at "+held.Until.Format(time.RFC3339) {
		t.Errorf("%+v", why.Reasons)
	}
	if why, _ := m.Explain("a", nil, projection.Parts{}, m.Time().Add(2*time.Minute)); why.Reasons[0].Code == projection.CodeKillBound {
		t.Errorf("held two minutes later: %+v", why.Reasons[0])
	}
}
