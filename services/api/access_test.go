package api_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
	"github.com/milosgajdos/taurus/services/api/web"
)

const (
	theirs = "other/x" // The job that is asked about.
	absent = "other/y" // One of the same prefix that is not there.
)

// operation is one of the OpenAPI document: what it says that a request needs.
type operation struct {
	method, path string
	open         bool
	right, or    access.Right
	on           string
	back         bool // It can look back: ?at=.
}

// needs are the rights of a request to the operation.
func (o operation) needs(back bool) (rights []access.Right) {
	if o.open {
		return nil
	}
	rights = []access.Right{o.right}
	if o.right == access.History {
		rights = append(rights, access.Read)
	} else if back {
		rights = append(rights, access.History)
	}
	return rights
}

// operations are all that the document has.
func operations(t *testing.T, doc apitest.Object) (list []operation) {
	t.Helper()
	paths, _ := doc["paths"].(apitest.Object)
	for path, item := range paths {
		item := item.(apitest.Object)
		for _, m := range methods(item) {
			o := operation{method: strings.ToUpper(m), path: path}
			described, _ := item[m].(apitest.Object)
			says, _ := described["x-taurus-access"].(apitest.Object)
			o.open, _ = says["open"].(bool)
			right, _ := says["right"].(string)
			or, _ := says["else"].(string)
			o.right, o.or = access.Right(right), access.Right(or)
			o.on, _ = says["on"].(string)
			if !o.open && (!o.right.Known() || !slices.Contains([]string{"job", "any", "sent", "cluster"}, o.on)) {
				t.Errorf("%s %s does not say in x-taurus-access who may: %v", o.method, path, says)
			}
			if _, none := described["security"].([]any); none != o.open {
				t.Errorf("%s %s: security and x-taurus-access say different things", o.method, path)
			}
			parameters, _ := described["parameters"].([]any)
			for _, p := range parameters {
				o.back = o.back || p.(apitest.Object)["$ref"] == "#/components/parameters/at"
			}
			list = append(list, o)
		}
	}
	return list
}

// target is a request's, about a job.
func (o operation) target(job string) string {
	fill := map[string]string{
		"id": url.PathEscape(job), "path": job, "slot": "0", "file": "stdout", "version": "1", "host": "host1", "name": "shop",
	}
	return regexp.MustCompile(`\{(\w+)\}`).ReplaceAllStringFunc(o.path, func(p string) string {
		if word, ok := fill[strings.Trim(p, "{}")]; ok {
			return word
		}
		return p
	})
}

// body is one that the operation takes, about a job.
func (o operation) body(job string) string {
	spec := `"tasks":[{"role":"web","container":{"image":"nginx:2","command":"x"},"replicas":2}]}`
	switch {
	case o.on == "sent" && strings.HasPrefix(o.path, "/v2"):
		return fmt.Sprintf(`{"id":%q,`, job) + spec
	case o.on == "sent":
		return fmt.Sprintf(`{"id":%q,"tasks":[{"id":"t","cpu":1,"memory":1,"replicas":1,"container":{"image":"nginx"}}]}`, job)
	case o.method == http.MethodPut && strings.HasSuffix(o.path, "{id}"):
		return "{" + spec
	case o.path == "/v2/whatif":
		return fmt.Sprintf(`{"scale":{"job":%q,"group":"web","replicas":1}}`, job)
	case o.method == http.MethodPost, o.method == http.MethodPut:
		return "{}"
	}
	return ""
}

// asking is who a test asks as.
type asking struct {
	principal access.Principal
	grants    access.Grants
}

func signedIn(name string, grants ...access.Grant) asking {
	return asking{access.Principal{Name: name, By: access.BearerToken, TokenID: "0", Roles: []string{name}}, grants}
}

// anonymous may do nothing.
func anonymous() asking {
	return asking{principal: access.Principal{Name: "anonymous", By: access.Anonymous}}
}

// all are all rights but some, on every job.
func allBut(missing ...access.Right) asking {
	rights := slices.DeleteFunc(access.Rights(), func(r access.Right) bool { return slices.Contains(missing, r) })
	return signedIn("nearly", access.Grant{Rights: rights, Jobs: []string{access.All}})
}

// anybody may do everything.
func anybody() asking { return allBut() }

// asked is a rig of which each request is somebody's, and the log of it has a job that
// runs.
type asked struct {
	*apitest.Rig
	t  *testing.T
	by *whoever
}

