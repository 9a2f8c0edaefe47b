package v2_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// refused submits a job that must be refused, and gives its faults as lines.
func refused(t *testing.T, r *apitest.Rig, media, sent string) []string {
	t.Helper()
	var p struct{ Faults []job.Fault }
	r.Do("POST", "/v2/jobs", sent, apitest.Headers{"Content-Type": media}).Want(422).Into(&p)
	var lines []string
	for _, f := range p.Faults {
		lines = append(lines, f.String())
	}
	return lines
}

// TestNumbersInEnvAreToldAsWritten, so that who follows the message means what they write.
func TestNumbersInEnvAreToldAsWritten(t *testing.T) {
	t.Parallel()
	got := refused(t, apitest.New(t), "application/yaml", strings.Join([]string{
		"id: release", "tasks:", "- replicas: 1", "  container:", "    image: box", "  env:", "    UMASK: 0022", "    RELEASE: 1.10", "",
	}, "\n"))
	want := []string{
		`tasks[0].env.UMASK: must be a string; write "0022" (line 7)`,
		`tasks[0].env.RELEASE: must be a string; write "1.10" (line 8)`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
