package api_test

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
)

type object = map[string]any

func methods(path object) []string {
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
	r := newRig(t)
	documented, served := map[string]bool{}, map[string]bool{}
	paths, _ := r.document()["paths"].(object)
	for path, item := range paths {
		for _, m := range methods(item.(object)) {
			documented[m+" "+path] = true
		}
	}
	param := regexp.MustCompile(`:(\w+)`)
	for _, route := range r.api.Handler().(*echo.Echo).Routes() {
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

// References lead somewhere, and operations have ids of their own.
func TestOpenAPIIsSound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	doc := r.document()
	if served := get[object](r, "/v2/openapi.json"); !reflect.DeepEqual(served, doc) {
		t.Error("another document is served than is tested")
	}
	ids := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case object:
			if ref, ok := v["$ref"].(string); ok && resolve(doc, ref) == nil {
				t.Errorf("%s leads nowhere", ref)
			}
			if id, ok := v["operationId"].(string); ok {
				if ids[id] {
					t.Errorf("operation %s twice", id)
				}
				ids[id] = true
			}
			for _, child := range v {
				walk(child)
			}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	walk(doc)
	if len(ids) == 0 {
		t.Fatal("no operations")
	}
}

// The job spec is that of package job, word for word.
func TestOpenAPIHasTheSchemaOfJobs(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(string(job.Schema()), "#/$defs/", "#/components/schemas/JobSpec.")
	var schema object
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		t.Fatal(err)
	}
	defs, _ := schema["$defs"].(object)
	for _, name := range []string{"$defs", "$schema", "title"} {
		delete(schema, name)
	}
	want := object{"JobSpec": schema}
	for name, def := range defs {
		want["JobSpec."+name] = def
	}
	doc := document(t)()
	for name, def := range want {
		if got := resolve(doc, "#/components/schemas/"+name); !reflect.DeepEqual(any(got), def) {
			t.Errorf("%s: got %v, want %v", name, got, def)
		}
	}
}

func resolve(doc object, ref string) object {
	at := any(doc)
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		next, ok := at.(object)
		if !ok {
			return nil
		}
		at = next[part]
	}
	found, _ := at.(object)
	return found
}

// Answers hold what the document says they must, and nothing it does not know.
func TestAnswersAreAsDocumented(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	run := r.create(`{"id":"web","labels":{"a":"b"},"tasks":[{"role":"web","container":{"image":"i","command":"x"},"replicas":3,` +
		`"ports":[{"name":"http","container":80}],"health_check":{"path":"/"},"restart":{"policy":"always"}}]}`)
	r.launch("web", run, 2)
	r.status("web", run, 1, "TASK_FAILED")
	for _, target := range []string{
		"/", "/v2/jobs", "/v2/jobs/web", "/v2/jobs/web/tasks", "/v2/jobs/web/tasks/1", "/v2/jobs/web/events",
		"/v2/jobs/web/explain", "/v2/cluster", "/v2/version", "/job/web", "/v1/job/all", "/v2/openapi.json",
	} {
		a := r.do("GET", target, "").want(200)
		if !isFixed(target) {
			r.do("GET", target+"?at="+a.header.Get("X-Taurus-Sequence"), "").want(200)
			for _, bad := range []string{"?at=x", "?at=99", "?after=x"} {
				r.do("GET", target+bad, "").want(400)
			}
		}
	}
}

func isFixed(target string) bool {
	return target == "/" || target == "/v2/version" || target == "/v2/openapi.json"
}

