package planning_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	core "github.com/milosgajdos/taurus/internal/core/machine"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// adopted brings a running task in.
func (b *bench) adopted(slot, attempt uint32, run, version uint64) *cluster.Task {
	b.t.Helper()
	b.Task("web", slot, events.TaskAdopted{
		Run: run, Version: version, Group: "web", Slot: slot, Attempt: attempt, TaskID: clustertest.TaskID("web", run, slot, attempt),
		AgentID: "S1", State: "TASK_RUNNING",
	})
	t := b.j.Slots[slot].Find(run, attempt)
	if t == nil {
		b.t.Fatalf("slot %d has no attempt %d", slot, attempt)
	}
	return t
}

// TestWhatIsAheadIsNotTooMany: what is wanted is not known, so nothing ends for being more,
// nor for another run that is ahead.
func TestWhatIsAheadIsNotTooMany(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 3))
	b.decide()
	b.run(0, 1, 2)
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 2, Group: "web", Replicas: 1})
	b.adopted(3, 1, b.j.Run, 4)
	b.want()
	b = newBench(t, clustertest.Service("web", 0))
	b.adopted(0, 1, b.j.Run+5, 1)
	b.adopted(0, 1, b.j.Run+9, 1)
	b.want()
}

// TestASlotOfALostRunIsNotReused: what is left of it would stay the slot's newest task.
func TestASlotOfALostRunIsNotReused(t *testing.T) {
	b := newBench(t, clustertest.Service("web", 0))
	ahead := b.adopted(0, 1, b.j.Run+5, 1)
	b.Report(ahead, "TASK_FAILED", "u")
	b.Job("web", events.JobScaled{Run: b.j.Run, Version: 2, Group: "web", Replicas: 1})
	b.want(b.planned(1, 1, 1, "", time.Time{}))
}

// TestWhatWasToBeFollowedIsOfItsRun: a slot that was to stay with its group is free for
// the next run once its task is over, and held by none before.
func TestWhatWasToBeFollowedIsOfItsRun(t *testing.T) {
	s := newStage(t, 2, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(1)})
	s.update(image("y"))
	d := planning.Decide(s.j, s.Now)
	if word(d.Event) != "-0" {
		t.Fatalf("decided %+v", d.Event)
	}
	s.Plan("web", d.Event)
	s.j = s.Submit(s.j.Spec.Clone())
	var words []string
	for d := planning.Decide(s.j, s.Now); d.Event != nil; d = planning.Decide(s.j, s.Now) {
		words = append(words, word(d.Event))
		s.Plan("web", d.Event)
	}
	if got := strings.Join(words, " "); got != "-1 +2-3" {
		t.Errorf("decided %s", got)
	}
}

// TestABatchIsNotDoneTwice: what a version of before has done is done.
func TestABatchIsNotDoneTwice(t *testing.T) {
	s := &stage{bench: newBench(t, clustertest.Batch("web", 2))}
	s.decide()
	s.run(0, 1)
	s.end(0, "TASK_FINISHED")
	s.update(image("y"))
	s.want()
	s.end(1, "TASK_FINISHED")
	s.want(events.JobCompleted{Run: s.j.Run})
}

// TestWhatIsToldToEndIsFollowed, however it ends, and at once; so is what was to be
// restarted and ended before.
func TestWhatIsToldToEndIsFollowed(t *testing.T) {
	for _, state := range []string{"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED"} {
		spec := clustertest.Service("web", 1)
		policyOf(job.RestartOnFailure)(spec)
		b := newBench(t, spec)
		b.decide()
		b.run(0)
		b.end(0, "TASK_FAILED")
		b.decide()
		b.Pass(time.Minute)
		b.run(0) // There is a streak now, and so a back-off.
		b.Job("web", events.KillRequested{Run: b.j.Run})
		b.decide()
		b.end(0, state)
		ev, ok := b.decide().(events.TasksPlanned)
		if !ok || ev.Slots[0].Attempt != 3 || !ev.NotBefore.IsZero() {
			t.Errorf("%s: then planned %+v", state, ev)
		}
	}
	s := newStage(t, 2, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(1)}, policyOf(job.RestartNever))
	s.Job("web", events.JobRestarted{Run: s.j.Run, Version: 1})
	s.Report(s.task(1), "TASK_FAILED", "f")
	s.play(100)
	s.wantStatus(cluster.RolloutSucceeded)
	s.wantImages("x x")
}

