package api_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/services/api/apitest"
)

func methods(path apitest.Object) []string {
	var list []string
	for _, m := range []string{"get", "put", "post", "delete", "patch", "head", "options"} {
		if path[m] != nil {
			list = append(list, m)
		}
	}
	return list
}

// Every route is in the document, and nothing else is.
func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	documented, served := map[string]bool{}, map[string]bool{}
	paths, _ := r.Document()["paths"].(apitest.Object)
	for path, item := range paths {
		for _, m := range methods(item.(apitest.Object)) {
			documented[m+" "+path] = true
		}
	}
	param := regexp.MustCompile(`:(\w+)`)
	for _, route := range r.API.Handler().(*echo.Echo).Routes() {
		if route.Method == http.MethodHead {
			continue // As GET is, and no operation of its own.
		}
		path := strings.Replace(param.ReplaceAllString(route.Path, "{$1}"), "*", "{path}", 1)
		served[strings.ToLower(route.Method)+" "+path] = true
	}
	if !maps.Equal(documented, served) {
		t.Fatalf("documented %v\nserved %v", slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(served)))
	}
}

// Answers hold what the document says they must, and nothing it does not know.
func TestAnswersAreAsDocumented(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(`{"id":"web","labels":{"a":"b"},"tasks":[{"role":"web","container":{"image":"i","command":"x"},"replicas":3,` +
		`"ports":[{"name":"http","container":80}],"health_check":{"path":"/"},"restart":{"policy":"always"}}]}`)
	r.Launch("web", run, 2)
	r.Status("web", run, 1, "TASK_FAILED")
	for _, target := range []string{
		"/", "/v2/jobs", "/v2/jobs/web", "/v2/jobs/web/tasks", "/v2/jobs/web/tasks/1", "/v2/jobs/web/events",
		"/v2/jobs/web/explain", "/v2/jobs/web/versions", "/v2/jobs/web/versions/1", "/v2/jobs/web/diff", "/v2/jobs/web/rollout", "/v2/cluster", "/v2/tokens", "/v2/roles", "/v2/groups", "/v2/version", "/job/web", "/v1/job/all", "/v2/openapi.json",
	} {
		a := r.Do("GET", target, "").Want(200)
		if !isFixed(target) {
			r.Do("GET", target+"?at="+a.Header.Get("X-Taurus-Sequence"), "").Want(200)
			for _, bad := range []string{"?at=x", "?at=99", "?after=x"} {
				r.Do("GET", target+bad, "").Want(400)
			}
		}
	}
}

func isFixed(target string) bool {
	return target == "/" || target == "/v2/version" || target == "/v2/openapi.json"
}
