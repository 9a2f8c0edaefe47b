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

// TestVariablesOfTheUserWin over those that say where a task is reached, and the answer says
// so; the job shows what was written.
func TestVariablesOfTheUserWin(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	const sent = `{"id":"c04","kind":"batch","tasks":[{"replicas":1,"container":{"image":"local/box:latest","command":"env | sort"},` +
		`"resources":{"cpu":0.1,"memory":16},"ports":[{"name":"my-http","container":3000},{"name":"rpc.v2","container":9000}],` +
		`"env":{"PORT":"3000","HOST":"0.0.0.0","PORT0":"7","PORTS":"x","PORT_3000":"y"}}]}`
	var v struct{ Warnings []job.Fault }
	r.Do("POST", "/v2/jobs", sent).Want(201).Into(&v)
	var paths []string
	for _, w := range v.Warnings {
		paths = append(paths, w.Path)
	}
	if want := []string{"tasks[0].env.HOST", "tasks[0].env.PORT", "tasks[0].env.PORT0", "tasks[0].env.PORTS"}; !slices.Equal(paths, want) {
		t.Errorf("warned of %q, want %q", paths, want)
	}
	legacy := r.Do("POST", "/job/new", strings.Replace(sent, "c04", "c04-old", 1)).WantLegacy(200, "").Header.Values("Warning")
	const first = `299 taurus "tasks[0].env.HOST: is what the task gets, in place of the name of its host; leave it out to have that"`
	if len(legacy) != 4 || legacy[0] != first {
		t.Errorf("the original's dialect warns of %q", legacy)
	}
	r.Do("POST", "/job/new", strings.Replace(sent, "my-http", "rpc-v2", 1)).WantLegacy(400, "*")
}

// TestOnePortForTCPAndUDP is no fault, but two programs on one port are.
func TestOnePortForTCPAndUDP(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	sent := func(id, first, second string) string {
		return `{"id":"` + id + `","kind":"batch","tasks":[{"replicas":1,"container":{"image":"local/box:latest","command":"true"},"resources":{"cpu":0.1,"memory":16},` +
			`"ports":[{"name":"dns","container":53,"host":31500,"protocol":"` + first + `"},{"name":"dnst","container":53,"host":31500,"protocol":"` + second + `"}]}]}`
	}
	r.Do("POST", "/v2/jobs", sent("c05", "udp", "tcp")).Want(201)
	got := refused(t, r, "application/json", sent("c05-twice", "udp", "UDP"))
	want := []string{
		"tasks[0].ports[1].container: 53/udp is published by tasks[0].ports[0] already; remove one",
		"tasks[0].ports[1].host: 31500/udp is that of tasks[0].ports[0] already, and one port of a host leads to one program; ask for another",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestACommandWithoutAnImage is for Mesos' own containerizer, and the answer that refuses
// one says so.
func TestACommandWithoutAnImage(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	sent := func(containerizer string) string {
		return `{"id":"cmd","kind":"batch","tasks":[{"replicas":1,"container":{` + containerizer + `"command":"echo $PORT"},"ports":[{"name":"http"}]}]}`
	}
	r.Do("POST", "/v2/jobs", sent(`"containerizer":"mesos",`)).Want(201)
	if got := apitest.Get[apitest.Job](r, "/v2/jobs/cmd").Spec.Tasks[0].Container; got.Image != "" || got.Network != "host" {
		t.Errorf("shown as %+v", got)
	}
	got := refused(t, r, "application/json", strings.Replace(sent(""), "cmd", "cmd2", 1))
	const want = `tasks[0].container.image: is missing; name a Docker image such as "nginx:1.27", or set containerizer to "mesos" to run the command on the host, without one`
	if !slices.Equal(got, []string{want}) {
		t.Errorf("got %q, want %q", got, want)
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
