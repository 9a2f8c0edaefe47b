package planning_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/core/ranges"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// bench is a job and a planner that decides when told to.
type bench struct {
	*clustertest.Log
	t *testing.T
	j *cluster.Job
}

func newBench(t *testing.T, spec *job.Spec) *bench {
	t.Helper()
	b := &bench{Log: clustertest.New(), t: t}
	b.Elect()
	b.j = b.Submit(spec)
	return b
}

// decide makes the next decision and folds it.
func (b *bench) decide() events.Event {
	b.t.Helper()
	d := planning.DecideAmong(b.State, b.j, b.Now)
	if d.Event != nil {
		b.Plan(b.j.ID, d.Event)
	}
	return d.Event
}

func (b *bench) want(want ...events.Event) {
	b.t.Helper()
	for _, w := range want {
		if got := b.decide(); !reflect.DeepEqual(got, w) {
			b.t.Fatalf("decided %+v\nwant    %+v", got, w)
		}
	}
	if got := b.decide(); got != nil {
		b.t.Fatalf("then decided %+v", got)
	}
}

func (b *bench) task(slot uint32) *cluster.Task { return b.j.Slots[slot].Newest() }

func (b *bench) run(slots ...uint32) {
	for _, n := range slots {
		b.Stage(b.task(n))
		b.Report(b.task(n), "TASK_RUNNING", "u")
	}
}

// end ends the newest attempt of a slot, as its agent says, or, if the state is
// made up, as the master says.
func (b *bench) end(slot uint32, state string) {
	b.t.Helper()
	uuid := "end"
	switch state {
	case "TASK_GONE", "TASK_LOST", "TASK_DROPPED", "TASK_UNKNOWN", "TASK_GONE_BY_OPERATOR":
		uuid = ""
	}
	if c := b.Report(b.task(slot), state, uuid); c.Judgement != cluster.Counted {
		b.t.Fatalf("%s is %s", state, c.Judgement)
	}
}

func (b *bench) planned(from, to, attempt uint32, reason string, notBefore time.Time) events.Event {
	return events.TasksPlanned{
		Run: b.j.Run, Version: b.j.Version, Group: "web", Slots: clustertest.Slots(from, to, attempt), Reason: reason, NotBefore: notBefore,
	}
}

func (b *bench) doomed(run uint64, from, to, attempt uint32, reason string) events.Event {
	return events.TasksDoomed{Run: run, Slots: clustertest.Slots(from, to, attempt), Reason: reason, Class: planning.ClassOf(reason), GraceMillis: 5000}
}

func TestFirstPlanning(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 3))
	d := planning.Decide(b.j, b.Now)
	if d.Cause != b.j.LastJob {
		t.Errorf("cause %d, want %d", d.Cause, b.j.LastJob)
	}
	b.want(b.planned(0, 2, 1, "", time.Time{}))
}

func TestStopDoomsWhatLives(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 3))
	b.decide()
	b.run(0, 1)
	b.end(1, "TASK_FAILED")
	b.Job("web", events.JobStopped{Run: b.j.Run})
	b.want(events.TasksDoomed{
		Run: b.j.Run, Reason: planning.ReasonStopped, Class: "stopped", GraceMillis: 5000,
		Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 1}, {From: 2, To: 2, Attempt: 1}},
	})
}

func TestScaleDownDoomsTheHighest(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 4))
	b.decide()
	b.run(0, 1, 2, 3)
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 2, Group: "web", Replicas: 1})
	b.want(b.doomed(b.j.Run, 1, 3, 1, planning.ReasonScaledDown))
}

// TestScaleDownLeavesTheEnded: a slot that is not wanted any more is not planned
// again just to be doomed.
func TestScaleDownLeavesTheEnded(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 2))
	b.decide()
	b.run(0, 1)
	b.end(1, "TASK_FAILED")
	due := b.Now.Add(time.Second)
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 2, Group: "web", Replicas: 1})
	b.want()
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 3, Group: "web", Replicas: 2})
	b.want(b.planned(1, 1, 2, "after FAILED", due))
}

