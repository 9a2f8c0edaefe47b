package api_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/milosgajdos/taurus/internal/core/policy"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

const (
	evil  = `{"id":"evil","tasks":[{"role":"web","container":{"image":"nginx","privileged":true,"network":"host","volumes":[{"container_path":"/h","host_path":"/"}],"parameters":[{"key":"pid","value":"host"}]},"replicas":1}]}`
	tame  = `{"id":"web","tasks":[{"role":"web","container":{"image":"nginx"},"replicas":2}]}`
	loose = "rules: [{name: all, privileged: true, host_network: true, volumes: [/], parameters: [pid]}]\n"
)

// byDefault is an api that holds jobs to the default policy.
func byDefault(o *api.Options) { o.Policy = nil }

type problem struct {
	Type, Detail string
	Faults       []job.Fault
}

// TestThePolicyIsAskedInEveryDialect: all that is forbidden at once, with field and rule, and
// nothing is stored.
func TestThePolicyIsAskedInEveryDialect(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, byDefault)
	fields := "tasks[0].container.privileged tasks[0].container.network tasks[0].container.volumes[0].host_path tasks[0].container.parameters[0].key"
	refused := func(method, target, body string) {
		t.Helper()
		a := r.Do(method, target, body).Want(http.StatusForbidden)
		var p problem
		a.Into(&p)
		var got []string
		for _, f := range p.Faults {
			got = append(got, f.Path)
			if f.Rule != policy.DefaultName {
				t.Errorf("%s %s: %+v", method, target, f)
			}
		}
		if p.Type != "urn:taurus:problem:policy" || strings.Join(got, " ") != fields || !strings.Contains(p.Detail, "Nothing was stored") {
			t.Errorf("%s %s: %+v", method, target, p)
		}
	}
	refused(http.MethodPost, "/v2/jobs", evil)
	refused(http.MethodPost, "/v2/jobs?dry_run=true", evil)
	refused(http.MethodPut, "/v2/jobs/evil", evil)
	refused(http.MethodPut, "/v2/jobs/evil?dry_run=true", evil)
	refused(http.MethodPost, "/v2/whatif", `{"run":`+evil+`}`)
	refused(http.MethodPost, "/job/new", evil)
	refused(http.MethodPost, "/v1/job/new", evil)
	r.Do(http.MethodPost, "/job/new", tame).Want(http.StatusOK)
	refused(http.MethodPut, "/v2/jobs/web", strings.Replace(evil, `"evil"`, `"web"`, 1))
	if last := r.API.Sequence(); last != 1 {
		t.Errorf("%d records", last)
	}
	var c struct {
		Allowed bool
		Rule    string
		Faults  []job.Fault
	}
	r.Do(http.MethodPost, "/v2/policy/check", evil).Want(http.StatusOK).Into(&c)
	if c.Allowed || c.Rule != policy.DefaultName || len(c.Faults) != 4 {
		t.Errorf("%+v", c)
	}
	r.Do(http.MethodPost, "/v2/policy/check", tame).Want(http.StatusOK).Into(&c)
	if !c.Allowed || len(c.Faults) != 0 {
		t.Errorf("%+v", c)
	}
	r.Do(http.MethodPost, "/v2/policy/check", `{"id":"web","tasks":[{}]}`).Want(http.StatusUnprocessableEntity)
}

// TestThePolicyOfTheLog counts, is shown as of any time, and is told of by the metric of what
// it holds back.
func TestThePolicyOfTheLog(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	r := apitest.New(t, func(o *api.Options) { o.Policy, o.Metrics = nil, reg })
	type shown struct {
		Set        bool
		Hash, Text string
		SetBy      string `json:"set_by"`
		Sequence   uint64
	}
	if got := apitest.Get[shown](r, "/v2/policy"); got.Set || got.Text != "rules: []\n" {
		t.Errorf("before: %+v", got)
	}
	r.Append(events.AccessSubject, events.PolicySet{Hash: "00", Text: loose})
	r.Do(http.MethodPost, "/v2/jobs", evil).Want(http.StatusCreated)
	if n := gaugeOf(t, reg, "taurus_jobs_forbidden"); n != 0 {
		t.Errorf("%v jobs are forbidden", n)
	}
	r.Append(events.AccessSubject, events.PolicySet{Hash: "01", Text: "rules: []"})
	r.Do(http.MethodPost, "/v2/jobs/evil/scale", `{"replicas":2}`).Want(http.StatusForbidden)
	r.Do(http.MethodPost, "/v2/jobs/evil/scale", `{"replicas":0}`).Want(http.StatusOK)
	if n := gaugeOf(t, reg, "taurus_jobs_forbidden"); n != 1 {
		t.Errorf("%v jobs are forbidden", n)
	}
	if got := apitest.Get[shown](r, "/v2/policy"); !got.Set || got.Text != "rules: []" || got.Hash != "01" {
		t.Errorf("%+v", got)
	}
	if got := apitest.Get[shown](r, "/v2/policy?at=1"); got.Text != loose || got.Sequence != 1 {
		t.Errorf("at 1: %+v", got)
	}
}

func gaugeOf(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// TestTheFileOfThePolicy is in the log before a request is answered, is followed as it changes,
// and is refused where it is wrong: then what was before stays.
func TestTheFileOfThePolicy(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	write := func(text string) {
		t.Helper()
		err := os.WriteFile(file+".new", []byte(text), 0o600)
		if err == nil {
			err = os.Rename(file+".new", file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(loose)
	log, reg := memory.New(), prometheus.NewRegistry()
	followed := func(o *api.Options) {
		o.Policy, o.PolicyFile, o.PolicyEvery, o.Metrics = nil, file, 10*time.Millisecond, reg
	}
	r := apitest.On(t, log, followed)
	r.Do(http.MethodPost, "/v2/jobs", evil).Want(http.StatusCreated)
	text := func() string { return apitest.Get[struct{ Text string }](r, "/v2/policy").Text }
	if got := text(); got != loose {
		t.Errorf("%q", got)
	}
	const strict = "rules: [{name: strict}]"
	write(strict)
	testwait.Until(t, "the new policy", func() bool { return text() == strict })
	write("rules: [{nme: strict}]")
	testwait.Until(t, "the refusal", func() bool { return gaugeOf(t, reg, "taurus_api_policy_refused") == 1 })
	if got := text(); got != strict || !strings.Contains(r.Lines.String(), "rules[0].nme: is no field") {
		t.Errorf("%q, %s", got, r.Lines)
	}
	checks := r.API.Checks()
	if last := checks[len(checks)-1]; last.Name != "policy" || !strings.Contains(last.Detail, "nme") {
		t.Errorf("%+v", checks)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	write(loose)
	testwait.Until(t, "the first policy again", func() bool { return text() == loose && gaugeOf(t, reg, "taurus_api_policy_refused") == 0 })
	before := r.API.Sequence()
	again := apitest.On(t, log, followed) // Another one has nothing to say.
	if got := again.API.Sequence(); got != before {
		t.Errorf("at %d, then %d", before, got)
	}
}
