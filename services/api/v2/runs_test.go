package v2_test

import (
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

const (
	nightly = `{"id":"nightly","kind":"periodic","schedule":{"cron":"30 2 * * *"},"tasks":[{"replicas":2,"container":{"image":"i"}}]}`
	etl     = `{"id":"etl","kind":"batch","dispatch":{"parameters":{"IN":{"required":true},"MODE":{"default":"fast"}}},"tasks":[{"replicas":1,"container":{"image":"i"}}]}`
)

func TestPeriodicJob(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(nightly)
	var v projection.Job
	r.Do("GET", "/v2/jobs/nightly", "").Want(200).Into(&v)
	if v.State != projection.StateScheduled || v.Tasks.Wanted != 0 || v.Series == nil || v.Series.Next.IsZero() || v.Series.Live != 0 {
		t.Fatalf("got %+v, %+v", v, v.Series)
	}
	v = projection.Job{}
	r.Do("POST", "/v2/jobs/nightly/schedule", `{"action":"pause","reason":"migration"}`, header{"X-Taurus-Actor": "ann"}).Want(200).Into(&v)
	if v.State != projection.StatePaused || !v.Series.Next.IsZero() || v.Series.Paused.By != "ann (through anonymous)" || v.Series.Paused.Reason != "migration" {
		t.Fatalf("paused: %+v, %+v", v, v.Series)
	}
	var why projection.Explanation
	r.Do("GET", "/v2/jobs/nightly/explain", "").Want(200).Into(&why)
	if !strings.Contains(why.Summary, "paused by ann") || !strings.Contains(why.Summary, "migration") {
		t.Errorf("explained as %q", why.Summary)
	}
	r.Do("POST", "/v2/jobs/nightly/schedule", `{"action":"resume"}`).Want(200)
	var run projection.Job
	a := r.Do("POST", "/v2/jobs/nightly/runs", `{"reason":"by hand"}`, header{"Idempotency-Key": "k"}).Want(201)
	a.Into(&run)
	if !job.IsRunID(run.ID) || run.Kind != job.KindBatch || run.Parent.Job != "nightly" || run.Parent.Number != 1 || run.Tasks.Wanted != 2 || a.Header.Get("Location") != "/v2/jobs/"+run.ID {
		t.Fatalf("run %+v of %+v, %v", run, run.Parent, a.Header)
	}
	var again projection.Job
	r.Do("POST", "/v2/jobs/nightly/runs", `{"reason":"by hand"}`, header{"Idempotency-Key": "k"}).Want(201).Into(&again)
	if again.ID != run.ID {
		t.Errorf("the same key began %s and %s", run.ID, again.ID)
	}
	var page projection.Runs
	r.Do("GET", "/v2/jobs/nightly/runs", "").Want(200).Into(&page)
	if len(page.Runs) != 1 || page.Runs[0].Job != run.ID || page.Runs[0].Outcome != "running" || page.Runs[0].Reason != "by hand" {
		t.Errorf("runs %+v", page.Runs)
	}
	if list := r.Do("GET", "/v2/jobs", "").Want(200).Body; !strings.Contains(list, run.ID) {
		t.Errorf("the list has no run: %s", list)
	}
	r.Do("GET", "/v2/jobs/"+run.ID+"/events", "").Want(200)
	r.Do("POST", "/v2/jobs/nightly/stop", `{"keep_runs":true}`).Want(200).Into(&v)
	id := run.ID
	run = projection.Job{}
	r.Do("GET", "/v2/jobs/"+id, "").Want(200).Into(&run)
	if v.State != projection.StateStopped || run.Stop != nil {
		t.Errorf("stopped without its runs: %s, run %+v", v.State, run.Stop)
	}
	r.Do("DELETE", "/v2/jobs/nightly", "").Want(409)
	r.Do("POST", "/v2/jobs/nightly/stop", "").Want(200)
	r.Do("GET", "/v2/jobs/"+run.ID, "").Want(200).Into(&run)
	if run.State != projection.StateStopped || run.Stop.Reason != "job nightly stopped" {
		t.Errorf("the run is %s: %+v", run.State, run.Stop)
	}
	if old := r.Do("GET", "/v2/jobs/nightly/runs?at=4", "").Want(200).Body; !strings.Contains(old, `"running"`) {
		t.Errorf("the runs of then: %s", old)
	}
	r.Do("DELETE", "/v2/jobs/nightly", "").Want(204)
	r.Do("GET", "/v2/jobs/"+run.ID, "").Want(404)
	r.Do("GET", "/v2/jobs/nightly/runs", "").Want(404)
}

func TestDispatch(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(etl)
	var v, run projection.Job
	r.Do("GET", "/v2/jobs/etl", "").Want(200).Into(&v)
	if v.State != projection.StateDispatchable {
		t.Errorf("state %s", v.State)
	}
	a := r.Do("POST", "/v2/jobs/etl/dispatch", `{"parameters":{"IN2":"x"}}`).Want(422)
	for _, want := range []string{"parameters.IN2", "it has IN, MODE", "parameters.IN\"", "is required"} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("%q is not in %s", want, a.Body)
		}
	}
	key := header{"Idempotency-Key": "k"}
	r.Do("POST", "/v2/jobs/etl/dispatch", `{"parameters":{"IN":"a"}}`, key).Want(201).Into(&run)
	if run.Spec.Tasks[0].Env["IN"].Value != "a" || run.Spec.Tasks[0].Env["MODE"].Value != "fast" || run.Parent.Parameters["IN"] != "a" {
		t.Errorf("run %+v", run.Spec.Tasks[0].Env)
	}
	if got := apitest.ProblemType(t, r.Do("POST", "/v2/jobs/etl/dispatch", `{"parameters":{"IN":"b"}}`, key).Want(422)); got != "idempotency-key" {
		t.Errorf("problem %s", got)
	}
	var second projection.Job
	r.Do("POST", "/v2/jobs/etl/dispatch", `{"parameters":{"IN":"b"}}`).Want(201).Into(&second)
	if second.ID == run.ID || second.Parent.Number != 2 {
		t.Errorf("%s then %s", run.ID, second.ID)
	}
}