// TestSlotIsReusedOnlyAfterItsEnd [V6].
func TestSlotIsReusedOnlyAfterItsEnd(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 2))
	b.decide()
	b.run(0, 1)
	scale := func(n uint32) {
		b.Job("web", events.JobScaled{Run: b.j.Run, Version: b.j.Version + 1, Group: "web", Replicas: n})
	}
	scale(1)
	b.want(b.doomed(b.j.Run, 1, 1, 1, planning.ReasonScaledDown))
	scale(2)
	b.want(b.planned(2, 2, 1, "", time.Time{})) // slot 1 still lives
	scale(1)
	b.want(b.doomed(b.j.Run, 2, 2, 1, planning.ReasonScaledDown))
	b.end(1, "TASK_KILLED")
	scale(2)
	b.want(b.planned(1, 1, 2, "", time.Time{}))
}

func TestNewRunDoomsTheOld(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 2))
	b.decide()
	b.run(0, 1)
	old := b.j.Run
	b.Submit(clustertest.Service("web", 1))
	b.want(b.doomed(old, 0, 1, 1, planning.ReasonOldRun), b.planned(2, 2, 1, "", time.Time{}))
}

// adopt has Mesos run a task of a job that the log does not know as alive.
func (b *bench) adopt(id string, run, version uint64, slot, attempt uint32) {
	b.t.Helper()
	c := b.Task(id, slot, events.TaskAdopted{
		Run: run, Version: version, Group: "web", Slot: slot, Attempt: attempt,
		TaskID: clustertest.TaskID(id, run, slot, attempt), AgentID: "S", State: "TASK_RUNNING",
	})
	if c.Judgement != cluster.Counted {
		b.t.Fatalf("adoption is %s", c.Judgement)
	}
}

// TestBackOff is 1, 2, 4 ... 60 seconds, and 1 again after a minute of running.
func TestBackOff(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.decide()
	attempt := uint32(1)
	failAfter := func(ran, wait time.Duration) {
		t.Helper()
		b.run(0)
		b.Pass(ran)
		b.end(0, "TASK_FAILED")
		attempt++
		b.want(b.planned(0, 0, attempt, "after FAILED", b.Now.Add(wait)))
	}
	for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		failAfter(59*time.Second, time.Duration(seconds)*time.Second)
	}
	failAfter(time.Minute, time.Second)
	failAfter(time.Second, 2*time.Second)
}

// TestBackOffBesideWhatIsCutOff: what was put beside a task that is cut off, and failed, is tried
// again after its back-off, also when the time has come to replace the task that is cut off.
func TestBackOffBesideWhatIsCutOff(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.decide()
	b.run(0)
	b.Report(b.task(0), "TASK_UNREACHABLE", "")
	b.Plan("web", events.TasksPlanned{Run: b.j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 2), Beside: true})
	b.run(0)
	b.Pass(10 * time.Minute)
	b.end(0, "TASK_FAILED")
	b.Plan("web", events.TasksPlanned{Run: b.j.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 3), Beside: true})
	b.run(0)
	b.end(0, "TASK_FAILED")
	ev, ok := b.decide().(events.TasksPlanned)
	if want := b.Now.Add(2 * time.Second); !ok || !ev.NotBefore.Equal(want) {
		t.Errorf("decided %+v, want a plan not before %s", ev, want)
	}
}

// TestBackOffOfItsOwn: the group's own numbers, and how any end is waited after.
func TestBackOffOfItsOwn(t *testing.T) {
	spec := clustertest.Service("web", 1)
	spec.Tasks[0].Restart = &job.Restart{
		Backoff: job.Duration(10 * time.Second), BackoffMax: job.Duration(25 * time.Second), ResetAfter: job.Duration(5 * time.Second),
	}
	b := newBench(t, spec)
	b.decide()
	for i, c := range []struct {
		state string
		ran   time.Duration
		wait  time.Duration
	}{
		{"FINISHED", 0, 10 * time.Second},
		{"GONE", 0, 20 * time.Second},
		{"KILLED", 0, 25 * time.Second},
		{"ERROR", 5 * time.Second, 10 * time.Second},
	} {
		b.run(0)
		b.Pass(c.ran)
		b.end(0, "TASK_"+c.state)
		b.want(b.planned(0, 0, uint32(i+2), "after "+c.state, b.Now.Add(c.wait)))
	}
}

