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

// TestModeOfAVolume is taken in any case, and refused where it is neither of the two words,
// in the original's dialect, too.
func TestModeOfAVolume(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	sent := func(id, mode string) string {
		return `{"id":"` + id + `","kind":"batch","tasks":[{"replicas":1,"container":{"image":"local/box:latest","command":["touch","/v/x"],` +
			`"volumes":[{"container_path":"/v","host_path":"/srv/vol","mode":"` + mode + `"}]},"resources":{"cpu":0.1,"memory":16},"restart":{"attempts":1}}]}`
	}
	for _, route := range []string{"/v2/jobs", "/job/new", "/v1/job/new"} {
		for _, mode := range []string{"Read-Only", "ro,z", "anything"} {
			a := r.Do("POST", route, sent("v1", mode))
			if !strings.Contains(a.Body, `"tasks[0].container.volumes[0].mode"`) || a.Status != 422 && a.Status != 400 {
				t.Errorf("%s %s: %d %s", route, mode, a.Status, a.Body)
			}
		}
		id := strings.ReplaceAll(strings.Trim(route, "/"), "/", "-")
		if a := r.Do("POST", route, sent(id, "RO")); a.Status != 200 && a.Status != 201 {
			t.Fatalf("%s RO: %d %s", route, a.Status, a.Body)
		}
		v := apitest.Get[apitest.Job](r, "/v2/jobs/"+id)
		if got := v.Spec.Tasks[0].Container.Volumes[0]; got.Mode != "ro" || !got.ReadOnly() {
			t.Errorf("%s RO: %+v", route, got)
		}
	}
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
