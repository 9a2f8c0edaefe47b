package v2_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// updated is what an answer tells of an update.
type updated struct {
	apitest.Job
	Update struct {
		Outcome string
		Version uint64
		Changes []struct {
			Path, Effect, Group string
			Old, New            any
		}
		Steps []struct {
			Action, Group string
			Tasks         uint32
		}
	}
	Rollout struct {
		Status, Cause, Reason string
		Version, From         uint64
	}
}

func withImage(image string) string { return strings.Replace(apitest.OneTask, "nginx", image, 1) }

// TestUpdate: what a job becomes by one document after the other.
func TestUpdate(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	var v updated
	a := r.Do("PUT", "/v2/jobs/web", apitest.OneTask).Want(http.StatusCreated)
	a.Into(&v)
	if v.Run != 1 || v.Version != 1 || v.Update.Outcome != "created" || a.Header.Get("Location") != "/v2/jobs/web" {
		t.Fatalf("created: %s", a.Body)
	}
	a = r.Do("PUT", "/v2/jobs/web", apitest.OneTask).Want(http.StatusOK)
	a.Into(&v)
	if v.Update.Outcome != "unchanged" || v.Version != 1 || len(v.Update.Changes) != 0 {
		t.Fatalf("unchanged: %s", a.Body)
	}
	body := strings.Replace(withImage("nginx:2"), `"id":"web",`, "", 1)
	plan := r.Do("PUT", "/v2/jobs/web?dry_run=true", body).Want(http.StatusOK)
	a = r.Do("PUT", "/v2/jobs/web", body, header{"If-Match": `"1.1.1"`}).Want(http.StatusOK)
	a.Into(&v)
	if v.Run != 1 || v.Version != 2 || v.Update.Outcome != "updated" || v.Spec.Tasks[0].Container.Image != "nginx:2" || v.Rollout.Status != "rolling" || v.Rollout.From != 1 {
		t.Fatalf("updated: %s", a.Body)
	}
	if c := v.Update.Changes; len(c) != 1 || c[0].Path != "tasks[web].container.image" || c[0].Old != "nginx" || c[0].New != "nginx:2" || c[0].Effect != "replaces" || c[0].Group != "web" {
		t.Fatalf("changes %+v", c)
	}
	if s := v.Update.Steps; len(s) != 1 || s[0].Action != "replace" || s[0].Tasks != 2 {
		t.Fatalf("steps %+v", s)
	}
	if etag := a.Header.Get("ETag"); etag != `"1.2.2"` {
		t.Errorf("ETag %s", etag)
	}
	for _, part := range []string{`"outcome":"updated"`, `"version":2`, `"path":"tasks[web].container.image"`, `"action":"replace"`} {
		if !strings.Contains(plan.Body, part) {
			t.Errorf("the plan has no %s: %s", part, plan.Body)
		}
	}
	a = r.Do("PUT", "/v2/jobs/web", strings.Replace(withImage("nginx:2"), `"replicas":2`, `"replicas":3,"priority":4`, 1)).Want(http.StatusOK)
	a.Into(&v)
	if v.Version != 3 || len(v.Update.Steps) != 1 || v.Update.Steps[0].Action != "start" || v.Update.Steps[0].Tasks != 1 {
		t.Fatalf("in place: %s", a.Body)
	}
	r.Do("POST", "/v2/jobs/web/stop", "").Want(http.StatusOK)
	a = r.Do("PUT", "/v2/jobs/web", withImage("nginx:3")).Want(http.StatusCreated)
	a.Into(&v)
	if v.Version != 1 || v.Run == 1 || v.Update.Outcome != "created" {
		t.Fatalf("submitted anew: %s", a.Body)
	}
}

// TestUpdateOfWhatStillEnds is told from one of what exists.
func TestUpdateOfWhatStillEnds(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(apitest.OneTask)
	r.Launch("web", run, 2)
	r.Do("POST", "/v2/jobs/web/stop", "").Want(http.StatusOK)
	a := r.Do("PUT", "/v2/jobs/web", withImage("nginx:2")).Want(http.StatusConflict)
	if got := apitest.ProblemType(t, a); got != "job-ending" {
		t.Errorf("problem %s", got)
	}
	r.End("web", run, 2)
	r.Do("PUT", "/v2/jobs/web", withImage("nginx:2")).Want(http.StatusCreated)
}