// TestWithdrawnIsPlannedAtOnce: it never ran, so there is nothing to wait for.
func TestWithdrawnIsPlannedAtOnce(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.decide()
	b.Stage(b.task(0))
	b.Withdraw(b.task(0))
	b.want(b.planned(0, 0, 2, "after WITHDRAWN", time.Time{}))
	b.run(0)
	b.end(0, "TASK_FAILED")
	b.want(b.planned(0, 0, 3, "after FAILED", b.Now.Add(time.Second)))
	b.Stage(b.task(0))
	b.Withdraw(b.task(0))
	b.want(b.planned(0, 0, 4, "after WITHDRAWN", time.Time{}))
}

// TestWhatSharesAnEvent has one reason, and one grace.
func TestWhatSharesAnEvent(t *testing.T) {
	spec := clustertest.Service("web", 2)
	spec.Tasks = append(spec.Tasks, spec.Tasks[0])
	spec.Tasks[1].Name, spec.Tasks[1].KillGrace = "slow", job.Duration(time.Minute)
	b := newBench(t, spec)
	b.decide()
	b.decide()
	b.run(0, 1, 2, 3)
	b.end(0, "TASK_FAILED")
	b.end(1, "TASK_FINISHED")
	due := b.Now.Add(time.Second)
	b.want(b.planned(0, 0, 2, "after FAILED", due), b.planned(1, 1, 2, "after FINISHED", due))
	b.Job("web", events.JobStopped{Run: b.j.Run})
	slow := events.TasksDoomed{Run: b.j.Run, Slots: clustertest.Slots(2, 3, 1), Reason: planning.ReasonStopped, Class: "stopped", GraceMillis: 60_000}
	b.want(b.doomed(b.j.Run, 0, 1, 2, planning.ReasonStopped), slow)
}

func TestBatchCompletes(t *testing.T) {
	b := newBench(t, clustertest.Batch("web", 2))
	b.decide()
	b.run(0, 1)
	b.end(0, "TASK_FINISHED")
	b.want()
	b.end(1, "TASK_FINISHED")
	b.want(events.JobCompleted{Run: b.j.Run})
}

// TestBatchFails once a task has used up its attempts; the others are doomed.
// How long the attempts ran makes no difference.
func TestBatchFails(t *testing.T) {
	for _, ran := range []time.Duration{0, time.Hour} {
		b := newBench(t, clustertest.Batch("web", 2))
		b.decide()
		b.run(0, 1)
		for attempt := uint32(1); attempt < job.DefaultAttempts; attempt++ {
			b.Pass(ran)
			b.end(1, "TASK_FAILED")
			if _, ok := b.decide().(events.TasksPlanned); !ok {
				t.Fatalf("not tried again after attempt %d", attempt)
			}
			b.run(1)
		}
		exit := 9
		b.Pass(ran)
		last := clustertest.Status(b.task(1), "TASK_FAILED", "end")
		last.Exit, last.Message = &exit, "it broke"
		b.Task("web", 1, last)
		failed, ok := b.decide().(events.JobFailed)
		if !ok || failed.Slot != 1 || failed.Attempt != job.DefaultAttempts || failed.Exit == nil || *failed.Exit != 9 {
			t.Fatalf("after running %s each: %+v", ran, failed)
		}
		if !strings.Contains(failed.Reason, "3 failed attempts") || !strings.Contains(failed.Reason, "it broke") {
			t.Errorf("reason %q", failed.Reason)
		}
		b.want(b.doomed(b.j.Run, 0, 0, 1, planning.ReasonFailed))
	}
}

