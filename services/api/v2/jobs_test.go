package v2_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

type header = apitest.Headers

const oneTaskYAML = "id: web\ntasks:\n- role: web\n  container: {image: nginx}\n  replicas: 2\n"

func TestCreateAnswersWithTheJob(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]struct{ body, contentType string }{
		"json":     {apitest.OneTask, "application/json"},
		"no type":  {apitest.OneTask, ""},
		"curl -d":  {apitest.OneTask, "application/x-www-form-urlencoded"},
		"yaml":     {oneTaskYAML, "application/yaml"},
		"charset":  {apitest.OneTask, "application/json; charset=utf-8"},
		"yaml old": {oneTaskYAML, "text/x-yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := apitest.New(t)
			a := r.Do("POST", "/v2/jobs", try.body, header{"Content-Type": try.contentType}).Want(201)
			var v apitest.Job
			a.Into(&v)
			if v.ID != "web" || v.State != "pending" || v.Run != 1 || v.Sequence != 1 || v.Tasks.Waiting != 2 || v.Spec == nil {
				t.Fatalf("got %s", a.Body)
			}
			if a.Header.Get("Location") != "/v2/jobs/web" || a.Header.Get("X-Taurus-Sequence") != "1" || a.Header.Get("ETag") != `"1.1.1"` {
				t.Fatalf("headers %v", a.Header)
			}
			if stored := r.Do("GET", "/v2/jobs/web", "").Want(200); stored.Body != a.Body {
				t.Fatalf("created\n%s read\n%s", a.Body, stored.Body)
			}
		})
	}
}

