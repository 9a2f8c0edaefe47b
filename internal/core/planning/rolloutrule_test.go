package planning_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

func policyOf(word string) func(*job.Spec) {
	return func(s *job.Spec) { s.Tasks[0].Restart = &job.Restart{Policy: word} }
}

func (s *stage) wantStatus(want cluster.RolloutStatus) {
	s.t.Helper()
	if got := s.j.Rollout.Status; got != want {
		s.t.Errorf("the rollout is %s, want %s: %+v", got, want, s.j.Rollout)
	}
}

// TestACanaryThatDoesNotComeUp fails the rollout in time, and what served goes on beside
// it, however many may be down.
func TestACanaryThatDoesNotComeUp(t *testing.T) {
	s := newStage(t, 4, job.Rollout{Canary: 1, ProgressDeadline: job.Duration(time.Minute)})
	s.bad = "y"
	s.update(image("y"))
	s.play(60)
	s.wantStatus(cluster.RolloutFailed)
	for n := range uint32(4) {
		if task := s.j.Slots[n].Tasks[0]; task.Version != 1 || task.State != cluster.Running || task.Doom != nil {
			t.Errorf("%v is %s", task.Key(), task.State)
		}
	}
}

// TestWhatFailsOfBeforeFailsNoRollout: while its slot may not get what is rolled out yet,
// it is left as it is.
func TestWhatFailsOfBeforeFailsNoRollout(t *testing.T) {
	s := newStage(t, 3, job.Rollout{Canary: 1, MaxSurge: number(1), MaxUnavailable: number(0)}, policyOf(job.RestartNever))
	s.update(image("y"))
	s.play(100)
	s.wantSteps("+0& -0")
	s.Report(s.task(2), "TASK_FAILED", "u2")
	s.play(100)
	s.wantSteps("")
	s.wantStatus(cluster.RolloutRolling)
	s.steer(events.RolloutPromote)
	s.play(100)
	s.wantImages("y y y")
	s.wantStatus(cluster.RolloutSucceeded)
}

// TestWhatDoesItsWorkIsThere: a task that ends well and is not to run again has come as
// far as one that is up; the one that it replaces ends.
func TestWhatDoesItsWorkIsThere(t *testing.T) {
	for name, policy := range map[string]job.Rollout{
		"beside":       {MaxSurge: number(1), MaxUnavailable: number(0), ProgressDeadline: job.Duration(time.Minute)},
		"in its place": {MaxSurge: number(0), MaxUnavailable: number(1), ProgressDeadline: job.Duration(time.Minute)},
		"by default":   {ProgressDeadline: job.Duration(time.Minute)},
	} {
		s := newStage(t, 2, policy, policyOf(job.RestartOnFailure))
		s.update(image("y"))
		for range 20 {
			s.play(1)
			for _, slot := range s.j.Slots {
				if task := slot.Newest(); task.State == cluster.Running && task.Version == 2 {
					s.Report(task, "TASK_FINISHED", "done")
				}
			}
			s.Pass(100 * time.Millisecond)
		}
		if s.j.Rollout.Status != cluster.RolloutSucceeded || s.j.Live() != 0 || len(s.steps) > 6 {
			t.Errorf("%s: %v, %d live, %+v", name, s.steps, s.j.Live(), s.j.Rollout)
		}
	}
}

// TestMovedToItsEnd: a task that is to leave ends as well when the one beside it has done
// the work.
func TestMovedToItsEnd(t *testing.T) {
	spec := within(1, 1, 0)
	spec.Tasks[0].Restart = &job.Restart{Policy: job.RestartOnFailure}
	b := newBench(t, spec)
	b.decide()
	runOn(b.Log, b.task(0), "h1")
	b.Pass(time.Minute)
	drain(b.Log, events.AgentDrained{Hostname: "h1"})
	b.want(b.beside(0, 0, 2))
	runOn(b.Log, b.task(0), "h2")
	b.end(0, "TASK_FINISHED")
	b.want(b.moved(0, 0, 1, false), events.JobCompleted{Run: b.j.Run})
}

