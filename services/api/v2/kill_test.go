package v2_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

func TestKill(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(`{"id":"web","tasks":[{"role":"web","container":{"image":"i"},"replicas":3}]}`)
	r.Launch("web", run, 2)
	a := r.Do("POST", "/v2/jobs/web/kill", `{"slots":[1],"reason":"stuck"}`).Want(200)
	if again := r.Do("POST", "/v2/jobs/web/kill", `{"slots":[7]}`).Want(422); again.Header.Get("ETag") != "" || a.Header.Get("ETag") == "" {
		t.Error("ETag")
	}
	r.Do("POST", "/v2/jobs/web/kill", `{"group":"db"}`).Want(422)
	r.Do("POST", "/v2/jobs/web/kill", `{"group":"web"}`).Want(200)
	r.Do("POST", "/v2/jobs/none/kill", "").Want(404)
}

// TestScaleDownByAKill: what is named goes once, whoever asks how often, and only of what
// was seen.
func TestScaleDownByAKill(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(`{"id":"web","tasks":[{"role":"web","container":{"image":"i"},"replicas":3}]}`)
	r.Launch("web", run, 3)
	wants := func(body string, h header) (v projection.Job) {
		t.Helper()
		r.Do("POST", "/v2/jobs/web/kill", body, h).Want(200).Into(&v)
		return v
	}
	etag := r.Do("GET", "/v2/jobs/web", "").Want(200).Header.Get("ETag")
	key := header{"Idempotency-Key": "k", "If-Match": etag}
	const body = `{"slots":[1],"scale_down":true,"reason":"bad disk"}`
	first := wants(body, key)
	if first.Tasks.Wanted != 2 || first.Version != 2 {
		t.Fatalf("%d wanted, version %d", first.Tasks.Wanted, first.Version)
	}
	end := last(t, r)
	if again := wants(body, key); again.Version != 2 || again.Tasks.Wanted != 2 || last(t, r) != end {
		t.Errorf("again: version %d, %d wanted, the log is at %d", again.Version, again.Tasks.Wanted, last(t, r))
	}
	for body, h := range map[string]header{
		`{"slots":[2],"scale_down":true}`:              {"Idempotency-Key": "k"},
		`{"slots":[1]}`:                                {"Idempotency-Key": "k"},
		`{"slots":[1],"scale_down":true}`:              {},
		`{"scale_down":true}`:                          {},
		`{"slots":[0,7],"scale_down":true}`:            {},
		`{"slots":[0],"scale_down":true,"group":"db"}`: {},
	} {
		r.Do("POST", "/v2/jobs/web/kill", body, h).Want(422)
	}
	r.Do("POST", "/v2/jobs/web/restart", "", header{"Idempotency-Key": "k"}).Want(422)
	r.Do("POST", "/v2/jobs/web/kill", `{"slots":[2],"scale_down":true}`, header{"If-Match": etag}).Want(412)
	r.Do("POST", "/v2/jobs/web/restart", `{"scale_down":true}`).Want(400)
	if a := r.Do("POST", "/v2/jobs/web/kill", `{"scale_down":1}`).Want(400); !strings.Contains(string(a.Body), "must be true or false") {
		t.Errorf("%s", a.Body)
	}
	if last(t, r) != end {
		t.Error("what is refused is stored")
	}
	r.Do("POST", "/v2/jobs/web/stop", "").Want(200)
	if again := wants(body, key); again.Version != 2 {
		t.Errorf("of a job that was stopped: %+v", again)
	}
}

// TestRestartOnce: a retry under the same key begins no second restart.
func TestRestartOnce(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(`{"id":"web","tasks":[{"role":"web","container":{"image":"i"},"replicas":3}]}`)
	r.Launch("web", run, 3)
	key := header{"Idempotency-Key": "k"}
	r.Do("POST", "/v2/jobs/web/restart", `{"slots":[2,1],"reason":"leaks"}`, key).Want(200)
	end := last(t, r)
	r.Do("POST", "/v2/jobs/web/restart", `{"slots":[1,2]}`, key).Want(200)
	r.Do("POST", "/v2/jobs/web/restart", `{"slots":[1]}`, key).Want(422)
	r.Do("POST", "/v2/jobs/web/restart", "", key).Want(422)
	if last(t, r) != end {
		t.Error("it is restarted twice")
	}
	r.Do("POST", "/v2/jobs/web/restart", `{"slots":[1,2]}`, header{"Idempotency-Key": "k2"}).Want(200)
	if last(t, r) == end {
		t.Error("another key restarts nothing")
	}
}

// last is the end of the log.
func last(t *testing.T, r *apitest.Rig) uint64 {
	t.Helper()
	bounds, err := r.Log.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return bounds.Last
}
