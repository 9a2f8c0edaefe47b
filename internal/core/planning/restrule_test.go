package planning_test

import (
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

// next is what is decided now, in a word, and not folded; empty for nothing.
func (s *stage) next() string {
	if d := planning.DecideAmong(s.State, s.j, s.Now); d.Event != nil {
		return word(d.Event)
	}
	return ""
}

// TestACanaryIsTriedAgain: what did not come up the first time, through no fault of its
// own or after a crash, is planned again in the slots that may have it, and in no others.
func TestACanaryIsTriedAgain(t *testing.T) {
	for name, policy := range map[string]job.Rollout{
		"beside":       {Canary: 1, MaxSurge: number(1), MaxUnavailable: number(0)},
		"in its place": {Canary: 1, MaxSurge: number(0), MaxUnavailable: number(1)},
	} {
		for _, state := range []string{"TASK_GONE", "TASK_FAILED"} {
			s := newStage(t, 3, policy)
			s.update(image("y"))
			for s.task(0).Version != 2 {
				s.Plan("web", planning.Decide(s.j, s.Now).Event)
				if old := s.j.Slots[0].Tasks[0]; old.Doom != nil {
					s.Report(old, "TASK_KILLED", "u")
				}
			}
			s.Stage(s.task(0))
			s.Report(s.task(0), state, map[string]string{"TASK_FAILED": "f"}[state])
			s.play(100)
			s.wantImages("y x x")
			s.wantStatus(cluster.RolloutRolling)
			if h := planning.HoldupOf(s.State, s.j, s.Now); h.Kind != planning.HoldupUnpromoted || s.task(0).Attempt != 3 {
				t.Errorf("%s, %s: attempt %d, it waits for %+v", name, state, s.task(0).Attempt, h)
			}
		}
	}
}

// TestACanaryTakesNoMore, whether the slots that may have it are empty, their tasks down,
// or up.
func TestACanaryTakesNoMore(t *testing.T) {
	for name, c := range map[string]struct {
		policy job.Rollout
		before func(s *stage)
		want   string
	}{
		"empty": {job.Rollout{Canary: 1}, func(s *stage) {
			s.Report(s.task(0), "TASK_GONE", "")
			s.Report(s.task(1), "TASK_GONE", "")
		}, "y x x x"},
		"down": {job.Rollout{Canary: 1, MaxSurge: number(0), MaxUnavailable: number(1)}, func(s *stage) {
			for n := range uint32(3) {
				s.Report(s.task(n), "TASK_UNREACHABLE", "")
				s.Report(s.task(n), "TASK_STARTING", "")
				s.Report(s.task(n), "TASK_FAILED", "f")
			}
			s.Plan("web", planning.Decide(s.j, s.Now).Event) // They wait then, with what stood.
		}, "y x x x"},
		"up":  {job.Rollout{Canary: 1, MaxSurge: number(0), MaxUnavailable: number(3)}, func(*stage) {}, "y x x x"},
		"two": {job.Rollout{Canary: 2, MaxSurge: number(0), MaxUnavailable: number(3)}, func(*stage) {}, "y y x x"},
	} {
		s := newStage(t, 4, c.policy)
		s.update(image("y"))
		c.before(s)
		s.play(100)
		if s.wantImages(c.want); t.Failed() {
			t.Fatalf("%s: %v", name, s.steps)
		}
		s.wantStatus(cluster.RolloutRolling)
	}
}

// TestWhatIsCutOffIsLeft: nobody knows whether it is up, so it is neither ended as idle
// nor as one that serves.
func TestWhatIsCutOffIsLeft(t *testing.T) {
	s := newStage(t, 3, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(2)})
	s.Report(s.task(0), "TASK_UNREACHABLE", "")
	s.update(image("y"))
	if got := s.next(); got != "-1" {
		t.Errorf("decided %q, want -1", got)
	}
}

