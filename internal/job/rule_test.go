package job_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestSharesOfABound: a share of surge is rounded up, one of unavailable down; what needs
// its place may always be down, whatever surge is said.
func TestSharesOfABound(t *testing.T) {
	for name, c := range map[string]struct {
		policy             job.Rollout
		replicas           uint32
		change             func(*job.Group)
		surge, unavailable uint32
	}{
		"a share":                   {job.Rollout{MaxSurge: percent(25), MaxUnavailable: percent(50)}, 3, func(*job.Group) {}, 1, 1},
		"the least":                 {job.Rollout{MaxSurge: percent(1), MaxUnavailable: percent(99)}, 1, func(*job.Group) {}, 1, 0},
		"surge, and its place":      {job.Rollout{MaxSurge: amount(1)}, 3, unique, 1, 1},
		"no surge":                  {job.Rollout{MaxSurge: amount(0)}, 3, func(*job.Group) {}, 0, 1},
		"nothing of nothing":        {job.Rollout{MaxSurge: amount(0)}, 0, func(*job.Group) {}, 0, 0},
		"nothing, by default":       {job.Rollout{}, 0, unique, 0, 0},
		"as it cannot be otherwise": {job.Rollout{MaxSurge: amount(0), MaxUnavailable: amount(0)}, 2, func(*job.Group) {}, 0, 1},
	} {
		g := job.Group{Name: "web", Replicas: c.replicas}
		c.change(&g)
		if surge, unavailable := c.policy.Bounds(&g); surge != c.surge || unavailable != c.unavailable {
			t.Errorf("%s: %d and %d, want %d and %d", name, surge, unavailable, c.surge, c.unavailable)
		}
	}
}

// TestWhatComesAndGoesReachesTasks: a field that one of two versions has alone.
func TestWhatComesAndGoesReachesTasks(t *testing.T) {
	bare := func() *job.Spec {
		return &job.Spec{ID: "a", Tasks: []job.Group{{Name: "web", Replicas: 1, Container: &job.Container{Image: "x"}}}}
	}
	with := bare()
	with.Tasks[0].Env = map[string]job.Variable{"A": job.Plain("1")}
	for name, c := range map[string][2]*job.Spec{"it comes": {bare(), with}, "it goes": {with, bare()}} {
		d := job.Diff(c[0], c[1])
		if len(d) != 1 || d[0].Effect != job.EffectReplaces || d[0].Group != "web" {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestStepsGoInOrder, also that of a group which is first anyway; and there is no canary
// of what replaces nothing.
func TestStepsGoInOrder(t *testing.T) {
	spec := func(image string, replicas uint32) *job.Spec {
		s := &job.Spec{ID: "a", Kind: job.KindService, Rollout: &job.Rollout{Order: []string{"a", "c"}, Canary: 1}}
		for _, name := range []string{"a", "b", "c"} {
			s.Tasks = append(s.Tasks, job.Group{Name: name, Replicas: replicas, Container: &job.Container{Image: image}})
		}
		return s
	}
	var groups []string
	for _, step := range job.Steps(spec("x", 1), spec("y", 1)) {
		groups = append(groups, string(step.Action)+" "+step.Group)
	}
	if !slices.Equal(groups, []string{"canary ", "replace a", "replace c", "replace b"}) {
		t.Errorf("%v", groups)
	}
	for _, step := range job.Steps(spec("x", 1), spec("x", 2)) {
		if step.Action != job.ActionStart {
			t.Errorf("scaling: %+v", step)
		}
	}
}

// TestARunGetsWhatItIsGiven, the defaults otherwise, and nothing where there is none.
func TestARunGetsWhatItIsGiven(t *testing.T) {
	s := &job.Spec{
		ID: "a", Kind: job.KindBatch, Tasks: []job.Group{{Name: "web", Replicas: 1, Container: &job.Container{Image: "x"}, Env: map[string]job.Variable{"MODE": job.Plain("own"), "X": job.Plain("1")}}},
		Dispatch: &job.Dispatch{KeepRuns: 3, Parameters: map[string]job.DispatchParameter{"IN": {Required: true}, "MODE": {Default: "fast"}, "NOTE": {}}},
	}
	for name, c := range map[string]struct {
		given map[string]string
		want  string
	}{
		"nothing":    {nil, "map[MODE:fast X:1]"},
		"everything": {map[string]string{"IN": "i", "MODE": "slow", "NOTE": "n"}, "map[IN:i MODE:slow NOTE:n X:1]"},
	} {
		if got := s.RunSpec("a@1", c.given); fmt.Sprint(got.Tasks[0].Env) != c.want || got.Dispatch != nil || got.ID != "a@1" {
			t.Errorf("%s: %+v", name, got.Tasks[0].Env)
		}
	}
	if s.ID != "a" || s.Tasks[0].Env["MODE"].Value != "own" || s.KeepRuns() != 3 {
		t.Errorf("the series has become %+v", s)
	}
	periodic := &job.Spec{Kind: job.KindPeriodic, Schedule: &job.Schedule{KeepRuns: 7}}
	if got := periodic.KeepRuns(); got != 7 || new(job.Spec).KeepRuns() != 0 {
		t.Errorf("%d runs are kept", got)
	}
}

// TestSchedulesAreCloned whole.
func TestSchedulesAreCloned(t *testing.T) {
	s := &job.Spec{
		Schedule: &job.Schedule{Cron: job.Lines{"1 * * * *"}},
		Dispatch: &job.Dispatch{Parameters: map[string]job.DispatchParameter{"A": {}}},
	}
	c := s.Clone()
	s.Schedule.Cron[0] = "2 * * * *"
	s.Dispatch.Parameters["B"] = job.DispatchParameter{}
	if c.Schedule.Cron[0] != "1 * * * *" || len(c.Dispatch.Parameters) != 1 {
		t.Errorf("a clone follows: %v, %v", c.Schedule.Cron, c.Dispatch.Parameters)
	}
}
