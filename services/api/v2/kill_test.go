package v2_test

import (
	"testing"

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