// TestRefusedOfSeries: what makes no sense for a job is told with the way that does.
func TestRefusedOfSeries(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(nightly)
	r.Create(etl)
	r.Create(apitest.OneTask)
	for _, c := range []struct {
		method, target, body string
		status               int
		problem              string
	}{
		{"POST", "/v2/jobs/nightly/scale", `{"replicas":3}`, 409, "series"},
		{"POST", "/v2/jobs/etl/scale", `{"replicas":3}`, 409, "series"},
		{"POST", "/v2/jobs/nightly/kill", "", 409, "series"},
		{"POST", "/v2/jobs/nightly/dispatch", "", 409, "not-dispatched"},
		{"POST", "/v2/jobs/web/dispatch", "", 409, "not-dispatched"},
		{"POST", "/v2/jobs/etl/runs", "", 409, "not-periodic"},
		{"POST", "/v2/jobs/web/runs", "", 409, "not-periodic"},
		{"POST", "/v2/jobs/etl/schedule", `{"action":"pause"}`, 409, "not-periodic"},
		{"POST", "/v2/jobs/nightly/schedule", `{"action":"dance"}`, 400, "parameter"},
		{"POST", "/v2/jobs/nope/runs", "", 404, "job-not-found"},
		{"POST", "/v2/jobs/nope/dispatch", "", 404, "job-not-found"},
		{"GET", "/v2/jobs/nope/runs", "", 404, "job-not-found"},
		{"GET", "/v2/jobs/nightly/runs?limit=0", "", 400, "parameter"},
		{"GET", "/v2/jobs/nightly/runs?cursor=x", "", 400, "parameter"},
		{"POST", "/v2/jobs", strings.Replace(nightly, "nightly", "nightly@20261129T023000Z", 1), 422, "invalid"},
		{"POST", "/v2/jobs", strings.Replace(nightly, "30 2", "99 2", 1), 422, "invalid"},
	} {
		if got := apitest.ProblemType(t, r.Do(c.method, c.target, c.body).Want(c.status)); got != c.problem {
			t.Errorf("%s %s: %s", c.method, c.target, got)
		}
	}
	if runs := r.Do("GET", "/v2/jobs/web/runs", "").Want(200).Body; !strings.Contains(runs, `"runs":[]`) {
		t.Errorf("runs of a service: %s", runs)
	}
}

// TestRunsArePaged, newest first, with what was left out.
func TestRunsArePaged(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(nightly)
	at := time.Now().UTC().Add(time.Second).Truncate(time.Second)
	for i, outcome := range []string{events.RunStarted, events.RunSkipped, events.RunMissed} {
		r.Append(events.NewSpace(0).Plan("nightly"), events.RunDue{
			Run: 1, Version: 1, At: at.Add(time.Duration(i) * time.Second), Outcome: outcome, Count: uint32(i), From: at.Add(time.Second), Reason: "why",
		})
	}
	var first, second projection.Runs
	r.Do("GET", "/v2/jobs/nightly/runs?limit=2&after=4", "").Want(200).Into(&first)
	r.Do("GET", "/v2/jobs/nightly/runs?limit=2&cursor="+first.Next, "").Want(200).Into(&second)
	if len(first.Runs) != 2 || first.Runs[0].Outcome != "missed" || first.Runs[0].Count != 2 || first.Runs[1].Outcome != "skipped" {
		t.Errorf("first %+v", first)
	}
	if len(second.Runs) != 1 || second.Runs[0].Outcome != "running" || second.Next != "" {
		t.Errorf("second %+v", second)
	}
	var v projection.Job
	r.Do("GET", "/v2/jobs/"+second.Runs[0].Job, "").Want(200).Into(&v)
	if v.Parent == nil || !v.Parent.At.Equal(at) || v.Tasks.Wanted != 2 {
		t.Errorf("the run: %+v", v)
	}
}
