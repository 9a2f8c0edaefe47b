package web_test

import (
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// TestNamesThatNobodySees are refused wherever users name something, in both dialects, with
// the character by its number; what is only told to people is cleaned.
func TestNamesThatNobodySees(t *testing.T) {
	t.Parallel()
	const hidden = "U+200B"
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	named := func(id string) string { return strings.Replace(apitest.OneTask, `"web"`, `"`+id+`"`, 1) }
	for _, row := range []struct {
		method, target, body string
		headers              header
		status               int
		field                string
	}{
		{"POST", "/v2/jobs", named("we\u200bb"), nil, 422, "id"},
		{"POST", "/v2/jobs", named(`we\u200bb`), nil, 422, "id"},
		{"PUT", "/v2/jobs/we%E2%80%8Bb", apitest.OneTask, nil, 422, "id"},
		{"PUT", "/v2/jobs/we%E2%80%8Bb", named("we\u200bb"), nil, 422, "id"},
		{"POST", "/v2/jobs?dry_run=true", named("we\u200bb"), nil, 422, "id"},
		{"POST", "/v2/jobs", named("other"), header{"Idempotency-Key": "a\u200b"}, 400, "Idempotency-Key"},
		{"POST", "/v2/jobs", named("other"), header{"X-Taurus-Actor": "ad\u200bmin"}, 400, "X-Taurus-Actor"},
		{"POST", "/job/new", named("other"), header{"X-Taurus-Actor": "ad\u200bmin"}, 400, "X-Taurus-Actor"},
		{"PUT", "/v2/jobs/web/versions/1/tag", `{"tag":"go\u200bod"}`, nil, 422, "tag"},
		{"POST", "/v2/agents/h%E2%80%8B/drain", `{}`, nil, 400, "host"},
		{"POST", "/job/new", named("we\u200bb"), nil, 400, "id"},
		{"POST", "/v1/job/new", named("we\u200bb"), nil, 400, "id"},
	} {
		headers := row.headers
		if headers == nil {
			headers = header{}
		}
		a := r.Do(row.method, row.target, row.body, headers)
		if a.Status != row.status || !strings.Contains(a.Body, row.field) || strings.Contains(a.Body, "\u200b") ||
			!strings.Contains(a.Body, hidden) && !strings.Contains(a.Body, `\\u200b`) {
			t.Errorf("%s %s %q: %d %s, want %d, %s and %s", row.method, row.target, row.headers, a.Status, a.Body, row.status, row.field, hidden)
		}
	}
	if n := len(apitest.Get[struct{ Jobs []apitest.Job }](r, "/v2/jobs").Jobs); n != 1 {
		t.Errorf("%d jobs, want the one that is well named", n)
	}
	r.Do("POST", "/v2/jobs/web/stop", "{\"reason\":\"too\u202e\u00a0slow\u200b\"}").Want(200)
	if a := r.Do("GET", "/v2/jobs/web/events", "").Want(200); !strings.Contains(a.Body, `"too slow"`) {
		t.Errorf("the reason is not cleaned: %s", a.Body)
	}
}

// TestHiddenNamesOfBefore: a job of an older log is read, scaled and stopped as ever, and the
// log lines of the api show what its name has.
func TestHiddenNamesOfBefore(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	const id, path = "we\u200bb", "/v2/jobs/we%E2%80%8Bb"
	spec, err := job.DecodeJSON([]byte(strings.Replace(apitest.OneTask, `"web"`, `"`+id+`"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	spec.Normalise()
	data, err := spec.JSON()
	if err != nil {
		t.Fatal(err)
	}
	r.Append(r.Space.Job(id), events.JobSubmitted{Spec: data})
	if got := apitest.Get[apitest.Job](r, path).ID; got != id {
		t.Errorf("read as %q", got)
	}
	r.Do("POST", path+"/scale", `{"replicas":5}`).Want(200)
	r.Do("POST", path+"/stop", "", header{"X-Request-Id": "req-9"}).Want(200)
	if line := lineWith(t, r.Lines, "req-9"); !strings.Contains(line, "we<U+200B>b") || strings.Contains(line, "\u200b") {
		t.Errorf("logged %s", line)
	}
}