// TestBlamelessEndsUseUpNoAttempts: whoever loses its agent may try again.
func TestBlamelessEndsUseUpNoAttempts(t *testing.T) {
	for _, end := range []struct{ state, reason string }{
		{"TASK_GONE", ""},
		{"TASK_LOST", ""},
		{"TASK_DROPPED", ""},
		{"TASK_UNKNOWN", ""},
		{"TASK_GONE_BY_OPERATOR", ""},
		{"TASK_KILLED", "REASON_AGENT_DRAINING"},
		{"TASK_FAILED", "REASON_AGENT_RESTARTED"},
	} {
		b := newBench(t, clustertest.Batch("web", 1))
		b.decide()
		for range 3 * job.DefaultAttempts {
			b.run(0)
			status := clustertest.Status(b.task(0), end.state, "end")
			status.Reason = end.reason
			b.Task("web", 0, status)
			if ev, ok := b.decide().(events.TasksPlanned); !ok {
				t.Fatalf("%s %s: decided %+v", end.state, end.reason, ev)
			}
		}
		if n := b.j.Slots[0].Failures; n != 0 {
			t.Errorf("%s %s: %d failures", end.state, end.reason, n)
		}
	}
}

// TestDrainedByMesos: a task that Mesos ended to empty its agent is planned again at once.
func TestDrainedByMesos(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.decide()
	for attempt := range uint32(4) {
		b.run(0)
		status := clustertest.Status(b.task(0), "TASK_KILLED", "end")
		status.Reason = "REASON_AGENT_DRAINING"
		b.Task("web", 0, status)
		b.want(b.planned(0, 0, attempt+2, "after KILLED", time.Time{}))
	}
}

func TestRestartPolicies(t *testing.T) {
	for _, c := range []struct {
		kind   job.Kind
		policy string
		state  string
		want   events.Event
	}{
		{job.KindService, "", "TASK_FINISHED", events.TasksPlanned{}},
		{job.KindService, "", "TASK_FAILED", events.TasksPlanned{}},
		{job.KindService, job.RestartOnFailure, "TASK_FINISHED", events.JobCompleted{}},
		{job.KindService, job.RestartOnFailure, "TASK_FAILED", events.TasksPlanned{}},
		{job.KindService, job.RestartNever, "TASK_FINISHED", events.JobCompleted{}},
		{job.KindService, job.RestartNever, "TASK_FAILED", events.JobFailed{}},
		{job.KindService, job.RestartNever, "TASK_GONE", events.TasksPlanned{}},
		{job.KindBatch, "", "TASK_FINISHED", events.JobCompleted{}},
		{job.KindBatch, "", "TASK_FAILED", events.TasksPlanned{}},
		{job.KindBatch, job.RestartAlways, "TASK_FINISHED", events.TasksPlanned{}},
		{job.KindBatch, job.RestartNever, "TASK_KILLED", events.JobFailed{}},
	} {
		spec := clustertest.Service("web", 1)
		spec.Kind, spec.Tasks[0].Restart = c.kind, &job.Restart{Policy: c.policy}
		b := newBench(t, spec)
		b.decide()
		b.run(0)
		b.end(0, c.state)
		if got := b.decide(); reflect.TypeOf(got) != reflect.TypeOf(c.want) {
			t.Errorf("%s %q after %s: %+v, want %T", c.kind, c.policy, c.state, got, c.want)
		}
	}
}

// TestEachGroupHasToBeDone: what one has too much of does not make up for what
// another lacks.
func TestEachGroupHasToBeDone(t *testing.T) {
	spec := clustertest.Batch("web", 3)
	second := spec.Tasks[0]
	second.Name, second.Replicas = "db", 1
	spec.Tasks = append(spec.Tasks, second)
	b := newBench(t, spec)
	b.decide()
	b.decide()
	b.run(0, 1, 2, 3)
	b.end(1, "TASK_FINISHED")
	b.end(2, "TASK_FINISHED")
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 2, Group: "web", Replicas: 1})
	b.want() // slot 0 is the one wanted, and runs
	b.end(0, "TASK_FINISHED")
	b.want() // so does the other group
	b.end(3, "TASK_FINISHED")
	b.want(events.JobCompleted{Run: b.j.Run})
}

func TestNothingWantedIsNotDone(t *testing.T) {
	newBench(t, clustertest.Batch("web", 0)).want()
}

const replaceAfter = time.Duration(job.DefaultReplaceAfter)