// TestTheBackOffIsOfTheVersion: what one did does not hold up the next.
func TestTheBackOffIsOfTheVersion(t *testing.T) {
	s := newStage(t, 1, job.Rollout{})
	s.Report(s.task(0), "TASK_FAILED", "f")
	s.update(image("y"))
	ev, ok := planning.Decide(s.j, s.Now).Event.(events.TasksPlanned)
	if !ok || ev.Version != 2 || !ev.NotBefore.IsZero() {
		t.Errorf("planned %+v", ev)
	}
}

// TestAFailedRolloutFailsNoJob, also where the slot had nothing else; what served in it
// comes back.
func TestAFailedRolloutFailsNoJob(t *testing.T) {
	s := newStage(t, 2, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(1)}, policyOf(job.RestartNever))
	s.bad = "y"
	s.update(image("y"))
	s.play(100)
	s.wantSteps("-0 +0 failed +0")
	s.wantImages("x x")
	if s.j.Over() {
		t.Errorf("the job is over: %s", s.j.OutcomeReason)
	}
}

// TestAGroupThatIsGoneServesOn where the rollout has failed.
func TestAGroupThatIsGoneServesOn(t *testing.T) {
	s := newStage(t, 2, job.Rollout{ProgressDeadline: job.Duration(time.Minute)})
	s.bad = "y"
	s.update(func(spec *job.Spec) {
		spec.Tasks[0].Name, spec.Tasks[0].Container = "new", &job.Container{Image: "y"}
	})
	s.play(60)
	s.wantStatus(cluster.RolloutFailed)
	for n := range uint32(2) {
		if task := s.task(n); task.Group != "web" || task.Doom != nil || task.State != cluster.Running {
			t.Errorf("%v is %s, doom %+v", task.Key(), task.State, task.Doom)
		}
	}
}

// TestAMoveThatFailsFailsNoJob: the one that is to leave goes on.
func TestAMoveThatFailsFailsNoJob(t *testing.T) {
	spec := within(1, 1, 0)
	policyOf(job.RestartNever)(spec)
	b := newBench(t, spec)
	b.decide()
	runOn(b.Log, b.task(0), "h1")
	b.Pass(time.Minute)
	drain(b.Log, events.AgentDrained{Hostname: "h1"})
	b.want(b.beside(0, 0, 2))
	runOn(b.Log, b.task(0), "h2")
	b.end(0, "TASK_FAILED")
	if ev := b.decide(); ev != nil && word(ev) != "+0&" {
		t.Errorf("decided %+v", ev)
	}
}

