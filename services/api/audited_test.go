package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/internal/core/auditing"
	"github.com/milosgajdos/taurus/internal/testwait"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
	"github.com/milosgajdos/taurus/services/api/audit"
)

func auditor() asking {
	return signedIn("auditor", access.Grant{Rights: []access.Right{access.Audit, access.History}, Jobs: []string{access.All}})
}

// audited are the records that a query chooses, the newest first, once one tells of a
// request by its principal.
func (a *asked) audited(query, principal string) (page auditing.Page) {
	a.t.Helper()
	testwait.Until(a.t, "there is a record of "+principal, func() bool {
		page = auditing.Page{}
		a.as(auditor(), http.MethodGet, "/v2/audit?limit=1000&"+query, "").Want(http.StatusOK).Into(&page)
		return slices.ContainsFunc(page.Records, func(e auditing.Entry) bool { return e.Principal == principal })
	})
	return page
}

// TestEveryRouteIsAudited: what is refused of it, and what it does, as the document says;
// by which a new route is held to this by being there.
func TestEveryRouteIsAudited(t *testing.T) {
	t.Parallel()
	a := newAsked(t)
	a.submit(theirs)
	var want []string
	for i, o := range operations(t, a.Document()) {
		if o.open {
			continue
		}
		nobody := signedIn(fmt.Sprintf("nobody%d", i))
		status := a.as(nobody, o.method, o.target(theirs), o.body(theirs)).Status
		want = append(want, fmt.Sprintf("nobody%d %s refused %d", i, o.method, status))
	}
	a.as(signedIn("last"), http.MethodGet, "/v2/audit", "").Want(http.StatusForbidden)
	var got []string
	for _, e := range a.audited("outcome=refused", "last").Records {
		if e.Route == "" || e.Right == "" || e.Reason == "" || e.By != "token" || e.Credential != "0" || e.RequestID == "" {
			t.Errorf("a record does not say all: %+v", e)
		}
		got = append(got, fmt.Sprintf("%s %s %s %d", e.Principal, e.Method, e.Outcome, e.Status))
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("there is no record of %s", w)
		}
	}
}

func TestAuditOfWhatIsDone(t *testing.T) {
	t.Parallel()
	a := newAsked(t)
	a.submit("shop/web")
	ann := func() asking {
		return signedIn("ann", access.Grant{Rights: access.Rights(), Jobs: []string{access.All}})
	}
	scaled := a.as(ann(), http.MethodPost, "/v2/jobs/shop%2Fweb/scale", `{"replicas":3}`).Want(http.StatusOK)
	a.as(ann(), http.MethodGet, "/v2/jobs/shop%2Fweb", "").Want(http.StatusOK)
	a.as(ann(), http.MethodPut, "/v2/jobs/shop%2Fweb?dry_run=true", `{"tasks":[{"role":"web","container":{"image":"x"}}]}`).Want(http.StatusOK)
	a.as(ann(), http.MethodPut, "/v2/jobs/shop%2Fweb?dry_run=1", `{"tasks":[{"role":"web","container":{"image":"x"}}]}`).Want(http.StatusOK)
	// Where nothing is ever tried, to ask for it hides nothing.
	a.as(ann(), http.MethodPost, "/v2/jobs/none/scale?dry_run=true", `{"replicas":3}`).Want(http.StatusNotFound)
	a.as(ann(), http.MethodDelete, "/job/shop/web?dry_run=true", "").Want(http.StatusOK)
	var got []string
	page := a.audited("actor=ann", "ann")
	testwait.Until(t, "the last is recorded", func() bool {
		page = a.audited("actor=ann", "ann")
		return page.Records[0].Route == "/job/:id" || page.Records[0].Method == http.MethodDelete
	})
	for _, e := range page.Records {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %d", e.Method, e.Route, e.Job, e.Right, e.Outcome, e.Status))
	}
	slices.Reverse(got)
	want := []string{
		"POST /v2/jobs/:id/scale shop/web scale done 200",
		"POST /v2/jobs/:id/scale none scale failed 404",
		"DELETE /job/* shop/web stop done 200",
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if first := page.Records[len(page.Records)-1]; fmt.Sprint(first.LogSequence) != scaled.Header.Get("X-Taurus-Sequence") || first.Address == "" {
		t.Errorf("of what was done is told %+v", first)
	}
}

// TestAuditAsOf a moment tells of no answer after it.
func TestAuditAsOf(t *testing.T) {
	t.Parallel()
	a := newAsked(t)
	a.submit("one")
	before := a.as(anybody(), http.MethodPost, "/v2/jobs/one/scale", `{"replicas":3}`).Want(http.StatusOK).Header.Get("X-Taurus-Sequence")
	time.Sleep(2 * time.Millisecond) // Times have that much between them.
	a.submit("two")
	a.as(signedIn("last"), http.MethodGet, "/v2/audit", "").Want(http.StatusForbidden)
	a.audited("", "last")
	var page auditing.Page
	a.as(auditor(), http.MethodGet, "/v2/audit?job=*&at="+before, "").Want(http.StatusOK).Into(&page)
	for _, e := range page.Records {
		if e.Job == "two" {
			t.Errorf("at %s is told of %+v", before, e)
		}
	}
	a.as(auditor(), http.MethodGet, "/v2/audit?at=999999", "").Want(http.StatusBadRequest)
	for _, query := range []string{"at=x", "since=x", "until=x", "outcome=x", "limit=0", "limit=1001", "before=x"} {
		if answer := a.as(auditor(), http.MethodGet, "/v2/audit?"+query, "").Want(http.StatusBadRequest); !strings.Contains(answer.Body, `"faults"`) {
			t.Errorf("%s: %s", query, answer.Body)
		}
	}
}

func TestNoAudit(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) {
		o.Audit = func(context.Context) (eventlog.Log, error) { return nil, eventlog.ErrNoLog }
	})
	if answer := r.Do("GET", "/v2/audit", "").Want(http.StatusServiceUnavailable); !strings.Contains(answer.Body, "taurus log create") {
		t.Error(answer.Body)
	}
	r.Do("POST", "/v2/jobs", apitest.OneTask).Want(http.StatusCreated)
	testwait.Until(t, "it is said", func() bool {
		for _, c := range r.API.Checks() {
			if c.Name == audit.CheckAudit && strings.Contains(c.Detail, "`taurus log create` makes it") {
				return true
			}
		}
		return false
	})
}

