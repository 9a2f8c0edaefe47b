package job_test

import (
	"slices"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

func TestOthersAreTheJobsThatASpecNames(t *testing.T) {
	t.Parallel()
	s := job.Spec{ID: "web", After: []string{"db", "queue"}, Tasks: []job.Group{
		{Name: "a", Constraints: []job.Constraint{
			{Attribute: "rack", Operator: job.OpWithJob, Value: "cache"}, {Attribute: "rack", Operator: job.OpIs, Value: "r1"},
		}},
		{Name: "b", Constraints: []job.Constraint{
			{Attribute: "rack", Operator: job.OpWithoutJob, Value: "noisy"},
			{Attribute: "host", Operator: job.OpWithJob, Value: "db"},
			{Attribute: "host", Operator: job.OpWithoutJob, Value: "web"},
		}},
	}}
	if got := s.Others(); !slices.Equal(got, []string{"db", "queue", "cache", "noisy"}) {
		t.Errorf("got %v", got)
	}
	if got := (&job.Spec{ID: "web"}).Others(); got != nil {
		t.Errorf("got %v of a job that names none", got)
	}
}