// TestADoomedOneIsNoReplacement: while what is rolled out was told to end, the one that it
// was to replace goes on.
func TestADoomedOneIsNoReplacement(t *testing.T) {
	s := newStage(t, 1, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(1)
	s.Job("web", events.KillRequested{Run: s.j.Run, Slots: clustertest.Slots(0, 0, 2)})
	if got := s.next(); got != "-0" {
		t.Fatalf("decided %q", got)
	}
	s.Plan("web", planning.Decide(s.j, s.Now).Event)
	s.Pass(time.Minute)
	if got := s.next(); got != "" || s.j.Slots[0].Tasks[0].Doom != nil {
		t.Errorf("then decided %q", got)
	}
}

// TestOfTwoThatAreOutdated and up the newer ends, and no other: not both, and not the one
// that alone is up.
func TestOfTwoThatAreOutdated(t *testing.T) {
	for _, both := range []bool{true, false} {
		s := newStage(t, 1, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
		s.update(image("y"))
		s.play(1)
		if !both {
			s.Report(s.j.Slots[0].Tasks[0], "TASK_UNREACHABLE", "")
		}
		s.update(image("z"))
		d := planning.Decide(s.j, s.Now)
		ev, dooms := d.Event.(events.TasksDoomed)
		if dooms != both || both && (len(ev.Slots) != 1 || ev.Slots[0].Attempt != 2) {
			t.Errorf("both up %t: %+v", both, d.Event)
		}
		if both {
			s.Plan("web", d.Event)
			if d := planning.Decide(s.j, s.Now); d.Event != nil {
				t.Errorf("then %+v", d.Event)
			}
		}
	}
}

// TestAMoveThatIsCalledOff: of the two in the slot the newer ends, unless it alone is up.
func TestAMoveThatIsCalledOff(t *testing.T) {
	for _, c := range []struct {
		old, newer bool
		want       uint32
	}{{true, true, 2}, {true, false, 2}, {false, true, 1}, {false, false, 2}} {
		b := newBench(t, within(1, 1, 0))
		b.decide()
		runOn(b.Log, b.task(0), "h1")
		b.Pass(time.Minute)
		drain(b.Log, events.AgentDrained{Hostname: "h1"})
		b.decide()
		if c.newer {
			runOn(b.Log, b.task(0), "h2")
		}
		drain(b.Log, events.AgentRestored{Hostname: "h1"})
		if !c.old {
			b.Report(b.j.Slots[0].Tasks[0], "TASK_UNREACHABLE", "")
		}
		b.Pass(20 * time.Second)
		ev, ok := b.decide().(events.TasksDoomed)
		if !ok || len(ev.Slots) != 1 || ev.Slots[0].Attempt != c.want {
			t.Errorf("up %t and %t: %+v", c.old, c.newer, ev)
		}
	}
}

// TestWhatIsCutOffIsGivenTime before another takes its place, whatever became of one that
// was put beside it.
func TestWhatIsCutOffIsGivenTime(t *testing.T) {
	s := newStage(t, 1, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(1)
	s.Report(s.task(0), "TASK_FAILED", "f")
	s.Report(s.j.Slots[0].Tasks[0], "TASK_UNREACHABLE", "")
	if got := s.next(); got != "+0&" {
		t.Errorf("decided %q", got)
	}
}

// TestACanaryOfNewSlots: a job that grows with its update does not get more of it.
func TestACanaryOfNewSlots(t *testing.T) {
	s := newStage(t, 1, job.Rollout{Canary: 1, MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(func(spec *job.Spec) { image("y")(spec); spec.Tasks[0].Replicas = 4 })
	s.play(100)
	n := 0
	for _, slot := range s.j.Slots {
		for _, task := range slot.Tasks {
			if task.Live() && task.Version == 2 {
				n++
			}
		}
	}
	if n != 1 || s.j.Live() != 4 {
		t.Errorf("%d of %d have what is rolled out: %v", n, s.j.Live(), s.steps)
	}
}

// TestTheRunBeforeIsNotHeld: only groups of the run that is over end one after the other.
func TestTheRunBeforeIsNotHeld(t *testing.T) {
	spec := clustertest.Service("web", 1)
	second := spec.Tasks[0]
	second.Name, second.After = "front", []string{"web"}
	spec.Tasks = append(spec.Tasks, second)
	b := newBench(t, spec)
	b.decide()
	b.run(0)
	b.decide()
	b.run(1)
	b.j = b.Submit(b.j.Spec.Clone())
	b.Job("web", events.JobStopped{Run: b.j.Run})
	for n := range uint32(2) {
		b.decide()
		if b.task(n).Doom == nil {
			t.Errorf("slot %d of the run before goes on", n)
		}
	}
}

// TestHeldKills are those that somebody would wait for: not of a log that has no bound,
// and not what a user asked for.
func TestHeldKills(t *testing.T) {
	s := newStage(t, 2, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(1)})
	s.update(image("y"))
	if h, held := planning.HeldKills(s.State, s.j, s.Now); held {
		t.Errorf("without a bound %+v", h)
	}
	s.Plan("other", events.TasksDoomed{Run: 1, Class: "updated", KillBound: 1})
	s.State.AutomaticKills = cluster.KillWindow{Bound: 1}
	if _, held := planning.HeldKills(s.State, s.j, s.Now); held {
		t.Error("there is room")
	}
}

// TestAMachineWaitsForWhatIsReplaced: it plans nothing of a run before the one that it
// replaces is out of reach.
func TestAMachineWaitsForWhatIsReplaced(t *testing.T) {
	l, j := scheduled(job.OverlapReplace, job.MissedNone)
	l.Elect()
	l.Pass(5 * time.Minute)
	plan(l, j)
	first := l.State.Jobs[j.Series.Runs[0].Job]
	plan(l, first)
	l.Stage(first.Slots[0].Newest())
	l.Pass(5 * time.Minute)
	plan(l, j)
	second := l.State.Jobs[j.Series.Runs[1].Job]
	at := core.Moment{Now: l.Now, Log: l.Now}
	m := planning.New(events.NewSpace(0), "one", l.State)
	m.Step(at, core.CaughtUp{})
	planned := func() bool {
		m.Step(at, core.Folded{Record: &l.Records[len(l.Records)-1], Change: cluster.Change{Job: second}})
		for _, e := range m.Step(at, core.Tick{}) {
			if a, ok := e.(core.Append); ok {
				if _, plans := a.Drafts[0].Event.(events.TasksPlanned); plans {
					return true
				}
			}
		}
		return false
	}
	if planned() {
		t.Error("planned beside what it replaces")
	}
	l.Report(first.Slots[0].Newest(), "TASK_KILLED", "u")
	if !planned() {
		t.Error("not planned once that has ended")
	}
}

// TestAFullLogRolls: where it has no room for another task a rollout and a move take the
// steps that need none, and are looked at again.
func TestAFullLogRolls(t *testing.T) {
	begin := func() (*stage, *planning.Machine, core.Moment) {
		s := newStage(t, 2, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0), ProgressDeadline: job.Duration(time.Hour)})
		at := core.Moment{Now: s.Now, Log: s.Now}
		m := planning.New(events.NewSpace(0), "one", s.State)
		m.Step(at, core.CaughtUp{})
		m.Step(at, planning.Usage{Bytes: 95, MaxBytes: 100})
		return s, m, at
	}
	look := func(s *stage, m *planning.Machine, at core.Moment) (word_ string) {
		m.Step(at, core.Folded{Record: &s.Records[len(s.Records)-1], Change: cluster.Change{Job: s.j}})
		for _, e := range m.Step(at, core.Tick{}) {
			if a, ok := e.(core.Append); ok {
				return word(a.Drafts[0].Event)
			}
		}
		return ""
	}
	s, m, at := begin()
	s.update(image("y"))
	if got := look(s, m, at); got != "" {
		t.Errorf("in a full log %q", got)
	}
	if wake := m.Wake(); wake.IsZero() || wake.After(at.Now.Add(planning.UsageEvery)) {
		t.Errorf("looked at again at %s", wake)
	}
	at.Now, at.Log = at.Now.Add(2*time.Hour), at.Log.Add(2*time.Hour)
	if got := look(s, m, at); got != "failed" {
		t.Errorf("after its deadline, in a full log: %q", got)
	}
	s, m, at = begin()
	drain(s.Log, events.AgentDrained{Hostname: "h1", Deadline: s.Now.Add(time.Minute)})
	s.Pass(2 * time.Minute)
	at.Now, at.Log = s.Now, s.Now
	if got := look(s, m, at); got != "-0-1" {
		t.Errorf("after the deadline of a drain, in a full log: %q", got)
	}
}
