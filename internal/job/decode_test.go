package job_test

import (
	"os"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
)

// TestTheOriginalsExamplesAreValid reads the two files of the original.
func TestTheOriginalsExamplesAreValid(t *testing.T) {
	for _, name := range []string{"job.json", "job2.json"} {
		data, err := os.ReadFile("../../examplejobs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := job.Decode(data, "application/json")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := spec.Validate(job.DefaultLimits()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