// TestARepeatedUpdateIsAnsweredAsTheFirst, also once the job has moved on.
func TestARepeatedUpdateIsAnsweredAsTheFirst(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	key := func(k string) header { return header{"Idempotency-Key": k} }
	first := r.Do("PUT", "/v2/jobs/web", apitest.OneTask, key("a")).Want(http.StatusCreated)
	second := r.Do("PUT", "/v2/jobs/web", withImage("b"), key("b")).Want(http.StatusOK)
	r.Do("PUT", "/v2/jobs/web", withImage("c")).Want(http.StatusOK)
	if again := r.Do("PUT", "/v2/jobs/web", apitest.OneTask, key("a")).Want(http.StatusCreated); again.Body != first.Body {
		t.Errorf("created\n%s and again\n%s", first.Body, again.Body)
	}
	again := r.Do("PUT", "/v2/jobs/web", withImage("b"), key("b")).Want(http.StatusOK)
	var v updated
	again.Into(&v)
	if v.Update.Outcome != "updated" || v.Update.Version != 2 || again.Header.Get("X-Taurus-Sequence") != second.Header.Get("X-Taurus-Sequence") {
		t.Errorf("updated\n%s and again\n%s", second.Body, again.Body)
	}
	for target, method := range map[string]string{"/v2/jobs/web": "PUT", "/v2/jobs": "POST"} {
		a := r.Do(method, target, withImage("d"), key("b")).Want(http.StatusUnprocessableEntity)
		if got := apitest.ProblemType(t, a); got != "idempotency-key" {
			t.Errorf("%s: problem %s", method, got)
		}
	}
	if b, err := r.Log.Bounds(t.Context()); err != nil || b.Last != 3 {
		t.Errorf("stored up to %d, %v", b.Last, err)
	}
}

func TestDryRunStoresNothing(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	a := r.Do("POST", "/v2/jobs?dry_run=1", apitest.OneTask).Want(http.StatusOK)
	for _, part := range []string{`"outcome":"created"`, `"version":1`, `"action":"start"`, `"tasks":2`} {
		if !strings.Contains(a.Body, part) {
			t.Errorf("no %s in %s", part, a.Body)
		}
	}
	r.Do("PUT", "/v2/jobs/web?dry_run=true", apitest.OneTask).Want(http.StatusOK)
	r.Do("PUT", "/v2/jobs/web?dry_run=true", apitest.OneTask, header{"If-None-Match": "*"}).Want(http.StatusOK)
	if b, err := r.Log.Bounds(t.Context()); err != nil || b.Last != 0 {
		t.Errorf("stored up to %d, %v", b.Last, err)
	}
}

