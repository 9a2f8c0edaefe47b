package planning_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// stage is a service that is rolled out, with everything that is asked of agents done at
// once: what is planned comes up, what is doomed ends.
type stage struct {
	*bench
	// steps are what the planner decided, in a few words.
	steps []string
	// bad is the image of which nothing stays up.
	bad string
}

func newStage(t *testing.T, replicas uint32, policy job.Rollout, change ...func(*job.Spec)) *stage {
	t.Helper()
	policy.MinHealthy = job.Duration(time.Second)
	spec := clustertest.Service("web", replicas)
	spec.Rollout = &policy
	for _, c := range change {
		c(spec)
	}
	s := &stage{bench: newBench(t, spec)}
	s.play(100)
	s.steps = nil
	return s
}

func number(n uint32) *job.Amount { return &job.Amount{Number: n} }

// update makes the job another.
func (s *stage) update(change func(*job.Spec)) {
	s.t.Helper()
	spec := s.j.Spec.Clone()
	change(spec)
	data, err := spec.JSON()
	if err != nil {
		s.t.Fatal(err)
	}
	s.Job("web", events.JobUpdated{Run: s.j.Run, Version: s.j.Version + 1, Spec: data})
}

func image(name string) func(*job.Spec) {
	return func(s *job.Spec) {
		for i := range s.Tasks {
			s.Tasks[i].Container.Image = name
		}
	}
}

func (s *stage) steer(action string) {
	s.Job("web", events.RolloutSteered{Run: s.j.Run, Version: s.j.Rollout.Version, Action: action})
}

// play goes on until nothing happens any more, for at most so many rounds.
func (s *stage) play(rounds int) {
	s.t.Helper()
	for range rounds {
		at := s.State.Sequence
		for n := 0; ; n++ {
			d := planning.Decide(s.j, s.Now)
			if d.Event == nil {
				break
			}
			if n > 1000 {
				s.t.Fatal("no end of deciding")
			}
			s.steps = append(s.steps, word(d.Event))
			s.Plan("web", d.Event)
		}
		s.obey()
		wake := planning.Decide(s.j, s.Now).Wake
		for _, slot := range s.j.Slots {
			if t := slot.Newest(); t.State == cluster.Waiting && t.NotBefore.After(s.Now) && (wake.IsZero() || t.NotBefore.Before(wake)) {
				wake = t.NotBefore
			}
		}
		if s.State.Sequence == at && wake.IsZero() {
			return
		}
		if s.State.Sequence == at {
			s.Now = wake
		}
	}
}

// obey has agents do what they are told.
func (s *stage) obey() {
	for _, n := range slices.Sorted(maps.Keys(s.j.Slots)) {
		for _, task := range slices.Clone(s.j.Slots[n].Tasks) {
			switch {
			case !task.Live():
			case task.Doom != nil && task.State == cluster.Waiting:
				s.Withdraw(task)
			case task.Doom != nil:
				s.Report(task, "TASK_KILLED", "u")
			case task.State == cluster.Waiting && !task.NotBefore.After(s.Now) && !s.j.Slots[n].Occupied(task):
				s.Stage(task)
				s.Report(task, "TASK_RUNNING", "u")
			case task.State == cluster.Running && s.bad != "" && s.j.GroupOf(task).Container.Image == s.bad:
				s.Report(task, "TASK_FAILED", "u2")
			}
		}
	}
}

// word tells a decision: +0-2 is planned, +0-2& beside others, -0-2 doomed.
func word(ev events.Event) string {
	list := func(slots []events.SlotRange) string {
		var parts []string
		for _, r := range slots {
			if r.From == r.To {
				parts = append(parts, fmt.Sprint(r.From))
			} else {
				parts = append(parts, fmt.Sprintf("%d-%d", r.From, r.To))
			}
		}
		return strings.Join(parts, ",")
	}
	switch ev := ev.(type) {
	case events.TasksPlanned:
		if ev.Beside {
			return "+" + list(ev.Slots) + "&"
		}
		return "+" + list(ev.Slots)
	case events.TasksDoomed:
		return "-" + list(ev.Slots)
	case events.RolloutEnded:
		return ev.Outcome
	case events.RolloutReverted:
		return fmt.Sprintf("back to %d", ev.To)
	default:
		return ev.Type()
	}
}

func (s *stage) wantSteps(want string) {
	s.t.Helper()
	if got := strings.Join(s.steps, " "); got != want {
		s.t.Errorf("got  %s\nwant %s", got, want)
	}
	s.steps = nil
}