// whoever is who asks next, and what all those may do who have asked.
type whoever struct {
	mu     sync.Mutex
	next   asking
	grants map[string]access.Grants // By the name of who it is.
}

// are has the next requests be somebody's.
func (w *whoever) are(by asking) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next, w.grants[by.principal.Name] = by, by.grants
}

func newAsked(t *testing.T) *asked {
	t.Helper()
	a := &asked{t: t, by: &whoever{grants: map[string]access.Grants{}}}
	a.by.are(anybody())
	a.Rig = apitest.New(t, func(o *api.Options) {
		api.As(o, a)
	})
	return a
}

// Who implements web.Access.
func (a *asked) Who(*http.Request) (access.Principal, error) {
	a.by.mu.Lock()
	defer a.by.mu.Unlock()
	return a.by.next.principal, nil
}

// Standing implements web.Access.
func (a *asked) Standing(p access.Principal) (web.Standing, error) {
	a.by.mu.Lock()
	defer a.by.mu.Unlock()
	return web.Standing{Grants: a.by.grants[p.Name]}, nil
}

// submit has a job run.
func (a *asked) submit(job string) {
	a.t.Helper()
	a.by.are(anybody())
	run := a.Create(fmt.Sprintf(`{"id":%q,"tasks":[{"role":"web","container":{"image":"nginx"},"replicas":2}]}`, job))
	a.Launch(job, run, 1)
}

// as sends a request by somebody; a feed is ended as soon as it has begun.
func (a *asked) as(by asking, method, target, body string) apitest.Answer {
	a.t.Helper()
	a.by.are(by)
	ctx, cancel := context.WithCancel(a.t.Context())
	defer cancel()
	req := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	req.Header.Set("X-Request-Id", "one")
	w := &endingFeeds{ResponseRecorder: httptest.NewRecorder(), end: cancel}
	a.API.Handler().ServeHTTP(w, req)
	answer := apitest.Read(a.t, w.ResponseRecorder)
	a.Conforms(method, target, answer)
	return answer
}

// endingFeeds is a client that goes once a feed has begun.
type endingFeeds struct {
	*httptest.ResponseRecorder
	end func()
}

func (e *endingFeeds) Flush() {
	if strings.HasPrefix(e.Header().Get("Content-Type"), "text/event-stream") {
		e.end()
	}
}

// asAnybody is the rig, asked by who may do everything.
func (a asked) asAnybody() *apitest.Rig {
	a.by.are(anybody())
	return a.Rig
}

// missing is the right that a refusal names.
func missing(a apitest.Answer) (right, job string) {
	var p struct{ Right, Job string }
	a.Into(&p)
	return p.Right, p.Job
}

func refused(a apitest.Answer) bool {
	return a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden
}

// TestEveryRouteAsksWhoAndWhether, of every dialect: as the document says, by which a new
// route is held to this by being there.
func TestEveryRouteAsksWhoAndWhether(t *testing.T) {
	t.Parallel()
	a := newAsked(t)
	a.submit(theirs)
	for _, o := range operations(t, a.Document()) {
		a := *a
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			a := asked{Rig: a.In(t), t: t, by: a.by}
			a.refuses(o)
		})
	}
	// HEAD is another name of GET.
	for _, route := range a.API.Handler().(*echo.Echo).Routes() {
		if route.Method != http.MethodHead || slices.Contains([]string{"/", "/v2/version", "/v2/whoami", "/v2/openapi.json"}, route.Path) {
			continue
		}
		target := strings.NewReplacer(":id", url.PathEscape(theirs), ":slot", "0", ":file", "stdout", ":version", "1").Replace(route.Path)
		a.as(anonymous(), http.MethodHead, target, "").Want(http.StatusUnauthorized)
	}
}

// refusal is the status for who may nothing on the job. One that must be there is not for
// them; one that the request may make is refused, which tells nothing either.
func (o operation) refusal() int {
	if o.on == "job" && o.or == "" {
		return http.StatusNotFound
	}
	return http.StatusForbidden
}

