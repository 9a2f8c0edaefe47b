package planning_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster"
	"github.com/milosgajdos/taurus/internal/core/planning"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

// launcher appends what the launcher writes about itself, in the newest epoch.
func (b *bench) launcher(ev events.Event) {
	env := events.Envelope{Epoch: b.State.Launcher.Epoch}
	b.Append(events.Subject{Role: events.RoleLauncher}, env, ev)
}

func (b *bench) opened(stream string) {
	b.launcher(events.SubscriptionOpened{FrameworkID: "F", StreamID: stream, Master: "http://m"})
}

func (b *bench) closed(stream string) {
	b.launcher(events.SubscriptionClosed{StreamID: stream, Reason: "connection refused"})
}

// told is what the planner decides next, in a word, and when it looks again.
func (b *bench) told() (string, time.Time) {
	d := planning.DecideAmong(b.State, b.j, b.Now)
	if d.Event == nil {
		return "", d.Wake
	}
	return word(d.Event), d.Wake
}

// stuck is a rollout of one task whose new one is planned beside and does not come up, as
// far as the log tells by a launcher that subscribed.
func stuck(t *testing.T, policy job.Rollout) *stage {
	t.Helper()
	s := newStage(t, 1, policy)
	s.opened("s1")
	s.update(image("y"))
	s.want1("+0&")
	return s
}

// want1 wants one decision, and folds it.
func (s *stage) want1(want string) {
	s.t.Helper()
	if got := s.decide(); got == nil || word(got) != want {
		s.t.Fatalf("decided %+v, want %s", got, want)
	}
}

// TestNoDeadlineWhileNobodyListens: a rollout is not failed, nor rolled back, for time in
// which nothing could be heard of what came up: the master was away, or the launcher.
func TestNoDeadlineWhileNobodyListens(t *testing.T) {
	const deadline = 10 * time.Minute
	for name, c := range map[string]struct {
		fall, rise func(s *stage)
	}{
		"the master": {func(s *stage) { s.closed("s1") }, func(s *stage) { s.opened("s2") }},
		"the launcher, and another follows": {
			func(s *stage) { s.closed("s1") }, func(s *stage) { s.Elect(); s.Pass(time.Minute); s.opened("s2") },
		},
		"the launcher is replaced, and the next has no master": {func(s *stage) { s.Elect() }, func(s *stage) { s.opened("s2") }},
	} {
		for _, back := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				s := stuck(t, job.Rollout{ProgressDeadline: job.Duration(deadline), AutoRollback: back})
				s.Pass(4 * time.Minute)
				if got, wake := s.told(); got != "" || !wake.Equal(s.Now.Add(6*time.Minute)) {
					t.Fatalf("%s, looked at again at %v", got, wake)
				}
				s.Stage(s.task(0)) // The launcher is there yet.
				c.fall(s)
				for range 30 {
					s.Pass(time.Minute)
					if got, wake := s.told(); got != "" || !wake.IsZero() {
						t.Fatalf("%s after %v of silence, looked at again at %v", got, s.Now, wake)
					}
				}
				h := planning.HoldupOf(s.State, s.j, s.Now)
				if !h.Until.IsZero() || !strings.Contains(h.Message, "its deadline stands still: nothing is heard from Mesos since 2026-03-01T12:04:") {
					t.Errorf("it says %q, until %v", h.Message, h.Until)
				}
				c.rise(s)
				_, wake := s.told()
				if !wake.Equal(s.Now.Add(6 * time.Minute)) {
					t.Fatalf("looked at again at %v, 6 minutes after %v wanted", wake, s.Now)
				}
				if h := planning.HoldupOf(s.State, s.j, s.Now); !h.Until.Equal(wake) || strings.Contains(h.Message, "stands still") {
					t.Errorf("it says %q, until %v", h.Message, h.Until)
				}
				s.Pass(6*time.Minute - 1)
				if got, _ := s.told(); got != "" {
					t.Fatalf("%s too early", got)
				}
				s.Pass(1)
				want := "failed"
				if back {
					want = "back to 1"
				}
				if got, _ := s.told(); got != want {
					t.Fatalf("%q at the deadline, want %s", got, want)
				}
			})
		}
	}
}

// TestALauncherThatWasKilled: it could not say that it is gone. What the deadline took of
// the time until another was elected is given back then.
func TestALauncherThatWasKilled(t *testing.T) {
	s := stuck(t, job.Rollout{ProgressDeadline: job.Duration(10 * time.Minute)})
	s.Pass(time.Minute)
	s.Stage(s.task(0)) // And is killed.
	s.Pass(8 * time.Minute)
	s.Elect()
	s.opened("s2")
	if _, wake := s.told(); !wake.Equal(s.Now.Add(9 * time.Minute)) {
		t.Errorf("looked at again at %v, it is %v", wake, s.Now)
	}
}

// TestNothingIsUpUnheard: a task has been up for no longer than somebody would have heard
// of its end: nothing is taken down for one of which nobody knows.
func TestNothingIsUpUnheard(t *testing.T) {
	for name, c := range map[string]struct{ fall, rise func(s *stage) }{
		"the master was away": {func(s *stage) { s.closed("s1") }, func(s *stage) { s.opened("s2") }},
		"another launcher":    {func(s *stage) { s.Elect() }, func(s *stage) { s.opened("s2") }},
		"it stopped":          {func(s *stage) { s.closed("s1") }, func(s *stage) { s.Elect(); s.opened("s2") }},
	} {
		t.Run(name, func(t *testing.T) {
			s := stuck(t, job.Rollout{})
			s.Stage(s.task(0))
			s.Report(s.task(0), "TASK_RUNNING", "u")
			s.Pass(400 * time.Millisecond)
			c.fall(s)
			s.Pass(time.Minute)
			if got, wake := s.told(); got != "" || !wake.IsZero() {
				t.Fatalf("decided %q, looked at again at %v, and nobody knows whether the new one is up", got, wake)
			}
			c.rise(s)
			if got, wake := s.told(); got != "" || wake.IsZero() {
				t.Fatalf("decided %q at once", got)
			}
			ended := s.State.Clone() // Mesos is asked, and says that it has ended.
			s.Pass(time.Second)
			if got, _ := s.told(); got != "-0" {
				t.Fatalf("decided %q once it was heard to be up for a second", got)
			}
			s.State, s.j = ended, ended.Jobs["web"]
			s.end(0, "TASK_FAILED")
			s.Pass(time.Minute)
			if got, _ := s.told(); got == "-0" {
				t.Fatal("the one that serves is ended for one that is not there")
			}
			if s.j.Slots[0].Tasks[0].State != cluster.Running {
				t.Fatal("the test is wrong")
			}
		})
	}
}