func (s *stage) wantImages(want string) {
	s.t.Helper()
	var images []string
	for _, n := range slices.Sorted(maps.Keys(s.j.Slots)) {
		for _, task := range s.j.Slots[n].Tasks {
			if task.Live() {
				images = append(images, s.j.GroupOf(task).Container.Image)
			}
		}
	}
	if got := strings.Join(images, " "); got != want {
		s.t.Errorf("runs %s, want %s", got, want)
	}
}

// TestStepsOfARollout: what is planned and doomed, step by step, by how many there may be
// and how many may be down.
func TestStepsOfARollout(t *testing.T) {
	for name, c := range map[string]struct {
		replicas uint32
		policy   job.Rollout
		want     string
	}{
		"one, beside":        {1, job.Rollout{}, "+0& -0 succeeded"},
		"one, in its place":  {1, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(1)}, "-0 +0 succeeded"},
		"four, by default":   {4, job.Rollout{}, "+0& -0 +1& -1 -2 +2 +3& -3 succeeded"},
		"four, surge":        {4, job.Rollout{MaxSurge: number(2), MaxUnavailable: number(0)}, "+0-1& -0-1 +2-3& -2-3 succeeded"},
		"four, unavailable":  {4, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(2)}, "-0-1 +0-1 -2-3 +2-3 succeeded"},
		"four, all at once":  {4, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(9)}, "-0-3 +0-3 succeeded"},
		"four, all beside":   {4, job.Rollout{MaxSurge: number(9), MaxUnavailable: number(0)}, "+0-3& -0-3 succeeded"},
		"none":               {0, job.Rollout{}, "succeeded"},
		"a thousand, a half": {1000, job.Rollout{MaxSurge: &job.Amount{Number: 50, Percent: true}, MaxUnavailable: number(0)}, "+0-499& -0-499 +500-999& -500-999 succeeded"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, c.replicas, c.policy)
			s.update(image("y"))
			s.play(100)
			s.wantSteps(c.want)
			if c.replicas <= 4 {
				s.wantImages(strings.TrimSpace(strings.Repeat("y ", int(c.replicas))))
			}
			if s.j.Stood != 2 || s.j.Rollout.Status != cluster.RolloutSucceeded {
				t.Errorf("stood %d, %+v", s.j.Stood, s.j.Rollout)
			}
		})
	}
}

// TestWhatChangesInPlace replaces nothing.
func TestWhatChangesInPlace(t *testing.T) {
	for name, change := range map[string]func(*job.Spec){
		"labels of the job": func(s *job.Spec) { s.Labels = map[string]string{"a": "b"} },
		"restart":           func(s *job.Spec) { s.Tasks[0].Restart.BackoffMax += job.Duration(time.Minute) },
		"priority":          func(s *job.Spec) { s.Tasks[0].Priority = 7 },
		"rollout":           func(s *job.Spec) { s.Rollout.Canary = 1 },
		"a constraint": func(s *job.Spec) {
			s.Tasks[0].Constraints = []job.Constraint{{Attribute: "hostname", Operator: job.OpIs, Value: "h1"}}
		},
	} {
		s := newStage(t, 3, job.Rollout{})
		s.update(change)
		s.play(100)
		if s.wantSteps(""); s.j.Stood != 2 || s.j.Rollout.Began != 0 {
			t.Errorf("%s: stood %d, %+v", name, s.j.Stood, s.j.Rollout)
		}
	}
	s := newStage(t, 3, job.Rollout{})
	s.update(func(spec *job.Spec) { spec.Tasks[0].Replicas = 5 })
	s.play(100)
	s.wantSteps("+3-4")
}

