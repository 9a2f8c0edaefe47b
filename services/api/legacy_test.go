package api_test

import (
	"os"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/services/api"
)

const legacyType = "application/json; charset=UTF-8"

// legacyWant checks an answer of the original's routes.
func (a answer) legacyWant(status int, body string) answer {
	a.t.Helper()
	a.want(status)
	if got := a.header.Get("Content-Type"); got != legacyType {
		a.t.Fatalf("content type %q, want %q", got, legacyType)
	}
	if got := strings.TrimSpace(a.body); body != "*" && got != body {
		a.t.Fatalf("body %q, want %q", got, body)
	}
	return a
}

// The original's own example, with its README's curl, bare and under /v1.
func TestOriginalExample(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../examplejobs/job.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"", "/v1"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			curl := header{"Content-Type": "application/x-www-form-urlencoded"}
			r.do("GET", prefix+"/job/all", "").legacyWant(200, "[]")
			r.do("POST", prefix+"/job/new", string(example), curl).legacyWant(200, "")
			r.do("POST", prefix+"/job/new", string(example), curl).legacyWant(304, "")
			const shown = `{"id":"taurusjob","tasks":[{"cluster":"MyCluster","role":"web","environment":"prod","priority":0,` +
				`"container":{"command":null,"image":"nginx","volumes":null},` +
				`"resources":{"cpu":1,"memory":128},"health_check":null,"replicas":4}],"job_state":1}`
			r.do("GET", prefix+"/job/taurusjob", "").legacyWant(200, shown)
			r.do("GET", prefix+"/job/all", "").legacyWant(200, "["+shown+"]")
			r.do("DELETE", prefix+"/job/taurusjob", "").legacyWant(200, "")
			r.do("DELETE", prefix+"/job/taurusjob", "").legacyWant(200, "")
			r.do("GET", prefix+"/job/taurusjob", "").legacyWant(200, strings.Replace(shown, `"job_state":1`, `"job_state":3`, 1))
			r.do("GET", prefix+"/job/nope", "").legacyWant(404, "")
			r.do("DELETE", prefix+"/job/nope", "").legacyWant(404, "")
		})
	}
}

func TestLegacyStateFollowsTheTasks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	run := r.create(oneTask)
	state := func() int {
		return get[struct {
			State int `json:"job_state"`
		}](r, "/job/web").State
	}
	if state() != 1 {
		t.Fatal("not pending before its tasks run")
	}
	r.launch("web", run, 2)
	if state() != 2 {
		t.Fatal("not running with all its tasks")
	}
	r.status("web", run, 1, "TASK_FAILED")
	if state() != 1 {
		t.Fatal("not pending after a task died")
	}
	r.do("DELETE", "/job/web", "").legacyWant(200, "")
	if state() != 3 {
		t.Fatal("not stopped after DELETE")
	}
}

// Bug 1: depending on the start, /job/all was taken for the job "all".
func TestBug1AllIsNeverAJob(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.create(oneTask)
	r.do("POST", "/job/new", `{"id":"all","tasks":[]}`).legacyWant(400, "*")
	r.do("POST", "/job/new", `{"id":"new","tasks":[]}`).legacyWant(200, "")
	r.do("GET", "/job/new", "").legacyWant(200, `{"id":"new","tasks":[],"job_state":2}`)
	r.do("DELETE", "/v1/job/all", "").legacyWant(200, "")
	for _, id := range []string{"web", "new"} {
		if got := get[struct{ State string }](r, "/v2/jobs/"+id).State; got != "stopped" {
			t.Fatalf("%s is %s after DELETE /job/all", id, got)
		}
	}
}

func TestLegacyIDsWithSlashes(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/job/team/a%b", "/job/team%2Fa%25b", "/v1/job/team/a%25b"} {
		r := newRig(t)
		r.do("POST", "/job/new", `{"id":"team/a%b","tasks":[]}`).legacyWant(200, "")
		if !strings.Contains(target, "%b") || strings.Contains(target, "%25b") {
			r.do("GET", target, "").legacyWant(200, "*")
			r.do("DELETE", target, "").legacyWant(200, "")
		}
	}
	r := newRig(t)
	r.create(`{"id":"all/x","tasks":[{"container":{"image":"i"},"replicas":0}]}`)
	r.do("GET", "/job/all/x", "").legacyWant(200, "*")
	r.do("GET", "/v2/jobs/all%2Fx", "").want(200)
	r.do("GET", "/v2/jobs/all/x", "").want(404)
}