// conforms holds an answer to what the document says of its operation.
func (r *rig) conforms(method, target string, a answer) {
	r.t.Helper()
	path, _, _ := strings.Cut(target, "?")
	e, _ := r.api.Handler().(*echo.Echo)
	c := e.NewContext(nil, nil)
	e.Router().Find(method, path, c)
	template := strings.Replace(regexp.MustCompile(`:(\w+)`).ReplaceAllString(c.Path(), "{$1}"), "*", "{path}", 1)
	if method == http.MethodHead && a.status != http.StatusMethodNotAllowed {
		method = http.MethodGet
	}
	item, _ := r.document()["paths"].(object)[template].(object)
	operation, _ := item[strings.ToLower(method)].(object)
	if operation == nil {
		return // No route: nothing is promised.
	}
	at := fmt.Sprintf("%s %s: %d", method, target, a.status)
	response, _ := operation["responses"].(object)[strconv.Itoa(a.status)].(object)
	if response == nil {
		r.t.Errorf("%s is not documented; %s", at, a.body)
		return
	}
	if ref, ok := response["$ref"].(string); ok {
		response = resolve(r.document(), ref)
	}
	headers, _ := response["headers"].(object)
	for name := range headers {
		if a.header.Get(name) == "" {
			r.t.Errorf("%s: header %s is missing", at, name)
		}
	}
	if a.body != "" {
		r.conformsBody(response, a, at)
	}
}

// conformsBody holds a body to the schema of its type.
func (r *rig) conformsBody(response object, a answer, at string) {
	r.t.Helper()
	kind := a.header.Get("Content-Type")
	contents, _ := response["content"].(object)
	content, ok := contents[kind].(object)
	if !ok {
		kind, _, _ = strings.Cut(kind, ";")
		content, ok = contents[kind].(object)
	}
	if !ok {
		r.t.Errorf("%s: type %s is not documented", at, a.header.Get("Content-Type"))
		return
	}
	if !strings.Contains(kind, "json") {
		return
	}
	var v any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		r.t.Errorf("%s: %v", at, err)
		return
	}
	schema, _ := content["schema"].(object)
	conform(r.t, r.document(), schema, v, at)
}

// isOf tells whether a value is of a type of JSON schema.
func isOf(kind string, v any) bool {
	switch v := v.(type) {
	case object:
		return kind == "object"
	case []any:
		return kind == "array"
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && v == math.Trunc(v)
	}
	return false
}

func conform(t *testing.T, doc, schema object, v any, at string) {
	t.Helper()
	if ref, ok := schema["$ref"].(string); ok {
		schema = resolve(doc, ref)
	}
	if kind, ok := schema["type"].(string); ok && !isOf(kind, v) {
		t.Errorf("%s: %v is no %s", at, v, kind)
	}
	if words, ok := schema["enum"].([]any); ok && !slices.Contains(words, v) {
		t.Errorf("%s: %v is none of %v", at, v, words)
	}
	switch v := v.(type) {
	case object:
		properties, _ := schema["properties"].(object)
		values, _ := schema["additionalProperties"].(object)
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, there := v[name.(string)]; !there {
				t.Errorf("%s: %v is missing", at, name)
			}
		}
		for name, value := range v {
			child, ok := properties[name].(object)
			if child == nil {
				child, ok = values, values != nil
			}
			if !ok && (properties != nil || values != nil) {
				t.Errorf("%s: %s is not documented", at, name)
			}
			conform(t, doc, child, value, at+"."+name)
		}
	case []any:
		items, _ := schema["items"].(object)
		for i, value := range v {
			conform(t, doc, items, value, fmt.Sprintf("%s[%d]", at, i))
		}
	}
}

// The page follows every type of event there is.
func TestPageKnowsEveryEvent(t *testing.T) {
	t.Parallel()
	a := newRig(t).do("GET", "/", "").want(200)
	for _, ev := range []events.Event{
		events.JobSubmitted{},
		events.JobScaled{},
		events.JobStopped{},
		events.JobDeleted{},
		events.TasksPlanned{},
		events.TasksDoomed{},
		events.JobCompleted{},
		events.JobFailed{},
		events.TaskStaged{},
		events.TaskWithdrawn{},
		events.TaskAdopted{},
		events.TaskStatusChanged{},
		events.KillIssued{},
		events.LauncherElected{},
		events.FrameworkRegistered{},
		events.SubscriptionOpened{},
		events.SubscriptionClosed{},
	} {
		name := strings.TrimSuffix(strings.TrimPrefix(ev.Type(), "taurus."), ".v1")
		if !strings.Contains(a.body, `"`+name+`"`) {
			t.Errorf("the page does not follow %s", name)
		}
	}
	policy := a.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || regexp.MustCompile(`(src|href)\s*=\s*"?https?:`).MatchString(a.body) {
		t.Errorf("the page reaches outside: %s", policy)
	}
}