// TestANewerVersionSupersedes: what is as it should be stays, what was on its way to
// something else does not.
func TestANewerVersionSupersedes(t *testing.T) {
	s := newStage(t, 3, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(3) // Slot 0 has come to y.
	s.steps = nil
	s.update(image("x"))
	s.play(100)
	s.wantImages("x x x")
	if s.j.Rollout.Status != cluster.RolloutSucceeded || s.j.PastRollouts[0].Status != cluster.RolloutSuperseded {
		t.Errorf("%+v, before it %+v", s.j.Rollout, s.j.PastRollouts)
	}
	for _, n := range []uint32{1, 2} {
		if task := s.task(n); task.Version != 1 && task.Attempt != 1 {
			t.Errorf("%v was replaced, and was as it should be", task.Key())
		}
	}
}

// TestAFailedRolloutRests where it is: what serves goes on.
func TestAFailedRolloutRests(t *testing.T) {
	s := newStage(t, 3, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0), ProgressDeadline: job.Duration(time.Minute)})
	s.bad = "y"
	s.update(image("y"))
	s.play(60)
	const why = "nothing came up for 1m0s: 0 of 3 tasks are up with version 2; task 0 failed, after 6 failed attempts"
	if s.j.Rollout.Status != cluster.RolloutFailed || s.j.Rollout.Reason != why {
		t.Fatalf("%+v", s.j.Rollout)
	}
	if n := strings.Count(strings.Join(s.steps, " "), "-"); n != 0 {
		t.Errorf("%d dooms: %v", n, s.steps)
	}
	for n := range uint32(3) {
		if task := s.j.Slots[n].Tasks[0]; task.Version != 1 || task.State != cluster.Running {
			t.Errorf("%v is %s", task.Key(), task.State)
		}
	}
	s.Report(s.j.Slots[1].Tasks[0], "TASK_GONE", "")
	s.steps = nil
	s.play(5)
	if task := s.task(1); task.Version != 1 || task.State != cluster.Running {
		t.Errorf("what is lost while it rests is replaced by version %d, %s", task.Version, task.State)
	}
	s.steer(events.RolloutRollback)
	s.play(100)
	s.wantImages("x x x")
	if s.j.Rollout.Status != cluster.RolloutSucceeded || s.j.Rollout.Cause != cluster.CauseRollback {
		t.Errorf("%+v", s.j.Rollout)
	}
}

// TestAutoRollback goes back to just what stood before, and kills nothing that serves.
func TestAutoRollback(t *testing.T) {
	s := newStage(t, 3, job.Rollout{AutoRollback: true, ProgressDeadline: job.Duration(time.Minute)})
	s.bad = "y"
	s.update(image("y"))
	s.play(60)
	s.wantImages("x x x")
	if past := s.j.PastRollouts; len(past) != 1 || past[0].Status != cluster.RolloutRolledBack || s.j.Target != 1 || s.j.Rollout.Status != cluster.RolloutSucceeded {
		t.Errorf("target %d, %+v, before it %+v", s.j.Target, s.j.Rollout, past)
	}
	for n := range uint32(3) {
		if task := s.j.Slots[n].Tasks[0]; task.Attempt != 1 || task.Version != 1 {
			t.Errorf("slot %d runs attempt %d of version %d", n, task.Attempt, task.Version)
		}
	}
}

// TestATaskThatFailsForGoodFailsTheRollout, and not the job.
func TestATaskThatFailsForGoodFailsTheRollout(t *testing.T) {
	s := newStage(t, 2, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)}, func(s *job.Spec) {
		s.Tasks[0].Restart = &job.Restart{Policy: job.RestartNever}
	})
	s.bad = "y"
	s.update(image("y"))
	s.play(20)
	s.wantSteps("+0& failed")
	if s.j.Over() || !strings.HasPrefix(s.j.Rollout.Reason, "task 0 ") {
		t.Errorf("over %t, %+v", s.j.Over(), s.j.Rollout)
	}
}

// TestACanaryThatFailsIsTriedAgain: its slot is no other one, so it is tried again until
// the deadline, and what serves there goes on.
func TestACanaryThatFailsIsTriedAgain(t *testing.T) {
	s := newStage(t, 4, job.Rollout{Canary: 1, MaxSurge: number(1), MaxUnavailable: number(0), ProgressDeadline: job.Duration(20 * time.Second)})
	s.bad = "v2"
	s.update(image("v2"))
	s.play(200)
	tries := 0
	for _, step := range s.steps {
		switch step {
		case "+0&":
			tries++
		case "failed":
		default:
			t.Errorf("step %q, want the canary tried again and nothing else: %v", step, s.steps)
		}
	}
	if o := s.j.Rollout; tries < 3 || o.Status != cluster.RolloutFailed {
		t.Fatalf("%d tries, then %s; want some and then failed: %v", tries, o.Status, s.steps)
	}
	for n, slot := range s.j.Slots {
		if up := slot.Tasks[0]; up.State != cluster.Running || up.Doom != nil || up.Version != 1 {
			t.Errorf("slot %d: what served is %v", n, up.State)
		}
	}
}