// Every refusal has its status, its type, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	t.Parallel()
	large := func(o *api.Options) { o.BodyMax = 1000 }
	rows := []struct {
		name, method, target, body string
		headers                    header
		status                     int
		problem                    string
	}{
		{"duplicate", "POST", "/v2/jobs", apitest.OneTask, nil, 409, "job-exists"},
		{"malformed", "POST", "/v2/jobs", `{"id":`, nil, 400, "malformed"},
		{"malformed yaml", "POST", "/v2/jobs", "a: [", header{"Content-Type": "application/yaml"}, 400, "malformed"},
		{"invalid", "POST", "/v2/jobs", `{"id":"x","tasks":[{"container":{"image":""}}]}`, nil, 422, "invalid"},
		{"reserved id", "POST", "/v2/jobs", strings.Replace(apitest.OneTask, "web", "all", 1), nil, 422, "invalid"},
		{"too large", "POST", "/v2/jobs", `{"id":"` + strings.Repeat("x", 2000) + `"}`, nil, 413, "too-large"},
		{"too large on the old route", "POST", "/v2/jobs/web/stop", strings.Repeat(" ", 2000), nil, 413, "too-large"},
		{"media type", "POST", "/v2/jobs", "x", header{"Content-Type": "text/html"}, 415, "media-type"},
		{"bad key", "POST", "/v2/jobs", apitest.OneTask, header{"Idempotency-Key": strings.Repeat("k", 300)}, 400, "parameter"},
		{"no job", "GET", "/v2/jobs/nope", "", nil, 404, "job-not-found"},
		{"no job, tasks", "GET", "/v2/jobs/nope/tasks", "", nil, 404, "job-not-found"},
		{"no job, task", "GET", "/v2/jobs/nope/tasks/0", "", nil, 404, "job-not-found"},
		{"no job, events", "GET", "/v2/jobs/nope/events", "", nil, 404, "job-not-found"},
		{"no job, explain", "GET", "/v2/jobs/nope/explain", "", nil, 404, "job-not-found"},
		{"no job, stop", "POST", "/v2/jobs/nope/stop", "", nil, 404, "job-not-found"},
		{"no job, scale", "POST", "/v2/jobs/nope/scale", `{"replicas":1}`, nil, 404, "job-not-found"},
		{"no job, delete", "DELETE", "/v2/jobs/nope", "", nil, 404, "job-not-found"},
		{"no task", "GET", "/v2/jobs/web/tasks/7", "", nil, 404, "task-not-found"},
		{"bad slot", "GET", "/v2/jobs/web/tasks/x", "", nil, 400, "parameter"},
		{"delete a live one", "DELETE", "/v2/jobs/web", "", nil, 409, "job-live"},
		{"scale nothing", "POST", "/v2/jobs/web/scale", `{}`, nil, 422, "invalid"},
		{"scale no group", "POST", "/v2/jobs/web/scale", `{"group":"db","replicas":1}`, nil, 422, "no-group"},
		{"scale too far", "POST", "/v2/jobs/web/scale", `{"replicas":4000000000}`, nil, 422, "invalid"},
		{"scale below zero", "POST", "/v2/jobs/web/scale", `{"replicas":-1}`, nil, 400, "parameter"},
		{"scale with a typo", "POST", "/v2/jobs/web/scale", `{"replica":1}`, nil, 400, "parameter"},
		{"scale a stale version", "POST", "/v2/jobs/web/scale", `{"replicas":1}`, header{"If-Match": `"1.9.9"`}, 412, "version"},
		{"bad If-Match", "POST", "/v2/jobs/web/scale", `{"replicas":1}`, header{"If-Match": `x`}, 400, "parameter"},
		{"If-Match of something else", "POST", "/v2/jobs/web/scale", `{"replicas":1}`, header{"If-Match": `"x", ""`}, 412, "version"},
		{"stop a stale version", "POST", "/v2/jobs/web/stop", "", header{"If-Match": `"1.9.9"`}, 412, "version"},
		{"stop with a bad If-Match", "POST", "/v2/jobs/web/stop", "", header{"If-Match": `1.`}, 400, "parameter"},
		{"delete a stale version", "DELETE", "/v2/jobs/web", "", header{"If-Match": `"1.9.9"`}, 412, "version"},
		{"delete with a bad If-Match", "DELETE", "/v2/jobs/web", "", header{"If-Match": `"`}, 400, "parameter"},
		{"bad limit", "GET", "/v2/jobs?limit=0", "", nil, 400, "parameter"},
		{"limit beyond", "GET", "/v2/jobs?limit=100000", "", nil, 400, "parameter"},
		{"bad state", "GET", "/v2/jobs?state=up", "", nil, 400, "parameter"},
		{"bad label", "GET", "/v2/jobs?label==x", "", nil, 400, "parameter"},
		{"bad at", "GET", "/v2/jobs?at=yesterday", "", nil, 400, "parameter"},
		{"future at", "GET", "/v2/jobs?at=999", "", nil, 400, "not-yet"},
		{"future from", "GET", "/v2/events?from=999", "", nil, 400, "parameter"},
		{"bad Last-Event-ID", "GET", "/v2/events", "", header{"Last-Event-ID": "x"}, 400, "parameter"},
		{"future Last-Event-ID", "GET", "/v2/events", "", header{"Last-Event-ID": "2"}, 400, "parameter"},
		{"bad type", "GET", "/v2/events?type=taurus.ta*", "", nil, 400, "parameter"},
		{"bad type of a page", "GET", "/v2/jobs/web/events?type=*.v1", "", nil, 400, "parameter"},
		{"feed of the past", "GET", "/v2/jobs/web/events?at=1", "", header{"Accept": "text/event-stream"}, 400, "parameter"},
		{"bad log file", "GET", "/v2/jobs/web/tasks/0/logs/passwd", "", nil, 400, "parameter"},
		{"no sandbox", "GET", "/v2/jobs/web/tasks/0/logs/stdout", "", nil, 501, "no-sandbox"},
		{"no route", "GET", "/v2/nothing", "", nil, 404, "http"},
		{"no method", "PATCH", "/v2/jobs/web", "", nil, 405, "http"},
		{"update with another id", "PUT", "/v2/jobs/web", strings.Replace(apitest.OneTask, "web", "db", 1), nil, 422, "invalid"},
		{"update to another kind", "PUT", "/v2/jobs/web", strings.Replace(apitest.OneTask, `"tasks"`, `"kind":"batch","tasks"`, 1), nil, 422, "invalid"},
		{"update a stale version", "PUT", "/v2/jobs/web", apitest.OneTask, header{"If-Match": `"1.9.9"`}, 412, "version"},
		{"update what is not there", "PUT", "/v2/jobs/db", `{"tasks":[]}`, header{"If-Match": `"1.1.1"`}, 422, "invalid"},
		{"update what must be there", "PUT", "/v2/jobs/db", strings.Replace(apitest.OneTask, "web", "db", 1), header{"If-Match": `"1.1.1"`}, 412, "version"},
		{"update what must not be there", "PUT", "/v2/jobs/web", apitest.OneTask, header{"If-None-Match": "*"}, 412, "version"},
		{"bad If-None-Match", "PUT", "/v2/jobs/web", apitest.OneTask, header{"If-None-Match": `"1.1.1"`}, 400, "parameter"},
		{"bad dry run", "PUT", "/v2/jobs/web?dry_run=perhaps", apitest.OneTask, nil, 400, "parameter"},
		{"dry run of a duplicate", "POST", "/v2/jobs?dry_run=true", apitest.OneTask, nil, 409, "job-exists"},
		{"impossible rollout", "PUT", "/v2/jobs/web", strings.Replace(apitest.OneTask, `"tasks"`, `"rollout":{"max_surge":0,"max_unavailable":0},"tasks"`, 1), nil, 422, "invalid"},
		{"no version", "GET", "/v2/jobs/web/versions/7", "", nil, 404, "version-not-found"},
		{"no job, versions", "GET", "/v2/jobs/nope/versions", "", nil, 404, "job-not-found"},
		{"no version to compare with", "GET", "/v2/jobs/web/diff?from=stable", "", nil, 404, "version-not-found"},
		{"tag without a tag", "PUT", "/v2/jobs/web/versions/1/tag", `{}`, nil, 422, "invalid"},
		{"tag of a number", "PUT", "/v2/jobs/web/versions/1/tag", `{"tag":"7"}`, nil, 422, "invalid"},
		{"revert to nothing", "POST", "/v2/jobs/web/revert", "", nil, 404, "version-not-found"},
		{"revert to no tag", "POST", "/v2/jobs/web/revert", `{"to":"stable"}`, nil, 404, "version-not-found"},
		{"revert to a list", "POST", "/v2/jobs/web/revert", `{"to":[1]}`, nil, 400, "parameter"},
		{"no job, rollout", "GET", "/v2/jobs/nope/rollout", "", nil, 404, "job-not-found"},
		{"pause nothing", "POST", "/v2/jobs/web/rollout", `{"action":"pause"}`, nil, 409, "no-rollout"},
		{"no action", "POST", "/v2/jobs/web/rollout", `{"action":"hurry"}`, nil, 422, "invalid"},
		{"pause to a version", "POST", "/v2/jobs/web/rollout", `{"action":"pause","to":1}`, nil, 422, "invalid"},
		{"roll back to no version", "POST", "/v2/jobs/web/rollout", `{"action":"rollback","to":9}`, nil, 404, "version-not-found"},
		{"scale a job of nothing", "POST", "/v2/jobs/web/scale", `{"replicas":-1}`, nil, 400, "parameter"},
		{"restart no group", "POST", "/v2/jobs/web/restart", `{"group":"db"}`, nil, 422, "no-group"},
		{"restart no slot", "POST", "/v2/jobs/web/restart", `{"slots":[9]}`, nil, 422, "invalid"},
		{"restart a word", "POST", "/v2/jobs/web/restart", `{"slots":"all"}`, nil, 400, "parameter"},
		{"restart a stale version", "POST", "/v2/jobs/web/restart", "", header{"If-Match": `"1.9.9"`}, 412, "version"},
		{"another site", "POST", "/v2/jobs", apitest.OneTask, header{"Sec-Fetch-Site": "cross-site"}, 403, "http"},
	}
	r := apitest.New(t, large)
	r.Create(apitest.OneTask)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			a := r.In(t).Do(row.method, row.target, row.body, row.headers).Want(row.status)
			if got := apitest.ProblemType(t, a); got != row.problem {
				t.Fatalf("problem %s, want %s", got, row.problem)
			}
			if b, err := r.Log.Bounds(t.Context()); err != nil || b.Last != 1 {
				t.Fatalf("stored up to %d, %v", b.Last, err)
			}
		})
	}
}

