package job_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/milosgajdos/taurus/internal/job"
)

func TestDiff(t *testing.T) {
	two := func(change func(*job.Spec)) *job.Spec {
		db := job.Group{Name: "db", Replicas: 1, Container: &job.Container{Image: "postgres"}}
		s := &job.Spec{ID: "a", Tasks: []job.Group{full(), db}}
		change(s)
		return s
	}
	for _, c := range []struct {
		name   string
		change func(*job.Spec)
		want   []string
	}{
		{"nothing", func(*job.Spec) {}, nil},
		{"defaults", func(s *job.Spec) { s.Normalise() }, nil},
		{"order of groups", func(s *job.Spec) { slices.Reverse(s.Tasks) }, nil},
		{"labels of the job", func(s *job.Spec) { s.Labels = map[string]string{"a": "b"} }, []string{`labels: null -> {"a":"b"} in_place ""`}},
		{
			"rollout", func(s *job.Spec) { s.Rollout = &job.Rollout{Canary: 1, MinHealthy: 1, ProgressDeadline: 2} },
			[]string{`rollout: null -> {"canary":1,"min_healthy":"1ns","progress_deadline":"2ns"} in_place ""`},
		},
		{"image", func(s *job.Spec) { s.Tasks[0].Container.Image = "nginx:2" }, []string{`tasks[web].container.image: "nginx" -> "nginx:2" replaces "web"`}},
		{
			"env", func(s *job.Spec) { s.Tasks[0].Env = map[string]job.Variable{"B c": job.Plain("1")} },
			[]string{`tasks[web].env.A: "1" -> null replaces "web"`, `tasks[web].env["B c"]: null -> "1" replaces "web"`},
		},
		{"more replicas", func(s *job.Spec) { s.Tasks[0].Replicas = 4 }, []string{`tasks[web].replicas: 2 -> 4 starts "web"`}},
		{"fewer replicas", func(s *job.Spec) { s.Tasks[0].Replicas = 0 }, []string{`tasks[web].replicas: 2 -> 0 stops "web"`}},
		{
			"constraint", func(s *job.Spec) { s.Tasks[0].Constraints = nil },
			[]string{`tasks[web].constraints: [{"attribute":"rack","operator":"is","value":"1"}] -> null moves "web"`},
		},
		{"restart", func(s *job.Spec) { s.Tasks[0].Restart.Backoff = seconds(2) }, []string{`tasks[web].restart.backoff: "1s" -> "2s" in_place "web"`}},
		{"priority", func(s *job.Spec) { s.Tasks[0].Priority = 0 }, []string{`tasks[web].priority: 1 -> null in_place "web"`}},
		{"health check", func(s *job.Spec) { s.Tasks[0].HealthCheck.Path = "/up" }, []string{`tasks[web].health_check.path: "/" -> "/up" replaces "web"`}},
		{"a group less", func(s *job.Spec) { s.Tasks = s.Tasks[:1] }, []string{`tasks[db]: {"container":{"image":"postgres","network":"bridge"},` +
			`"kill_grace":"5s","name":"db","replicas":1,"resources":{"cpu":1,"memory":128},"restart":{"backoff":"1s","backoff_max":"1m","policy":"always","reset_after":"1m"}} -> null stops "db"`}},
	} {
		var got []string
		for _, d := range job.Diff(two(func(*job.Spec) {}), two(c.change)) {
			got = append(got, fmt.Sprintf("%s: %s -> %s %s %q", d.Path, d.Old, d.New, d.Effect, d.Group))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
}

// TestDiffIsSymmetric: the way back has the same changes, old and new swapped; and there
// are none only between specs that are equal up to the order of groups.
func TestDiffIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anySpec().Draw(t, "a"), anySpec().Draw(t, "b")
		b.ID = a.ID
		a.Tasks, b.Tasks = named(a.Tasks), named(b.Tasks)
		there, back := job.Diff(a, b), job.Diff(b, a)
		key := func(c job.Change, swap bool) string {
			if swap {
				c.Old, c.New = c.New, c.Old
			}
			return fmt.Sprintf("%s %s %s %s", c.Path, c.Old, c.New, c.Group)
		}
		var one, two []string
		for i := range there {
			one = append(one, key(there[i], false))
		}
		for i := range back {
			two = append(two, key(back[i], true))
		}
		slices.Sort(one)
		slices.Sort(two)
		if !slices.Equal(one, two) {
			t.Fatalf("%q\nand back\n%q", one, two)
		}
		if a.Equal(b) && len(there) > 0 || len(job.Diff(a, a)) > 0 {
			t.Fatalf("equal specs differ by %q", one)
		}
	})
}

// named are groups without those of a name that another has.
func named(groups []job.Group) []job.Group {
	seen := map[string]bool{}
	return slices.DeleteFunc(groups, func(g job.Group) bool {
		again := seen[g.Name]
		seen[g.Name] = true
		return again
	})
}