// TestCanary: so many and no more before it is promoted, however long that takes.
func TestCanary(t *testing.T) {
	s := newStage(t, 4, job.Rollout{Canary: 1, MaxSurge: number(2), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(100)
	s.wantSteps("+0& -0")
	s.Pass(24 * time.Hour)
	s.play(100)
	s.wantSteps("")
	if h := planning.HoldupOf(s.State, s.j, s.Now); h.Kind != planning.HoldupUnpromoted {
		t.Errorf("it waits for %+v", h)
	}
	s.Report(s.task(2), "TASK_GONE", "")
	s.play(100)
	s.wantSteps("+2")
	s.wantImages("y x x x")
	s.steer(events.RolloutPromote)
	s.play(100)
	s.wantSteps("+1,2& -1,2 +3& -3 succeeded")
}

// TestPause: nothing more is replaced, and what ends comes back as it was.
func TestPause(t *testing.T) {
	s := newStage(t, 4, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(1)
	s.wantSteps("+0&")
	s.steer(events.RolloutPause)
	s.Pass(time.Hour)
	s.play(100)
	s.wantSteps("-0")
	s.Report(s.task(3), "TASK_FAILED", "u2")
	s.Report(s.task(0), "TASK_FAILED", "u2")
	s.play(100)
	s.wantImages("y x x x")
	if h := planning.HoldupOf(s.State, s.j, s.Now); h.Kind != planning.HoldupPaused {
		t.Errorf("it waits for %+v", h)
	}
	s.steer(events.RolloutResume)
	s.play(100)
	s.wantImages("y y y y")
}

// TestOrder: one group after the other.
func TestOrder(t *testing.T) {
	s := newStage(t, 1, job.Rollout{Order: []string{"db"}}, func(s *job.Spec) {
		second := s.Tasks[0]
		second.Name = "db"
		s.Tasks = append(s.Tasks, second)
	})
	s.update(func(spec *job.Spec) {
		for i := range spec.Tasks {
			c := *spec.Tasks[i].Container
			c.Image = "y"
			spec.Tasks[i].Container = &c
		}
	})
	s.play(100)
	s.wantSteps("+1& -1 +0& -0 succeeded")
}

// TestAGroupThatIsGone serves until all others are up.
func TestAGroupThatIsGone(t *testing.T) {
	s := newStage(t, 2, job.Rollout{})
	s.update(func(spec *job.Spec) { spec.Tasks[0].Name = "new" })
	s.play(100)
	s.wantSteps("+2-3 -0-1 succeeded")
}

// TestRestart replaces what was there, and takes what another restart would have.
func TestRestart(t *testing.T) {
	s := newStage(t, 3, job.Rollout{MaxSurge: number(1), MaxUnavailable: number(0)})
	s.Job("web", events.JobRestarted{Run: s.j.Run, Version: 1, Slots: []events.SlotRange{{From: 1, To: 2}}})
	s.play(100)
	s.wantSteps("+1& -1 +2& -2 succeeded")
	if s.task(0).Attempt != 1 || s.task(1).Attempt != 2 || s.j.Version != 1 {
		t.Errorf("attempts %d and %d", s.task(0).Attempt, s.task(1).Attempt)
	}
	s.Job("web", events.JobRestarted{Run: s.j.Run, Version: 1})
	s.play(2)
	s.steer(events.RolloutCancel)
	s.play(100)
	if s.j.Rollout.Status != cluster.RolloutCancelled || s.j.Live() != 3 {
		t.Errorf("%d live, %+v", s.j.Live(), s.j.Rollout)
	}
}

// TestALogWithoutRoom: nothing is ended for whose successor it has none.
func TestALogWithoutRoom(t *testing.T) {
	s := newStage(t, 2, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(1)})
	s.update(image("y"))
	if d := planning.DecideHeld(s.j, s.Now); d.Event != nil {
		t.Errorf("decided %+v", d.Event)
	}
	s.Pass(time.Hour)
	if d := planning.DecideHeld(s.j, s.Now); word(d.Event) != "failed" {
		t.Errorf("decided %+v", d.Event)
	}
}

// TestALargeRollout comes to its end in a few steps, whatever the number of replicas.
func TestALargeRollout(t *testing.T) {
	const replicas = 5_000
	s := newStage(t, replicas, job.Rollout{MaxSurge: &job.Amount{Number: 10, Percent: true}, MaxUnavailable: number(0)})
	s.update(image("y"))
	s.play(200)
	if len(s.steps) != 21 || s.steps[20] != "succeeded" {
		t.Errorf("%d steps: %v", len(s.steps), s.steps)
	}
	if n := s.j.Live(); n != replicas {
		t.Errorf("%d live", n)
	}
}
