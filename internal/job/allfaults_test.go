package job_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestTypeFaultsHideNoOthers: one mend per round would take the user a request
// for each.
func TestTypeFaultsHideNoOthers(t *testing.T) {
	cases := []struct {
		sent  string
		paths []string
	}{
		{
			`{"id":"a//b","tasks":[{"replicas":-1,"container":{},"resources":{"cpu":-1}},{"kill_grace":"x"}]}`,
			[]string{"tasks[0].replicas", "tasks[1].kill_grace", "id", "tasks[0].container.image", "tasks[0].resources.cpu", "tasks[1].container"},
		},
		// What could not be read is not missing as well.
		{`{"id":7,"tasks":[]}`, []string{"id", "tasks"}},
		{`{"id":"a","tasks":{}}`, []string{"tasks"}},
		{`{"id":"a","tasks":["x"]}`, []string{"tasks[0]"}},
		{`{"id":"a","Tasks":[{"Container":"nginx"}]}`, []string{"Tasks[0].Container"}},
		{`{"id":"a","tasks":[{"container":{"image":1}}]}`, []string{"tasks[0].container.image"}},
		{`{"id":"a","task":{"container":{"image":["b"]},"replicas":"1"}}`, []string{"task.container.image", "task.replicas"}},
		{`{"id":"a","tasks":[{"container":{"image":"b"},"health_check":{"port":"x"}}]}`, []string{"tasks[0].health_check.port"}},
		{`[]`, []string{""}},
	}
	for _, c := range cases {
		spec, err := job.DecodeJSON([]byte(c.sent))
		var faults job.Faults
		if !errors.As(spec.AllFaults(err, job.DefaultLimits()), &faults) {
			t.Errorf("%s: %v", c.sent, err)
			continue
		}
		var paths []string
		for _, f := range faults {
			paths = append(paths, f.Path)
		}
		if !slices.Equal(paths, c.paths) {
			t.Errorf("%s:\n got %q\nwant %q", c.sent, paths, c.paths)
		}
	}
}

// TestAllFaultsLeavesOtherErrors as they are.
func TestAllFaultsLeavesOtherErrors(t *testing.T) {
	spec, err := job.DecodeJSON([]byte(`{`))
	if got := spec.AllFaults(err, job.DefaultLimits()); !errors.Is(got, job.ErrSyntax) {
		t.Error(got)
	}
	spec, err = job.DecodeJSON([]byte(`{"id":"a","tasks":[{"replicas":"1","container":{"image":"b"}}]}`))
	var faults job.Faults
	if got := spec.AllFaults(err, job.DefaultLimits()); !errors.As(got, &faults) || len(faults) != 1 {
		t.Error(got)
	}
}