// TestUnreachable: replaced after five minutes, and doomed should it come back.
func TestUnreachable(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.decide()
	b.run(0)
	first := b.task(0)
	b.Report(first, "TASK_UNREACHABLE", "")
	b.Pass(replaceAfter - 1)
	b.want()
	if d := planning.Decide(b.j, b.Now); !d.Wake.Equal(b.Now.Add(1)) {
		t.Fatalf("wake at %s, want %s", d.Wake, b.Now.Add(1))
	}
	b.Pass(1)
	b.want(b.planned(0, 0, 2, "agent unreachable", time.Time{}), b.doomed(b.j.Run, 0, 0, 1, planning.ReasonReplaced))
	b.run(0)
	b.Report(first, "TASK_RUNNING", "u2")
	b.want()
	if first.Doom == nil || b.task(0).Doom != nil || b.task(0).Attempt != 2 {
		t.Errorf("first %v, second %v", first.Doom, b.task(0).Doom)
	}
	// Now the second is cut off while the first is still being killed.
	b.Report(b.task(0), "TASK_UNREACHABLE", "")
	b.Pass(replaceAfter)
	b.want()
	b.Report(first, "TASK_KILLED", "u3")
	b.want(b.planned(0, 0, 3, "agent unreachable", time.Time{}), b.doomed(b.j.Run, 0, 0, 2, planning.ReasonReplaced))
}

// TestUnreachableByTheJob: when a task that is cut off is replaced is the job's to say.
func TestUnreachableByTheJob(t *testing.T) {
	for _, c := range []struct {
		after job.Patience
		pass  time.Duration
		waits bool
	}{
		{job.Never, 1000 * time.Hour, true},
		{job.Patience(time.Hour), time.Hour - 1, true},
		{job.Patience(time.Hour), time.Hour, false},
		{job.Patience(time.Millisecond), time.Millisecond, false},
		{0, replaceAfter - 1, true}, // A group that says nothing of it.
		{0, replaceAfter, false},
	} {
		spec := clustertest.Service("web", 1)
		spec.Tasks[0].Unreachable = &job.Unreachable{ReplaceAfter: c.after}
		b := newBench(t, spec)
		b.decide()
		b.run(0)
		b.Report(b.task(0), "TASK_UNREACHABLE", "")
		b.Pass(c.pass)
		if c.waits {
			b.want()
			if wake := planning.Decide(b.j, b.Now).Wake; wake.IsZero() != (c.after == job.Never) {
				t.Errorf("%s: wakes at %s", c.after, wake)
			}
			continue
		}
		b.want(b.planned(0, 0, 2, "agent unreachable", time.Time{}), b.doomed(b.j.Run, 0, 0, 1, planning.ReasonReplaced))
	}
}

func TestUnreachableThatComesBackInTime(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 1))
	b.decide()
	b.run(0)
	b.Report(b.task(0), "TASK_UNREACHABLE", "")
	b.Pass(replaceAfter - 1)
	b.Report(b.task(0), "TASK_RUNNING", "u2")
	b.Pass(time.Hour)
	b.want()
}

// TestRangesAreBounded, so that an event fits into a message; more follow.
func TestRangesAreBounded(t *testing.T) {
	const n = 3 * ranges.Max
	b := newBench(t, clustertest.Service("web", n))
	b.want(b.planned(0, n-1, 1, "", time.Time{}))
	for slot := range uint32(n) {
		if slot%2 == 0 {
			b.Withdraw(b.task(slot))
		}
	}
	first, ok := b.decide().(events.TasksPlanned)
	if !ok || len(first.Slots) != ranges.Max {
		t.Fatalf("%d ranges in one event, want %d", len(first.Slots), ranges.Max)
	}
	second, ok := b.decide().(events.TasksPlanned)
	if !ok || len(second.Slots) != n/2-ranges.Max {
		t.Fatalf("%d ranges follow, want %d", len(second.Slots), n/2-ranges.Max)
	}
	b.want()
	b.Job("web", events.JobStopped{Run: b.j.Run})
	for range 10 {
		if ev, ok := b.decide().(events.TasksDoomed); ok && len(ev.Slots) > ranges.Max {
			t.Fatalf("%d ranges in one event", len(ev.Slots))
		}
	}
	b.want()
}