// refuses checks who an operation is not for.
func (a asked) refuses(o operation) {
	target, body := o.target(theirs), o.body(theirs)
	nobody := a.as(anonymous(), o.method, target, body)
	if o.open {
		if o.method == http.MethodGet {
			nobody.Want(http.StatusOK)
		}
		if refused(nobody) {
			a.t.Errorf("open to anybody, and refused: %d %s", nobody.Status, nobody.Body)
		}
		return
	}
	nobody.Want(http.StatusUnauthorized)
	if right, _ := missing(nobody); right != string(cmp.Or(o.or, o.right)) && !slices.Contains(o.needs(false), access.Right(right)) {
		a.t.Errorf("the 401 says %q is missing; it takes %q", right, o.right)
	}
	a.as(signedIn("none"), o.method, target, body).Want(o.refusal())
	for _, back := range []bool{false, true} {
		if back && !o.back {
			continue
		}
		at := target
		if back {
			at += "?at=1"
		}
		for _, right := range o.needs(back) {
			by := allBut(right)
			if right == o.right && o.or != "" {
				by = allBut(right, o.or, access.Read)
				unseen := a.as(by, o.method, at, body).Want(http.StatusForbidden)
				if named, job := missing(unseen); named != string(o.or) || job != theirs {
					a.t.Errorf("%s without any: the right %q is said to be missing on %q", at, named, job)
				}
				by = allBut(right, o.or)
			}
			answer := a.as(by, o.method, at, body).Want(http.StatusForbidden)
			if named, job := missing(answer); named != string(right) || o.on == "job" && job != theirs {
				a.t.Errorf("%s without %q: the right %q is said to be missing on %q", at, right, named, job)
			}
		}
	}
	reader := signedIn("reader", access.BuiltIn()[access.RoleReader]...)
	reads := slices.Contains(access.BuiltIn()[access.RoleReader][0].Rights, o.right)
	if answer := a.as(reader, o.method, target, body); refused(answer) == reads {
		a.t.Errorf("a reader, by the right %q: %d %s", o.right, answer.Status, answer.Body)
	}
	a.hides(o)
}

// hides checks that an operator of another prefix learns nothing of a job: its routes
// answer as those of one that is not there, byte for byte.
func (a asked) hides(o operation) {
	shop := signedIn("shop", access.Grant{Rights: access.Rights(), Jobs: []string{"shop/*"}})
	answer := a.as(shop, o.method, o.target(theirs), o.body(theirs))
	if o.on == "any" {
		if strings.Contains(answer.Body, "other") {
			a.t.Errorf("who may nothing there is told of %s: %s", theirs, answer.Body)
		}
		if v := apitest.Get[apitest.Job](a.asAnybody(), "/v2/jobs/"+url.PathEscape(theirs)); v.State != "pending" {
			a.t.Errorf("%s is %s", theirs, v.State)
		}
		return
	}
	switch o.on {
	case "job":
		answer.Want(o.refusal())
		about := func(job string) string {
			none := a.as(shop, o.method, o.target(job), o.body(job)).Want(o.refusal())
			return strings.NewReplacer(url.PathEscape(job), url.PathEscape(theirs), job, theirs).Replace(none.Body)
		}
		if want := about(absent); answer.Body != want {
			a.t.Errorf("a job that is there answers %s, one that is not %s", answer.Body, want)
		}
		if o.method != http.MethodGet || strings.HasSuffix(o.path, "{file}") {
			return // Of mine it would come to be there, or something else is said first.
		}
		if want := about("shop/y"); answer.Body != want {
			a.t.Errorf("one of theirs answers %s, one of mine that is not there %s", answer.Body, want)
		}
	case "sent", "cluster":
		answer.Want(http.StatusForbidden)
	}
}

// TestTheRightOpensTheRoute, alone, and on the jobs that it is given for.
func TestTheRightOpensTheRoute(t *testing.T) {
	t.Parallel()
	for _, o := range operations(t, apitest.New(t).Document()) {
		if o.open {
			continue
		}
		t.Run(o.method+" "+o.path, func(t *testing.T) {
			t.Parallel()
			for _, right := range []access.Right{o.right, o.or} {
				if right == "" {
					continue
				}
				a, job := newAsked(t), theirs
				a.submit(theirs)
				if right == access.Submit {
					job = absent
				}
				o.right = right
				only := access.Grant{Rights: o.needs(false), Jobs: []string{"other/*"}}
				if o.on == "cluster" {
					only.Jobs = []string{access.All}
				}
				answer := a.as(signedIn("only", only), o.method, o.target(job), o.body(job))
				if refused(answer) || answer.Status == http.StatusNotFound && apitest.ProblemType(t, answer) == "job-not-found" {
					t.Errorf("with %q alone: %d %s", right, answer.Status, answer.Body)
				}
			}
		})
	}
}