func TestInvalidJobNamesEveryFault(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	a := r.Do("POST", "/v2/jobs", `{"id":"","tasks":[{"container":{"image":""},"replicas":1,"ports":[{"host":99999}]}]}`).Want(422)
	var p struct{ Faults []job.Fault }
	a.Into(&p)
	paths := map[string]bool{}
	for _, f := range p.Faults {
		paths[f.Path] = f.Message != ""
	}
	for _, path := range []string{"id", "tasks[0].container.image", "tasks[0].ports[0].host"} {
		if !paths[path] {
			t.Errorf("no fault at %s in %s", path, a.Body)
		}
	}
}

func TestCreateWarnsOfWhatIsNotMeant(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	var v struct{ Warnings []job.Fault }
	r.Do("POST", "/v2/jobs", `{"id":"web","tasks":[{"container":{"image":"i"},"replica":1}]}`).Want(201).Into(&v)
	if len(v.Warnings) == 0 || !strings.Contains(v.Warnings[0].Message, "replicas") {
		t.Fatalf("warnings %+v", v.Warnings)
	}
	if body := r.Do("GET", "/v2/jobs/web", "").Want(200).Body; strings.Contains(body, "warnings") {
		t.Fatalf("warnings outlived the submission: %s", body)
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	key := header{"Idempotency-Key": "k1", "X-Taurus-Actor": "ann"}
	first := r.Do("POST", "/v2/jobs", apitest.OneTask, key).Want(201)
	run := uint64(1)
	r.Launch("web", run, 2)
	for name, body := range map[string]string{"same": apitest.OneTask, "other spelling": " " + apitest.OneTask + "\n"} {
		again := r.Do("POST", "/v2/jobs", body, key, header{"X-Taurus-Actor": "bob"}).Want(201)
		if again.Body != first.Body || again.Header.Get("ETag") != first.Header.Get("ETag") ||
			again.Header.Get("Location") != first.Header.Get("Location") {
			t.Fatalf("%s: first\n%s again\n%s", name, first.Body, again.Body)
		}
	}
	other := strings.Replace(apitest.OneTask, `"replicas":2`, `"replicas":3`, 1)
	if got := apitest.ProblemType(t, r.Do("POST", "/v2/jobs", other, key).Want(422)); got != "idempotency-key" {
		t.Fatalf("problem %s", got)
	}
	if got := apitest.ProblemType(t, r.Do("POST", "/v2/jobs", apitest.OneTask, header{"Idempotency-Key": "k2"}).Want(409)); got != "job-exists" {
		t.Fatalf("problem %s", got)
	}
	// Another instance knows the key from the log.
	second := apitest.On(t, r.Log)
	if again := second.Do("POST", "/v2/jobs", apitest.OneTask, key).Want(201); again.Body != first.Body {
		t.Fatalf("another instance answers %s", again.Body)
	}
}

func TestConditionalGet(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	etag := r.Do("GET", "/v2/jobs/web", "").Want(200).Header.Get("ETag")
	a := r.Do("GET", "/v2/jobs/web", "", header{"If-None-Match": etag}).Want(304)
	if a.Body != "" || a.Header.Get("ETag") != etag {
		t.Fatalf("304 with %q %v", a.Body, a.Header)
	}
	for _, tags := range []string{"*", "W/" + etag, `"x", ` + etag, etag + `,"x"`} {
		r.Do("GET", "/v2/jobs/web", "", header{"If-None-Match": tags}).Want(304)
	}
	r.Launch("web", 1, 2)
	for _, tags := range []string{etag, `"x"`, strings.Trim(etag, `"`)} {
		r.Do("GET", "/v2/jobs/web", "", header{"If-None-Match": tags}).Want(200)
	}
}

func TestScale(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	etag := r.Do("GET", "/v2/jobs/web", "").Header.Get("ETag")
	r.Plan("web", 1, 2) // Tasks may change without making the version stale.
	a := r.Do("POST", "/v2/jobs/web/scale", `{"replicas":5}`, header{"If-Match": etag}).Want(200)
	var v apitest.Job
	a.Into(&v)
	if v.Version != 2 || v.Tasks.Wanted != 5 || a.Header.Get("X-Taurus-Sequence") != "3" {
		t.Fatalf("got %s %v", a.Body, a.Header)
	}
	r.Do("POST", "/v2/jobs/web/scale", `{"group":"web","replicas":6}`, header{"If-Match": etag}).Want(412)
	before := r.Do("POST", "/v2/jobs/web/scale", `{"group":"web","replicas":5}`).Want(200)
	if before.Body != a.Body {
		t.Fatalf("scaling to the same changed the job: %s", before.Body)
	}
	r.Do("POST", "/v2/jobs/web/stop", "").Want(200)
	if got := apitest.ProblemType(t, r.Do("POST", "/v2/jobs/web/scale", `{"replicas":1}`).Want(409)); got != "job-over" {
		t.Fatalf("problem %s", got)
	}
}

// The states of a job as its tasks come and go.
func TestLifeOfAJob(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(apitest.OneTask)
	expect := func(state string) apitest.Job {
		t.Helper()
		v := apitest.Get[apitest.Job](r, "/v2/jobs/web")
		if v.State != state {
			t.Fatalf("state %s, want %s", v.State, state)
		}
		return v
	}
	expect("pending")
	r.Launch("web", run, 2)
	if v := expect("running"); v.Tasks.Running != 2 {
		t.Fatalf("counts %+v", v.Tasks)
	}
	r.Status("web", run, 1, "TASK_UNREACHABLE")
	if v := expect("pending"); v.Tasks.Unreachable != 1 || v.Tasks.Running != 1 {
		t.Fatalf("counts %+v", v.Tasks)
	}
	long := strings.Repeat("é", 600) // More than is kept.
	a := r.Do("POST", "/v2/jobs/web/stop", `{"reason":"enough\n\u0000`+long+`"}`).Want(200)
	if !strings.Contains(a.Body, `"reason":"enough`+long[:1024-len("enough")]+`"`) {
		t.Fatalf("stopped because of %s", a.Body)
	}
	r.Do("POST", "/v2/jobs/web/stop", "").Want(200)
	if v := expect("stopping"); !strings.Contains(v.Detail, "[1]") || !strings.Contains(a.Body, "enough") {
		t.Fatalf("detail %q, %s", v.Detail, a.Body)
	}
	r.Status("web", run, 0, "TASK_KILLED")
	r.Do("DELETE", "/v2/jobs/web", "").Want(409)
	r.Status("web", run, 1, "TASK_GONE")
	expect("stopped")
	last := r.Do("GET", "/v2/jobs/web", "").Header.Get("X-Taurus-Sequence")
	r.Do("DELETE", "/v2/jobs/web", "").Want(204)
	for _, target := range []string{"/v2/jobs/web", "/v2/jobs/web/tasks", "/job/web"} {
		r.Do("GET", target, "").Want(404)
	}
	r.Do("DELETE", "/v2/jobs/web", "").Want(404)
	r.Do("GET", "/v2/jobs/web?at="+last, "").Want(200)
	r.Do("GET", "/v2/jobs/web/events", "").Want(200)
	r.Create(apitest.OneTask)
}

func TestListPagesAndFilters(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	const spec = `{"id":"job%d","labels":{"team":"%s","n":"%d"},"tasks":[{"role":"web","container":{"image":"i"},"replicas":1}]}`
	for n := range 7 {
		r.Create(fmt.Sprintf(spec, n, []string{"red", "blue"}[n%2], n))
	}
	r.Do("POST", "/v2/jobs/job3/stop", "").Want(200)
	ids := func(query string) (all []string) {
		t.Helper()
		cursor := ""
		for {
			var page struct {
				Jobs []apitest.Job
				Next string
			}
			r.Do("GET", "/v2/jobs?limit=2&"+query+"&cursor="+cursor, "").Want(200).Into(&page)
			for _, j := range page.Jobs {
				all = append(all, j.ID)
			}
			if cursor = page.Next; cursor == "" {
				return all
			}
		}
	}
	for query, want := range map[string]string{
		"":                          "[job0 job1 job2 job3 job4 job5 job6]",
		"state=stopped":             "[job3]",
		"state=pending,running":     "[job0 job1 job2 job4 job5 job6]",
		"label=team%3Dblue":         "[job1 job3 job5]",
		"label=team!%3Dblue,n!%3D0": "[job2 job4 job6]",
		"label=missing":             "[]",
		"label=team&state=stopped":  "[job3]",
		"state=stopped&state=pending&label=team%3Dred&label=n%3D2": "[job2]",
	} {
		if got := fmt.Sprint(ids(query)); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

// Bug 3: a lock local to the call excluded nobody. Two instances race here.
func TestBug3TwoInstancesOneWinner(t *testing.T) {
	t.Parallel()
	log := memory.New()
	one, two := apitest.On(t, log), apitest.On(t, log, func(o *api.Options) { o.Instance = "other" })
	const rounds, each = 20, 3
	for n := range rounds {
		body := fmt.Sprintf(`{"id":"race%d","tasks":[{"container":{"image":"i"},"replicas":1}]}`, n)
		statuses := make(chan int, 2*each)
		var racers sync.WaitGroup
		for range each {
			for _, r := range []*apitest.Rig{one, two} {
				racers.Go(func() { statuses <- r.Do("POST", "/v2/jobs", body).Status })
			}
		}
		racers.Wait()
		close(statuses)
		created := 0
		for s := range statuses {
			switch s {
			case http.StatusCreated:
				created++
			case http.StatusConflict:
			default:
				t.Errorf("status %d", s)
			}
		}
		if created != 1 {
			t.Fatalf("round %d: %d created", n, created)
		}
	}
}

// The same request to two instances at once is one submission under its key.
func TestIdempotencyKeyAcrossInstances(t *testing.T) {
	t.Parallel()
	log := memory.New()
	one, two := apitest.On(t, log), apitest.On(t, log, func(o *api.Options) { o.Instance = "other" })
	bodies := make(chan string, 2)
	var racers sync.WaitGroup
	for _, r := range []*apitest.Rig{one, two} {
		racers.Go(func() {
			a := r.Do("POST", "/v2/jobs", apitest.OneTask, header{"Idempotency-Key": "k", "X-Taurus-Actor": "ann"})
			bodies <- fmt.Sprint(a.Status, a.Body)
		})
	}
	racers.Wait()
	if a, b := <-bodies, <-bodies; a != b || !strings.HasPrefix(a, "201") {
		t.Fatalf("answers\n%s\n%s", a, b)
	}
	if b, err := log.Bounds(t.Context()); err != nil || b.Last != 1 {
		t.Fatalf("log at %d, %v", b.Last, err)
	}
}

// TestFaultsNameTheMend: all that is wrong at once, each with the field and what
// would be right.
func TestFaultsNameTheMend(t *testing.T) {
	t.Parallel()
	const shop = `{"id":"shop","tasks":[{"name":"web","container":{"image":"a"}},{"name":"db","container":{"image":"b"}}]}`
	rows := []struct {
		name, target, body string
		faults             []string
	}{
		{
			"a wrong type hides no wrong value", "/v2/jobs", `{"id":"a//b","tasks":[{"replicas":-1,"container":{}}]}`,
			[]string{"tasks[0].replicas: must be a whole number", "id: has an empty", "tasks[0].container.image: is missing"},
		},
		{
			"neither on the original's route", "/job/new", `{"id":"a//b","tasks":[{"replicas":-1,"container":{}}]}`,
			[]string{"tasks[0].replicas: must be a whole number", "id: has an empty", "tasks[0].container.image: is missing"},
		},
		{"no such group", "/v2/jobs/shop/scale", `{"group":"x","replicas":1}`, []string{`group: must be "web" or "db"`}},
		{"which group", "/v2/jobs/shop/scale", `{"replicas":1}`, []string{`group: must be "web" or "db"`}},
		{"a wrong number", "/v2/jobs/shop/scale", `{"replicas":-1}`, []string{"replicas: must be a whole number from 0"}},
		{"a wrong word", "/v2/jobs/shop/scale", `{"replicas":1,"group":2}`, []string{"group: must be a string"}},
		{"twice", "/v2/jobs/shop/scale", `{"replicas":1,"replicas":2}`, []string{"replicas: is given twice"}},
		{"too many", "/v2/jobs/shop/scale", `{"group":"db","replicas":100001}`, []string{"replicas: makes it 100001 tasks"}},
		{"a typo", "/v2/jobs/shop/scale", `{"replica":1}`, []string{"replica: is no field"}},
		{"no object", "/v2/jobs/shop/scale", `[`, []string{"body: must be one JSON object"}},
	}
	r := apitest.New(t)
	r.Create(shop)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var problem struct{ Faults job.Faults }
			a := r.Do("POST", row.target, row.body)
			a.Into(&problem)
			if len(problem.Faults) != len(row.faults) {
				t.Fatalf("%s", a.Body)
			}
			for i, f := range problem.Faults {
				if !strings.HasPrefix(f.String(), row.faults[i]) {
					t.Errorf("%s, want %s", f, row.faults[i])
				}
			}
		})
	}
}