// TestWhatStayedIsNoCanary: slots that have what is rolled out since before it began do
// not count among those that get it.
func TestWhatStayedIsNoCanary(t *testing.T) {
	s := newStage(t, 4, job.Rollout{Canary: 1, MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(100)
	s.wantSteps("+0& -0")
	s.update(image("x"))
	s.play(100)
	s.wantSteps("+0& -0 succeeded")
}

// TestARollbackHasNoCanary: what is gone back to has stood before.
func TestARollbackHasNoCanary(t *testing.T) {
	s := newStage(t, 4, job.Rollout{Canary: 1, MaxSurge: number(2), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(100)
	s.steer(events.RolloutPromote)
	s.play(100)
	s.wantImages("y y y y")
	s.steps = nil
	s.steer(events.RolloutRollback)
	s.play(100)
	s.wantSteps("+0-1& -0-1 +2-3& -2-3 succeeded")
	s.wantImages("x x x x")
}

// TestAKillIsNoCanary: a slot whose task a user wants killed, or that was drained, gets
// back what it had while the others wait.
func TestAKillIsNoCanary(t *testing.T) {
	s := newStage(t, 3, job.Rollout{Canary: 1, MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(100)
	s.Job("web", events.KillRequested{Run: s.j.Run, Slots: clustertest.Slots(2, 2, 1)})
	s.play(100)
	s.wantSteps("+0& -0 -2 +2")
	s.wantImages("y x x")
}

// TestWhatIsCutOffHoldsNothingUp: of a task that was told to end nobody hears while its
// agent is away. It does not count among those that there may be.
func TestWhatIsCutOffHoldsNothingUp(t *testing.T) {
	s := newStage(t, 2, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(1)
	s.wantSteps("+0&")
	s.Report(s.j.Slots[0].Tasks[0], "TASK_UNREACHABLE", "")
	old := s.j.Slots[0].Tasks[0]
	s.Pass(10 * time.Second)
	d := planning.Decide(s.j, s.Now)
	if word(d.Event) != "-0" {
		t.Fatalf("decided %+v", d.Event)
	}
	s.Plan("web", d.Event)
	if d = planning.Decide(s.j, s.Now); word(d.Event) != "+1&" {
		t.Errorf("then decided %+v; %s is %s", d.Event, old.ID, old.State)
	}
}

// TestTheRunBeforeTakesNoRoom: what of it is being killed is none of those that there may
// be of this one.
func TestTheRunBeforeTakesNoRoom(t *testing.T) {
	s := newStage(t, 2, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.j = s.Submit(s.j.Spec.Clone())
	up := func() {
		for n := range uint32(8) {
			if slot := s.j.Slots[n]; slot != nil && slot.Newest().Run == s.j.Run && slot.Newest().State == cluster.Waiting {
				s.Stage(slot.Newest())
				s.Report(slot.Newest(), "TASK_RUNNING", "u")
			}
		}
		s.Pass(10 * time.Second)
	}
	decide := func() (words []string) {
		for range 10 {
			d := planning.Decide(s.j, s.Now)
			if d.Event == nil {
				break
			}
			words = append(words, word(d.Event))
			s.Plan("web", d.Event)
		}
		return words
	}
	if got := strings.Join(decide(), " "); got != "-0-1 +2-3" {
		t.Fatalf("decided %s", got)
	}
	up()
	s.update(image("y"))
	if got := strings.Join(decide(), " "); got != "+2&" {
		t.Errorf("with tasks of the run before there, decided %q", got)
	}
}

// TestAGroupThatIsGoneWaitsForTheBound: the rollout has not succeeded before all of it
// was told to end.
func TestAGroupThatIsGoneWaitsForTheBound(t *testing.T) {
	d := newDooming(t, 1)
	j := d.running("web", 2)
	spec := j.Spec.Clone()
	spec.Tasks[0].Name = "new"
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	d.fold(d.log.Job("web", events.JobUpdated{Run: j.Run, Version: 2, Spec: data}), false)
	d.settle()
	d.each(j, func(t *cluster.Task) cluster.Change {
		if t.State != cluster.Waiting {
			return cluster.Change{Job: j}
		}
		d.log.Stage(t)
		return d.log.Report(t, "TASK_RUNNING", "u")
	})
	d.pass(30 * time.Second)
	d.settle()
	if len(d.dooms["updated"]) != 1 || j.Rollout.Status != cluster.RolloutRolling {
		t.Fatalf("%v doomed, %+v", d.dooms, j.Rollout)
	}
	d.pass(cluster.KillSpan + time.Second)
	d.settle()
	if len(d.dooms["updated"]) != 2 || j.Rollout.Status != cluster.RolloutSucceeded {
		t.Errorf("%v doomed, %+v", d.dooms, j.Rollout)
	}
}