// TestWhatAPutComesTo decides which right it takes.
func TestWhatAPutComesTo(t *testing.T) {
	t.Parallel()
	a := newAsked(t)
	a.submit(theirs)
	put := operation{method: http.MethodPut, path: "/v2/jobs/{id}"}
	for _, dry := range []string{"?dry_run=true", ""} {
		for _, row := range []struct {
			has     access.Right
			job     string
			missing access.Right
		}{
			{access.Submit, theirs, access.Update},
			{access.Update, absent, access.Submit},
			{access.Update, theirs, ""},
			{access.Submit, absent, ""},
		} {
			by := signedIn("half", access.Grant{Rights: []access.Right{row.has}, Jobs: []string{access.All}})
			answer := a.as(by, put.method, put.target(row.job)+dry, put.body(row.job))
			if row.missing == "" {
				if answer.Status >= 300 {
					t.Errorf("%s of %s%s: %d %s", row.has, row.job, dry, answer.Status, answer.Body)
				}
				continue
			}
			answer.Want(http.StatusForbidden)
			if right, job := missing(answer); right != string(row.missing) || job != row.job {
				t.Errorf("%s of %s%s: %q is said to be missing on %q", row.has, row.job, dry, right, job)
			}
		}
	}
	// Under the key of another's request one is told no more than one may do.
	for _, row := range []struct {
		job, body    string
		has, missing access.Right
	}{
		{"other/k", put.body("other/k"), access.Update, access.Submit},
		{theirs, strings.Replace(put.body(theirs), "nginx:2", "nginx:3", 1), access.Submit, access.Update},
	} {
		key := apitest.Headers{"Idempotency-Key": "key of " + row.job}
		a.by.are(anybody())
		if answer := a.Do(put.method, put.target(row.job), row.body, key); answer.Status >= 300 {
			t.Fatalf("%s: %d %s", row.job, answer.Status, answer.Body)
		}
		a.by.are(signedIn("half", access.Grant{Rights: []access.Right{row.has}, Jobs: []string{access.All}}))
		if right, _ := missing(a.Do(put.method, put.target(row.job), row.body, key).Want(http.StatusForbidden)); right != string(row.missing) {
			t.Errorf("%s: the right %q is said to be missing", row.job, right)
		}
	}
	// With If-None-Match: * it only ever submits.
	a.by.are(signedIn("updates", access.Grant{Rights: []access.Right{access.Update}, Jobs: []string{access.All}}))
	answer := a.Do(put.method, put.target("other/z"), put.body("other/z"), apitest.Headers{"If-None-Match": "*"}).Want(http.StatusForbidden)
	if right, _ := missing(answer); right != "submit" {
		t.Errorf("the right %q is said to be missing", right)
	}
}

// TestScalingDownByKillTakesTwoRights: who may stop tasks may not have fewer of them.
func TestScalingDownByKillTakesTwoRights(t *testing.T) {
	t.Parallel()
	a := newAsked(t)
	a.submit(theirs)
	target := "/v2/jobs/" + url.PathEscape(theirs) + "/kill"
	stops := signedIn("stops", access.Grant{Rights: []access.Right{access.Stop}, Jobs: []string{access.All}})
	answer := a.as(stops, http.MethodPost, target, `{"slots":[0],"scale_down":true}`).Want(http.StatusForbidden)
	if right, job := missing(answer); right != "scale" || job != theirs {
		t.Errorf("the right %q is said to be missing on %q", right, job)
	}
	a.as(stops, http.MethodPost, target, `{"slots":[0]}`).Want(http.StatusOK)
	a.as(allBut(), http.MethodPost, target, `{"slots":[0],"scale_down":true}`).Want(http.StatusOK)
}

// TestAFeedOfThePastTakesHistory, however it is asked for.
func TestAFeedOfThePastTakesHistory(t *testing.T) {
	t.Parallel()
	a := newAsked(t)
	a.submit(theirs)
	for _, headers := range []apitest.Headers{nil, {"Last-Event-ID": "0"}} {
		target := "/v2/events"
		if headers == nil {
			target += "?from=1"
		}
		a.by.are(allBut(access.History))
		answer := a.Do(http.MethodGet, target, "", headers).Want(http.StatusForbidden)
		if right, _ := missing(answer); right != "history" {
			t.Errorf("the right %q is said to be missing", right)
		}
	}
	a.as(allBut(access.History), http.MethodGet, "/v2/events", "").Want(http.StatusOK)
	a.as(allBut(), http.MethodGet, "/v2/events?from=1", "").Want(http.StatusOK)
}
