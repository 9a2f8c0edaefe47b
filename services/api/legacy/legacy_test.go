package legacy_test

import (
	"os"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

type header = apitest.Headers

// The original's own example, with its README's curl, bare and under /v1.
func TestOriginalExample(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../../examplejobs/job.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"", "/v1"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			t.Parallel()
			r := apitest.New(t)
			curl := header{"Content-Type": "application/x-www-form-urlencoded"}
			r.Do("GET", prefix+"/job/all", "").WantLegacy(200, "[]")
			r.Do("POST", prefix+"/job/new", string(example), curl).WantLegacy(200, "")
			r.Do("POST", prefix+"/job/new", string(example), curl).WantLegacy(304, "")
			const shown = `{"id":"taurusjob","tasks":[{"cluster":"MyCluster","role":"web","environment":"prod","priority":0,` +
				`"container":{"command":null,"image":"nginx","volumes":null},` +
				`"resources":{"cpu":1,"memory":128},"health_check":null,"replicas":4}],"job_state":1}`
			r.Do("GET", prefix+"/job/taurusjob", "").WantLegacy(200, shown)
			r.Do("GET", prefix+"/job/all", "").WantLegacy(200, "["+shown+"]")
			r.Do("DELETE", prefix+"/job/taurusjob", "").WantLegacy(200, "")
			r.Do("DELETE", prefix+"/job/taurusjob", "").WantLegacy(200, "")
			r.Do("GET", prefix+"/job/taurusjob", "").WantLegacy(200, strings.Replace(shown, `"job_state":1`, `"job_state":3`, 1))
			r.Do("GET", prefix+"/job/nope", "").WantLegacy(404, "")
			r.Do("DELETE", prefix+"/job/nope", "").WantLegacy(404, "")
		})
	}
}

func TestLegacyStateFollowsTheTasks(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(apitest.OneTask)
	state := func() int {
		return apitest.Get[struct {
			State int `json:"job_state"`
		}](r, "/job/web").State
	}
	if state() != 1 {
		t.Fatal("not pending before its tasks run")
	}
	r.Launch("web", run, 2)
	if state() != 2 {
		t.Fatal("not running with all its tasks")
	}
	r.Status("web", run, 1, "TASK_FAILED")
	if state() != 1 {
		t.Fatal("not pending after a task died")
	}
	r.Do("DELETE", "/job/web", "").WantLegacy(200, "")
	if state() != 3 {
		t.Fatal("not stopped after DELETE")
	}
}

// Bug 1: depending on the start, /job/all was taken for the job "all".
func TestBug1AllIsNeverAJob(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	r.Do("POST", "/job/new", `{"id":"all","tasks":[]}`).WantLegacy(400, "*")
	r.Do("POST", "/job/new", `{"id":"new","tasks":[]}`).WantLegacy(200, "")
	r.Do("GET", "/job/new", "").WantLegacy(200, `{"id":"new","tasks":[],"job_state":2}`)
	r.Do("DELETE", "/v1/job/all", "").WantLegacy(200, "")
	for _, id := range []string{"web", "new"} {
		if got := apitest.Get[struct{ State string }](r, "/v2/jobs/"+id).State; got != "stopped" {
			t.Fatalf("%s is %s after DELETE /job/all", id, got)
		}
	}
}

func TestLegacyIDsWithSlashes(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/job/team/a%b", "/job/team%2Fa%25b", "/v1/job/team/a%25b"} {
		r := apitest.New(t)
		r.Do("POST", "/job/new", `{"id":"team/a%b","tasks":[]}`).WantLegacy(200, "")
		if !strings.Contains(target, "%b") || strings.Contains(target, "%25b") {
			r.Do("GET", target, "").WantLegacy(200, "*")
			r.Do("DELETE", target, "").WantLegacy(200, "")
		}
	}
	r := apitest.New(t)
	r.Create(`{"id":"all/x","tasks":[{"container":{"image":"i"},"replicas":0}]}`)
	r.Do("GET", "/job/all/x", "").WantLegacy(200, "*")
	r.Do("GET", "/v2/jobs/all%2Fx", "").Want(200)
	r.Do("GET", "/v2/jobs/all/x", "").Want(404)
}

// Bug 2: mistakes of clients were answered 500, without a word.
func TestBug2MistakesAreTheClients(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	for name, body := range map[string]string{
		"malformed":  `{"id":`,
		"wrong type": `{"id":"x","tasks":[{"container":{"image":"i"},"replicas":-1}]}`,
		"empty id":   `{"tasks":[]}`,
		"empty body": ``,
	} {
		a := r.Do("POST", "/job/new", body).WantLegacy(400, "*")
		if !strings.Contains(a.Body, "faults") {
			t.Errorf("%s: no faults in %s", name, a.Body)
		}
	}
}

// What is too large says so on the original's routes as well.
func TestLegacyBodyIsBounded(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.BodyMax = 100 })
	a := r.Do("POST", "/job/new", `{"id":"`+strings.Repeat("x", 100)+`"}`).WantLegacy(413, "*")
	if !strings.Contains(a.Body, "at most 100 bytes") {
		t.Errorf("got %s", a.Body)
	}
}

// Bug 4: the status was written after the body, and panics were the client's.
func TestBug4EveryAnswerHasItsStatusAndType(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	for _, target := range []string{"/job/", "/job/a", "/v1/job/", "/v1/nothing", "/job/all/deeper"} {
		r.Do("GET", target, "").WantLegacy(404, "")
	}
	r.Do("PUT", "/job/a", "").WantLegacy(405, "")
}

// Bug 5: the id of a deleted job could never be used again.
func TestBug5AnIDIsFreeOnceNothingLives(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(apitest.OneTask)
	r.Launch("web", run, 2)
	r.Do("DELETE", "/job/web", "").WantLegacy(200, "")
	r.Do("POST", "/job/new", apitest.OneTask).WantLegacy(304, "")
	r.End("web", run, 1)
	r.Do("POST", "/job/new", apitest.OneTask).WantLegacy(304, "")
	r.End("web", run, 2)
	r.Do("POST", "/job/new", apitest.OneTask).WantLegacy(200, "")
	if got := apitest.Get[struct{ Run uint64 }](r, "/v2/jobs/web").Run; got <= run {
		t.Fatalf("run %d after %d", got, run)
	}
}

// Bug 6: a null container or task was stored, and killed the process for ever.
func TestBug6NullsAreRefusedAndNotStored(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	for _, body := range []string{
		`{"id":"x","tasks":[{"container":null,"replicas":1}]}`,
		`{"id":"x","tasks":[null]}`,
		`{"id":"x","tasks":[{"replicas":1}]}`,
		`null`, `[]`, `"x"`,
	} {
		r.Do("POST", "/job/new", body).WantLegacy(400, "*")
		if status := r.Do("POST", "/v2/jobs", body).Status; status != 400 && status != 422 {
			t.Errorf("/v2 answers %d to %s", status, body)
		}
	}
	r.Do("GET", "/job/all", "").WantLegacy(200, "[]")
	if b, err := r.Log.Bounds(t.Context()); err != nil || b.Last != 0 {
		t.Fatalf("stored up to %d, %v", b.Last, err)
	}
}