// TestAuditOnJetStream: the oldest of what comes in numbers go, and nothing else; pages
// go on over the holes.
func TestAuditOnJetStream(t *testing.T) {
	t.Parallel()
	o := jetstream.Options{
		URL: natstest.Start(t).URL(), Stream: "TAURUS_AUDIT", Kind: jetstream.Bounded, Subjects: []string{events.AuditPrefix + ".>"}, MaxPerSubject: 50,
	}
	if err := jetstream.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	a := audit.New(audit.Options{
		Open:   func(ctx context.Context) (eventlog.Log, error) { return jetstream.Open(ctx, o) },
		Source: "taurus/api/test", Now: time.Now,
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.Run(ctx)
	}()
	defer func() {
		cancel()
		<-ended
	}()
	take := func(job string, denied bool) {
		a.Take(auditing.Answer{
			At: time.Now(), Principal: access.Principal{Name: job, By: access.Certificate}, Method: "POST", Route: "/v2/jobs", Right: access.Submit, Job: job,
			Denied: denied, Status: 201,
		})
	}
	take("first", false)
	for i := range 500 {
		take(fmt.Sprintf("flood/%d", i), true)
	}
	take("last", false)
	all := func() (jobs []string) {
		for before := uint64(0); ; {
			page, err := a.Page(t.Context(), auditing.Filter{}, before, 7)
			if err != nil {
				return nil
			}
			for _, e := range page.Records {
				jobs = append(jobs, e.Job)
			}
			if before = page.Next; before == 0 {
				return jobs
			}
		}
	}
	testwait.Until(t, "all is recorded", func() bool {
		jobs := all()
		return len(jobs) == 52 && jobs[0] == "last" && jobs[51] == "first" && jobs[1] == "flood/499" && jobs[50] == "flood/450"
	})
	page, err := a.Page(t.Context(), auditing.Filter{Since: time.Now().Add(-time.Hour), Until: time.Now()}, 0, 1000)
	if err != nil || len(page.Records) != 52 {
		t.Errorf("%d records, %v", len(page.Records), err)
	}
	if page, err = a.Page(t.Context(), auditing.Filter{Until: time.Now().Add(-2 * time.Hour)}, 0, 1000); err != nil || len(page.Records) != 0 {
		t.Errorf("%d records of before, %v", len(page.Records), err)
	}
}