// TestVersions: listed, shown, compared, tagged, reverted.
func TestVersions(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	r.Do("PUT", "/v2/jobs/web", withImage("b"), header{"X-Taurus-Actor": "ann"}).Want(http.StatusOK)
	r.Do("POST", "/v2/jobs/web/scale", `{"replicas":5}`).Want(http.StatusOK)
	r.Do("PUT", "/v2/jobs/web/versions/1/tag", `{"tag":"stable"}`).Want(http.StatusOK)

	type version struct {
		Version, Sequence uint64
		By, Tag, Scaled   string
		RevertOf          uint64 `json:"revert_of"`
		Wanted            bool
		Changes           []struct{ Path string }
		Spec              map[string]any
	}
	list := func() (all []string) {
		for _, v := range apitest.Get[struct{ Versions []version }](r, "/v2/jobs/web/versions").Versions {
			paths := []string{}
			for _, c := range v.Changes {
				paths = append(paths, c.Path)
			}
			all = append(all, fmt.Sprint(v.Version, v.Tag, v.Scaled, v.RevertOf, v.Wanted, paths, v.Spec == nil))
		}
		return all
	}
	want := []string{
		"1 stable 0 false [] true", "2 0 false [tasks[web].container.image] true", "3 web 0 true [tasks[web].replicas] true",
	}
	if got := list(); !slices.Equal(squeeze(got), squeeze(want)) {
		t.Fatalf("%q\nwant %q", got, want)
	}
	if v := apitest.Get[version](r, "/v2/jobs/web/versions/2"); v.By != "ann (through anonymous)" || v.Spec == nil || v.Sequence != 2 {
		t.Errorf("version 2 is %+v", v)
	}
	if v := apitest.Get[version](r, "/v2/jobs/web/versions/stable"); v.Version != 1 {
		t.Errorf("stable is %+v", v)
	}
	for target, want := range map[string]string{
		"": `"from":2,"to":3`, "?from=stable": `"from":1,"to":3`, "?from=2&to=1": `"from":2,"to":1`, "?to=stable": `"from":1,"to":1`,
	} {
		if a := r.Do("GET", "/v2/jobs/web/diff"+target, "").Want(http.StatusOK); !strings.Contains(a.Body, want) {
			t.Errorf("diff%s: %s", target, a.Body)
		}
	}
	var v updated
	a := r.Do("POST", "/v2/jobs/web/revert", `{"to":"stable"}`).Want(http.StatusOK)
	a.Into(&v)
	if v.Version != 4 || v.Spec.Tasks[0].Container.Image != "nginx" || v.Spec.Tasks[0].Replicas != 2 || v.Update.Outcome != "updated" || len(v.Update.Changes) != 2 {
		t.Fatalf("reverted: %s", a.Body)
	}
	r.Do("POST", "/v2/jobs/web/revert", `{"to":4}`).Want(http.StatusOK).Into(&v)
	if v.Update.Outcome != "unchanged" || v.Version != 4 {
		t.Errorf("reverted to what it is: %+v", v.Update)
	}
	r.Do("POST", "/v2/jobs/web/revert", "").Want(http.StatusOK).Into(&v)
	if v.Version != 5 || v.Spec.Tasks[0].Replicas != 5 {
		t.Errorf("without a version: %+v", v.Spec)
	}
	if got := list(); !strings.HasPrefix(squeeze(got)[4], "5 3true") && !strings.Contains(got[4], "3") {
		t.Errorf("the last is %q", got[4])
	}
	r.Do("PUT", "/v2/jobs/web/versions/stable/tag", `{"tag":""}`).Want(http.StatusOK)
	r.Do("GET", "/v2/jobs/web/versions/stable", "").Want(http.StatusNotFound)
	if then := apitest.Get[struct{ Versions []version }](r, "/v2/jobs/web/versions?at=1"); len(then.Versions) != 1 {
		t.Errorf("at 1 there were %d", len(then.Versions))
	}
}

// squeeze takes out the spaces that fmt puts between what is no string.
func squeeze(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = strings.ReplaceAll(line, " ", "")
	}
	return out
}