// Bug 2: mistakes of clients were answered 500, without a word.
func TestBug2MistakesAreTheClients(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, body := range map[string]string{
		"malformed":  `{"id":`,
		"wrong type": `{"id":"x","tasks":[{"container":{"image":"i"},"replicas":-1}]}`,
		"empty id":   `{"tasks":[]}`,
		"empty body": ``,
	} {
		a := r.do("POST", "/job/new", body).legacyWant(400, "*")
		if !strings.Contains(a.body, "faults") {
			t.Errorf("%s: no faults in %s", name, a.body)
		}
	}
}

// What is too large says so on the original's routes as well.
func TestLegacyBodyIsBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *api.Options) { o.BodyMax = 100 })
	a := r.do("POST", "/job/new", `{"id":"`+strings.Repeat("x", 100)+`"}`).legacyWant(413, "*")
	if !strings.Contains(a.body, "at most 100 bytes") {
		t.Errorf("got %s", a.body)
	}
}

// Bug 4: the status was written after the body, and panics were the client's.
func TestBug4EveryAnswerHasItsStatusAndType(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, target := range []string{"/job/", "/job/a", "/v1/job/", "/v1/nothing", "/job/all/deeper"} {
		r.do("GET", target, "").legacyWant(404, "")
	}
	r.do("PUT", "/job/a", "").legacyWant(405, "")
}

// Bug 5: the id of a deleted job could never be used again.
func TestBug5AnIDIsFreeOnceNothingLives(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	run := r.create(oneTask)
	r.launch("web", run, 2)
	r.do("DELETE", "/job/web", "").legacyWant(200, "")
	r.do("POST", "/job/new", oneTask).legacyWant(304, "")
	r.end("web", run, 1)
	r.do("POST", "/job/new", oneTask).legacyWant(304, "")
	r.end("web", run, 2)
	r.do("POST", "/job/new", oneTask).legacyWant(200, "")
	if got := get[struct{ Run uint64 }](r, "/v2/jobs/web").Run; got <= run {
		t.Fatalf("run %d after %d", got, run)
	}
}

// Bug 6: a null container or task was stored, and killed the process for ever.
func TestBug6NullsAreRefusedAndNotStored(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, body := range []string{
		`{"id":"x","tasks":[{"container":null,"replicas":1}]}`,
		`{"id":"x","tasks":[null]}`,
		`{"id":"x","tasks":[{"replicas":1}]}`,
		`null`, `[]`, `"x"`,
	} {
		r.do("POST", "/job/new", body).legacyWant(400, "*")
		if status := r.do("POST", "/v2/jobs", body).status; status != 400 && status != 422 {
			t.Errorf("/v2 answers %d to %s", status, body)
		}
	}
	r.do("GET", "/job/all", "").legacyWant(200, "[]")
	if b, err := r.log.Bounds(t.Context()); err != nil || b.Last != 0 {
		t.Fatalf("stored up to %d, %v", b.Last, err)
	}
}

// Bug 8: errors were formatted without a verb.
func TestBug8ProblemsReadWell(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.create(oneTask)
	for _, a := range []answer{
		r.do("GET", "/v2/jobs/nope", ""), r.do("POST", "/v2/jobs", oneTask), r.do("POST", "/v2/jobs", `{`),
		r.do("POST", "/v2/jobs/web/scale", `{"group":"%s","replicas":3}`), r.do("GET", "/v2/jobs?limit=%25d", ""),
	} {
		if problemType(t, a); strings.Contains(a.body, "%!") {
			t.Errorf("unformatted: %s", a.body)
		}
	}
}

// Bug 7: an address lost its scheme and something else was listened on.
func TestBug7AddressesAreTakenWhole(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"unix:///tmp/taurus.sock", "http://127.0.0.1:0", "127.0.0.1", "127.0.0.1:http2"} {
		s, err := api.New(api.Options{Log: memory.New(), Name: "test", Listen: listen})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), listen) || s.Addr() != "" {
			t.Errorf("%s: listens on %q, %v", listen, s.Addr(), err)
		}
	}
}