// TestParameterFaultsAllAtOnce names every parameter that cannot be read.
func TestParameterFaultsAllAtOnce(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	for target, names := range map[string][]string{
		"/v2/jobs?limit=0&state=up&label==x":                              {"limit", "state", "label"},
		"/v2/jobs/web/tasks?limit=x&cursor=y":                             {"limit", "cursor"},
		"/v2/jobs/web/events?limit=0&from=-1":                             {"limit", "from"},
		"/v2/jobs/web/tasks/0/logs/x?offset=-1&length=0&attempt=nonesuch": {"file", "offset", "length", "attempt"},
	} {
		var problem struct{ Faults job.Faults }
		r.Do("GET", target, "").Want(400).Into(&problem)
		var got []string
		for _, f := range problem.Faults {
			got = append(got, f.Path)
		}
		if !slices.Equal(got, names) {
			t.Errorf("%s: faults of %v, want %v", target, got, names)
		}
	}
}

// Bug 8: errors were formatted without a verb.
func TestBug8ProblemsReadWell(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	for _, a := range []apitest.Answer{
		r.Do("GET", "/v2/jobs/nope", ""), r.Do("POST", "/v2/jobs", apitest.OneTask), r.Do("POST", "/v2/jobs", `{`),
		r.Do("POST", "/v2/jobs/web/scale", `{"group":"%s","replicas":3}`), r.Do("GET", "/v2/jobs?limit=%25d", ""),
	} {
		if apitest.ProblemType(t, a); strings.Contains(a.Body, "%!") {
			t.Errorf("unformatted: %s", a.Body)
		}
	}
}
