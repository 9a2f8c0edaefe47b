package planning_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestTheDeadlineOfACanary: while it waits for a user time does not count, however long that
// takes; a task of it that is up no more has as long as any other to come up again.
func TestTheDeadlineOfACanary(t *testing.T) {
	s := newStage(t, 3, job.Rollout{Canary: 1, ProgressDeadline: job.Duration(time.Minute)})
	s.update(image("y"))
	s.play(100)
	s.Pass(time.Hour)
	if got, _ := s.told(); got != "" {
		t.Fatalf("decided %q while it waits", got)
	}
	fresh := func() *cluster.Task {
		for _, slot := range s.j.Slots {
			if t := slot.Newest(); t.Version == 2 {
				return t
			}
		}
		t.Fatal("no canary")
		return nil
	}
	s.Report(fresh(), "TASK_LOST", "u")
	for s.Pass(59 * time.Second); ; {
		got, _ := s.told()
		if got == "" {
			break
		}
		if got == "failed" {
			t.Fatal("it failed for the time in which it waited for a user")
		}
		s.decide()
	}
	s.Pass(time.Minute)
	if got, _ := s.told(); got != "failed" {
		t.Fatalf("decided %q when it did not come up again", got)
	}
}

// TestTheDeadlineWaitsForOtherJobs: what is updated before it may start is not late.
func TestTheDeadlineWaitsForOtherJobs(t *testing.T) {
	spec := clustertest.Service("web", 1)
	spec.After = []string{"db"}
	spec.Rollout = &job.Rollout{MinHealthy: job.Duration(time.Second), ProgressDeadline: job.Duration(time.Minute), AutoRollback: true}
	s := &stage{bench: newBench(t, spec)}
	db := s.Submit(clustertest.Service("db", 1))
	s.update(image("y"))
	s.Pass(time.Hour)
	if got, wake := s.told(); got != "" || !wake.IsZero() {
		t.Fatalf("decided %q, looked at again at %v", got, wake)
	}
	s.Plan("db", events.TasksPlanned{Run: db.Run, Version: 1, Group: "web", Slots: clustertest.Slots(0, 0, 1)})
	s.Stage(db.Slots[0].Newest())
	s.Report(db.Slots[0].Newest(), "TASK_RUNNING", "u")
	s.want1("+0")
	if got, wake := s.told(); got != "" || !wake.Equal(s.Now.Add(time.Minute)) || s.task(0).Version != 2 {
		t.Fatalf("then decided %q, looked at again at %v", got, wake)
	}
	s.Pass(time.Minute)
	if got, _ := s.told(); got != "back to 1" {
		t.Fatalf("decided %q when it did not come up", got)
	}
}

// TestWhatCanGoOnIsNotLate: neither while as many were ended as may be, nor once that is
// over; nor when no planner was there. What does not come up then is, a deadline later.
func TestWhatCanGoOnIsNotLate(t *testing.T) {
	bounded := func(s *stage) planning.Decision { return planning.DecideLeft(s.j, s.Now, 0) }
	nobody := func(*stage) planning.Decision { return planning.Decision{} }
	inPlace := job.Rollout{MaxSurge: number(0), MaxUnavailable: number(1)}
	for name, c := range map[string]struct {
		policy job.Rollout
		held   func(s *stage) planning.Decision
		step   string
	}{
		"kills":                      {inPlace, bounded, "-0"},
		"no planner, in their place": {inPlace, nobody, "-0"},
		"no planner, beside":         {job.Rollout{MaxUnavailable: number(0)}, nobody, "+0&"},
	} {
		t.Run(name, func(t *testing.T) {
			c.policy.ProgressDeadline, c.policy.AutoRollback = job.Duration(time.Minute), true
			s := newStage(t, 2, c.policy)
			s.update(image("y"))
			for range 5 {
				s.Pass(time.Minute)
				if d := c.held(s); d.Event != nil {
					t.Fatalf("decided %s, and could not go on", word(d.Event))
				}
			}
			s.want1(c.step)
			if got, wake := s.told(); got != "" || !wake.Equal(s.Now.Add(time.Minute)) {
				t.Fatalf("then decided %q, looked at again at %v", got, wake)
			}
			s.Pass(time.Minute)
			if got, _ := s.told(); got != "back to 1" {
				t.Fatalf("decided %q when nothing came up", got)
			}
		})
	}
}

// TestWhatIsLateSaysNothingOfBefore: of what ended before it began nothing is told.
func TestWhatIsLateSaysNothingOfBefore(t *testing.T) {
	s := newStage(t, 2, job.Rollout{MaxSurge: number(0), MaxUnavailable: number(1), ProgressDeadline: job.Duration(time.Minute)})
	s.Report(s.task(1), "TASK_FAILED", "of before")
	s.play(10)
	s.bad = "y"
	s.update(image("y"))
	s.play(2)
	s.steer(events.RolloutRollback)
	for range 10 {
		s.Pass(time.Second)
		s.decide()
		for _, slot := range s.j.Slots {
			if task := slot.Newest(); task.Live() && task.Doom != nil {
				s.Report(task, "TASK_KILLED", "u")
			}
		}
	}
	s.Pass(time.Hour) // Nothing is placed.
	s.decide()
	if got, want := s.j.Rollout.Reason, "nothing came up for 1m0s: 1 of 2 tasks are up with version 1"; got != want {
		t.Errorf("%s is %q, want %q", s.j.Rollout.Status, got, want)
	}
}
