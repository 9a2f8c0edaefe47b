package job_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

func TestSteps(t *testing.T) {
	base := func() *job.Spec {
		group := func(name string, replicas uint32) job.Group {
			return job.Group{Name: name, Replicas: replicas, Container: &job.Container{Image: "x"}}
		}
		return &job.Spec{ID: "a", Tasks: []job.Group{group("web", 4), group("db", 1), group("idle", 0)}}
	}
	for _, c := range []struct {
		name   string
		change func(*job.Spec)
		want   []string
	}{
		{"nothing", func(*job.Spec) {}, nil},
		{"labels", func(s *job.Spec) { s.Labels = map[string]string{"a": "b"} }, nil},
		{"image", func(s *job.Spec) { s.Tasks[0].Container.Image = "y" }, []string{"replace web 4 +1 -1"}},
		{"a lone task", func(s *job.Spec) { s.Tasks[1].Container.Image = "y" }, []string{"replace db 1 +1 -0"}},
		{"both, db first", func(s *job.Spec) {
			s.Tasks[0].Container.Image, s.Tasks[1].Container.Image = "y", "y"
			s.Rollout = &job.Rollout{Order: []string{"db"}, Canary: 2}
		}, []string{"canary  2 +0 -0", "replace db 1 +1 -0", "replace web 4 +1 -1"}},
		{"more and another image", func(s *job.Spec) { s.Tasks[0].Container.Image, s.Tasks[0].Replicas = "y", 6 }, []string{"replace web 4 +2 -1", "start web 2 +0 -0"}},
		{"fewer", func(s *job.Spec) { s.Tasks[0].Replicas = 1 }, []string{"stop web 3 +0 -0"}},
		{"from none", func(s *job.Spec) { s.Tasks[2].Replicas, s.Tasks[2].Container.Image = 3, "y" }, []string{"start idle 3 +0 -0"}},
		{
			"a constraint", func(s *job.Spec) {
				s.Tasks[0].Constraints = []job.Constraint{{Attribute: "rack", Operator: "is", Value: "1"}}
			},
			[]string{"move web 4 +1 -1"},
		},
		{"a group for another", func(s *job.Spec) { s.Tasks[1].Name = "store" }, []string{"start store 1 +0 -0", "stop db 1 +0 -0"}},
	} {
		from, to := base(), base()
		c.change(to)
		from.Normalise()
		to.Normalise()
		var got []string
		for _, s := range job.Steps(from, to) {
			got = append(got, fmt.Sprintf("%s %s %d +%d -%d", s.Action, s.Group, s.Tasks, s.MaxSurge, s.MaxUnavailable))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for kind, want := range map[job.Kind]int{job.KindService: 2, job.KindBatch: 1, job.KindPeriodic: 0} {
		from, to := base(), base()
		from.Kind, to.Kind = kind, kind
		to.Tasks[0].Container.Image, to.Tasks[0].Replicas = "y", 6
		from.Normalise()
		to.Normalise()
		if got := job.Steps(from, to); len(got) != want {
			t.Errorf("%s: %v, want %d steps", kind, got, want)
		}
		replaces := false
		for _, c := range job.Diff(from, to) {
			replaces = replaces || c.Effect == job.EffectReplaces
		}
		if replaces != (kind == job.KindService) {
			t.Errorf("%s: the tasks are replaced: %v", kind, replaces)
		}
	}
	fresh := base()
	fresh.Normalise()
	if got := job.Steps(nil, fresh); len(got) != 2 || got[0].Action != job.ActionStart {
		t.Errorf("a new job: %v", got)
	}
}