// TestNothingBesideTheLastAttempt of a slot: there is no number for it.
func TestNothingBesideTheLastAttempt(t *testing.T) {
	s := newStage(t, 0, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.Job("web", events.JobScaled{Run: s.j.Run, Version: 2, Group: "web", Replicas: 1})
	s.Task("web", 0, events.TaskAdopted{
		Run: s.j.Run, Version: 2, Group: "web", Slot: 0, Attempt: ranges.AttemptMax, TaskID: clustertest.TaskID("web", s.j.Run, 0, ranges.AttemptMax), AgentID: "S1", State: "TASK_RUNNING",
	})
	s.update(image("y"))
	if got := s.next(); got != "" {
		t.Errorf("decided %q", got)
	}
}

// TestWhyATaskIsReplaced: for a restart only what has the version that is wanted.
func TestWhyATaskIsReplaced(t *testing.T) {
	reason := func(s *stage) string {
		s.t.Helper()
		s.play(1)
		s.Pass(time.Minute)
		ev, ok := planning.Decide(s.j, s.Now).Event.(events.TasksDoomed)
		if !ok {
			s.t.Fatalf("after %v nothing is doomed", s.steps)
		}
		return ev.Reason
	}
	s := newStage(t, 2, job.Rollout{})
	s.update(image("y"))
	s.Job("web", events.JobRestarted{Run: s.j.Run, Version: 2})
	if got := reason(s); got != planning.ReasonUpdated {
		t.Errorf("what is restarted, and outdated: %s", got)
	}
	s = newStage(t, 2, job.Rollout{})
	s.Job("web", events.JobRestarted{Run: s.j.Run, Version: 1})
	if got := reason(s); got != planning.ReasonRestarted {
		t.Errorf("what is restarted: %s", got)
	}
	s = newStage(t, 2, job.Rollout{})
	s.update(func(s *job.Spec) {
		s.Tasks[0].Constraints = []job.Constraint{{Attribute: "hostname", Operator: job.OpIs, Value: "h2"}}
	})
	if got := reason(s); got != planning.ReasonUpdated {
		t.Errorf("what does not meet a constraint: %s", got)
	}
}

// TestWhatGoesBackByItself: an update, to what stood before. A rollback that fails and a
// restart do not.
func TestWhatGoesBackByItself(t *testing.T) {
	policy := job.Rollout{AutoRollback: true, ProgressDeadline: job.Duration(time.Minute)}
	s := newStage(t, 2, policy)
	s.update(image("y"))
	s.play(100)
	s.bad, s.steps = "x", nil
	s.steer(events.RolloutRollback)
	s.play(60)
	if s.wantStatus(cluster.RolloutFailed); strings.Contains(strings.Join(s.steps, " "), "back") {
		t.Errorf("a rollback that failed: %v", s.steps)
	}
	s = newStage(t, 2, policy)
	s.Job("web", events.JobRestarted{Run: s.j.Run, Version: 1})
	for range 30 {
		s.play(1)
		for n := range uint32(2) {
			if task := s.task(n); task.Attempt > 1 && task.State == cluster.Running {
				s.Report(task, "TASK_FAILED", "f")
			}
		}
		s.Pass(10 * time.Second)
	}
	if s.wantStatus(cluster.RolloutFailed); strings.Contains(strings.Join(s.steps, " "), "back") {
		t.Errorf("a restart that failed: %v", s.steps)
	}
}

// TestWhatIsPlannedWhileARolloutRests: a new slot with the version that stood, and one of
// a group that this did not have with the one that is rolled out.
func TestWhatIsPlannedWhileARolloutRests(t *testing.T) {
	s := newStage(t, 2, job.Rollout{})
	s.update(func(s *job.Spec) {
		second := s.Tasks[0]
		second.Name, second.Replicas = "db", 1
		s.Tasks = append(s.Tasks, second)
		s.Tasks[0].Container = &job.Container{Image: "y"}
	})
	s.steer(events.RolloutPause)
	s.Job("web", events.JobScaled{Run: s.j.Run, Version: 3, Group: "web", Replicas: 3})
	s.play(100)
	s.wantSteps("+2 +3")
	if web, db := s.task(2), s.task(3); web.Version != 1 || db.Group != "db" || db.Version != 3 {
		t.Errorf("%s of version %d, %s of version %d", web.Group, web.Version, db.Group, db.Version)
	}
}

// onHost has all tasks of a stage run on a host each: h0, h1 ...
func (s *stage) drain(host string) { drain(s.Log, events.AgentDrained{Hostname: host}) }

// TestMovesAndRollouts: what the rollout replaces anyway is not moved before; what waits
// for its promotion is, with the version that it has, and so is what came up already.
func TestMovesAndRollouts(t *testing.T) {
	hosts := func(s *stage) {
		for _, n := range []uint32{0, 1, 2} {
			s.j.Slots[n].Newest().Hostname = []string{"h0", "h1", "h2"}[n]
		}
	}
	begin := func(policy job.Rollout) *stage {
		s := newStage(t, 3, policy)
		hosts(s)
		s.update(image("y"))
		return s
	}
	s := begin(job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.play(1)
	s.drain("h2")
	if got := s.next(); got != "" {
		t.Errorf("moved before it is replaced: %q", got)
	}
	s = begin(job.Rollout{Canary: 1, MaxSurge: number(1), MaxUnavailable: number(0)})
	s.play(100)
	s.steps = nil
	s.drain("h2")
	d := planning.DecideAmong(s.State, s.j, s.Now)
	if ev, ok := d.Event.(events.TasksPlanned); !ok || word(ev) != "+2&" || ev.Version != 1 {
		t.Errorf("what waits for its promotion: %+v", d.Event)
	}
	s = begin(job.Rollout{Canary: 2, MaxSurge: number(1), MaxUnavailable: number(0)})
	for s.j.Slots[0].Newest().Version != 2 || len(s.j.Slots[0].Tasks) > 1 {
		s.play(1)
	}
	s.task(0).Hostname = "h9"
	s.drain("h9")
	found := false
	for range 20 {
		if d := planning.DecideAmong(s.State, s.j, s.Now); d.Event != nil {
			ev, ok := d.Event.(events.TasksPlanned)
			found = found || ok && strings.HasPrefix(ev.Reason, planning.ReasonMoved) && ev.Slots[0].From == 0 && ev.Version == 2
			s.Plan("web", d.Event)
		}
		s.obey()
		s.Pass(time.Second)
	}
	if !found {
		t.Error("what is as wanted and on a drained host is not moved while the rollout goes on")
	}
}

// TestAMoveIsTriedAgain after its back-off, where what was put beside has failed.
func TestAMoveIsTriedAgain(t *testing.T) {
	b := newBench(t, within(1, 1, 0))
	b.decide()
	runOn(b.Log, b.task(0), "h1")
	b.Pass(time.Minute)
	drain(b.Log, events.AgentDrained{Hostname: "h1"})
	b.want(b.beside(0, 0, 2))
	runOn(b.Log, b.task(0), "h2")
	b.end(0, "TASK_FAILED")
	again, _ := b.beside(0, 0, 3).(events.TasksPlanned)
	again.NotBefore = b.Now.Add(time.Duration(b.j.Spec.Tasks[0].Restart.Backoff))
	b.want(again)
}

// TestNothingMovesForNow: what is cut off, and what would need space that the log has not.
func TestNothingMovesForNow(t *testing.T) {
	b := newBench(t, within(2, 1, 0))
	b.decide()
	for n := range uint32(2) {
		runOn(b.Log, b.task(n), "h1")
	}
	b.Pass(time.Minute)
	drain(b.Log, events.AgentDrained{Hostname: "h1"})
	if d := planning.DecideHeldAmong(b.State, b.j, b.Now); d.Event != nil {
		t.Errorf("with no space in the log, decided %+v", d.Event)
	}
	for n := range uint32(2) {
		b.Report(b.task(n), "TASK_UNREACHABLE", "")
	}
	b.want()
}

// TestTheBoundIsNoFaultOfTheRollout: its deadline does not pass while nothing may be
// ended, and it is looked at again when something may.
func TestTheBoundIsNoFaultOfTheRollout(t *testing.T) {
	d := newDooming(t, 1)
	spec := clustertest.Service("web", 2)
	spec.Rollout = &job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0), ProgressDeadline: job.Duration(30 * time.Second)}
	j := d.log.Submit(spec)
	d.fold(cluster.Change{Job: j}, false)
	d.settle()
	d.each(j, func(t *cluster.Task) cluster.Change {
		d.log.Stage(t)
		return d.log.Report(t, "TASK_RUNNING", "u")
	})
	other := d.running("other", 1)
	spec = j.Spec.Clone()
	spec.Tasks[0].Container.Image = "y"
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	d.pass(time.Minute)
	d.fold(d.log.Plan("other", events.TasksDoomed{Run: other.Run, Class: "updated", Slots: clustertest.Slots(0, 0, 1)}), false)
	d.fold(d.log.Job("web", events.JobUpdated{Run: j.Run, Version: 2, Spec: data}), false)
	d.settle()
	d.pass(31 * time.Second)
	d.fold(d.log.Stage(j.Slots[0].Newest()), false)
	d.settle()
	if j.Rollout.Status != cluster.RolloutRolling {
		t.Fatalf("while nothing may be ended: %+v", j.Rollout)
	}
	d.pass(30 * time.Second)
	d.settle()
	if j.Rollout.Status != cluster.RolloutFailed {
		t.Errorf("after that: %+v", j.Rollout)
	}
}

// TestAJobThatIsOverWaitsForNothing of its rollout.
func TestAJobThatIsOverWaitsForNothing(t *testing.T) {
	s := newStage(t, 2, job.Rollout{})
	s.update(image("y"))
	s.play(1)
	s.Job("web", events.JobStopped{Run: s.j.Run})
	if h := planning.HoldupOf(s.State, s.j, s.Now); h.Kind != planning.HoldupNone {
		t.Errorf("it waits for %+v", h)
	}
}