// TestSteering a rollout from its beginning to its end.
func TestSteering(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(apitest.OneTask)
	r.Launch("web", run, 2)
	type detail struct {
		Detail  string
		Version uint64
		Wanted  uint64
		Rollout struct {
			Status, Cause, Reason string
			Version, From         uint64
			Promoted              bool
		}
		Groups []struct{ Wanted, Updated, Up, Old uint32 }
		Past   []struct{ Status string }
	}
	if d := apitest.Get[detail](r, "/v2/jobs/web/rollout"); d.Rollout.Status != "" || !strings.Contains(d.Detail, "no rollout yet") {
		t.Fatalf("before any: %+v", d)
	}
	r.Do("PUT", "/v2/jobs/web", strings.Replace(withImage("b"), `"tasks"`, `"rollout":{"canary":1},"tasks"`, 1)).Want(http.StatusOK)
	if g := apitest.Get[detail](r, "/v2/jobs/web/rollout").Groups[0]; g.Wanted != 2 || g.Old != 2 || g.Updated != 0 {
		t.Fatalf("begun: %+v", g)
	}
	for _, c := range []struct {
		action, status, reason string
		promoted               bool
		wanted                 uint64
	}{
		{`{"action":"pause","reason":"errors"}`, "paused", "errors", false, 2},
		{`{"action":"pause"}`, "paused", "errors", false, 2}, // It is so already.
		{`{"action":"promote"}`, "paused", "errors", true, 2},
		{`{"action":"resume"}`, "rolling", "", true, 2},
		{`{"action":"cancel","reason":"enough"}`, "cancelled", "enough", true, 2},
		{`{"action":"resume"}`, "rolling", "", false, 2},
		{`{"action":"rollback"}`, "rolling", "", false, 1},
	} {
		var d detail
		r.Do("POST", "/v2/jobs/web/rollout", c.action).Want(http.StatusOK).Into(&d)
		if d.Rollout.Status != c.status || d.Rollout.Reason != c.reason || d.Rollout.Promoted != c.promoted || d.Wanted != c.wanted || d.Version != 2 {
			t.Fatalf("%s: %+v", c.action, d)
		}
	}
	d := apitest.Get[detail](r, "/v2/jobs/web/rollout")
	if len(d.Past) != 2 || d.Past[0].Status != "cancelled" || d.Past[1].Status != "rolled_back" || d.Rollout.Cause != "rollback" {
		t.Fatalf("back: %+v", d)
	}
	if job := apitest.Get[updated](r, "/v2/jobs/web"); job.Spec.Tasks[0].Container.Image != "nginx" || job.Rollout.Cause != "rollback" {
		t.Errorf("the job is %+v", job)
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(apitest.OneTask)
	r.Launch("web", run, 2)
	var v updated
	r.Do("POST", "/v2/jobs/web/restart", `{"slots":[1],"reason":"leaks"}`).Want(http.StatusOK).Into(&v)
	if v.Version != 1 || v.Rollout.Cause != "restart" || v.Rollout.Status != "rolling" {
		t.Fatalf("restarted: %+v", v)
	}
	groups := apitest.Get[struct {
		Groups []struct{ Old, Updated uint32 }
	}](r, "/v2/jobs/web/rollout").Groups
	if groups[0].Old != 1 || groups[0].Updated != 1 {
		t.Errorf("to be replaced: %+v", groups)
	}
	batch := strings.Replace(strings.Replace(apitest.OneTask, "web", "work", 1), `"tasks"`, `"kind":"batch","tasks"`, 1)
	r.Create(batch)
	a := r.Do("POST", "/v2/jobs/work/restart", "").Want(http.StatusConflict)
	if got := apitest.ProblemType(t, a); got != "not-a-service" {
		t.Errorf("problem %s", got)
	}
}

// TestPlanForesees what would happen on the agents as they offered last, and says nothing of
// it where none has.
func TestPlanForesees(t *testing.T) {
	t.Parallel()
	type plan struct {
		updated
		Outcome  string
		Foreseen *foreseen
	}
	ask := func(r *apitest.Rig, body string) (p plan) {
		t.Helper()
		r.Do("PUT", "/v2/jobs/web?dry_run=true", body).Want(http.StatusOK).Into(&p)
		return p
	}
	if p := ask(apitest.New(t), apitest.OneTask); p.Outcome != "created" || p.Foreseen != nil {
		t.Errorf("without agents: %+v", p.Foreseen)
	}
	r := apitest.New(t, func(o *api.Options) { o.Why = offering(t, "a") })
	large := strings.Replace(apitest.OneTask, `"replicas":2`, `"replicas":3`, 1)
	for p := ask(r, large); ; p = ask(r, large) { // Until what the agents offered is read.
		if p.Foreseen == nil {
			time.Sleep(time.Millisecond)
			continue
		}
		if g := p.Foreseen.Groups; len(g) != 1 || g[0].After != 2 || g[0].Waiting != 1 || !strings.Contains(g[0].Reason, "cpus") {
			t.Errorf("more than there is room for: %+v", p.Foreseen)
		}
		break
	}
	run := r.Create(apitest.OneTask)
	r.Launch("web", run, 2)
	if p := ask(r, apitest.OneTask); p.Outcome != "unchanged" || p.Foreseen == nil || len(p.Foreseen.Steps) != 0 {
		t.Errorf("nothing to change: %+v", p.Foreseen)
	}
	if b, err := r.Log.Bounds(t.Context()); err != nil || r.Do("GET", "/v2/jobs/web", "").Header.Get("X-Taurus-Sequence") != fmt.Sprint(b.Last) {
		t.Errorf("stored up to %d, %v", b.Last, err)
	}
}

// TestPlanRefusesACircle: a dry run refuses what would be refused, also what it takes other
// jobs to see.
func TestPlanRefusesACircle(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	after := func(id, other string) string {
		return strings.Replace(strings.Replace(apitest.OneTask, "web", id, 1), `"tasks"`, `"after":["`+other+`"],"tasks"`, 1)
	}
	r.Create(after("a", "b"))
	for _, target := range []string{"/v2/jobs/b", "/v2/jobs/b?dry_run=true"} {
		if a := r.Do("PUT", target, after("b", "a")).Want(http.StatusUnprocessableEntity); !strings.Contains(a.Body, "b after a after b") {
			t.Errorf("%s: %s", target, a.Body)
		}
	}
	r.Do("POST", "/v2/whatif", `{"run":`+after("b", "a")+`}`).Want(http.StatusUnprocessableEntity)
}
