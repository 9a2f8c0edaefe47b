package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/authn"
	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// setRole has a role give rights on jobs.
func setRole(r *apitest.Rig, name string, jobs string, rights ...access.Right) {
	words := make([]string, len(rights))
	for i, right := range rights {
		words[i] = string(right)
	}
	r.Append(events.AccessSubject, events.RoleSet{Name: name, Grants: []events.Grant{{Rights: words, Jobs: []string{jobs}}}})
}

// ending is what ends a feed, and how it says so.
type ending struct {
	does   func(*apitest.Rig, authn.Token)
	status int
	says   string
}

func endings() map[string]ending {
	return map[string]ending{
		"revoked": {func(r *apitest.Rig, who authn.Token) {
			r.Append(events.AccessSubject, events.TokenRevoked{ID: who.ID})
		}, http.StatusUnauthorized, "The token was revoked"},
		"role changed": {func(r *apitest.Rig, _ authn.Token) { setRole(r, "team", "shop/*", access.Logs) }, http.StatusForbidden, `"right":"read"`},
		"role removed": {func(r *apitest.Rig, _ authn.Token) {
			r.Append(events.AccessSubject, events.RoleRemoved{Name: "team"})
		}, http.StatusForbidden, `"right":"read"`},
	}
}

// TestFeedsEndWithWhatTheyWereOpenedBy: a revocation, and a role that gives no more what it
// takes, end those that are open, and what comes after is not sent.
func TestFeedsEndWithWhatTheyWereOpenedBy(t *testing.T) {
	t.Parallel()
	for name, e := range endings() {
		for _, target := range []string{"/v2/events", "/v2/jobs/shop%2Fweb/events"} {
			t.Run(name+" "+target, func(t *testing.T) {
				t.Parallel()
				r := apitest.New(t)
				r.Create(strings.Replace(apitest.OneTask, "web", "shop/web", 1))
				setRole(r, "team", "shop/*", access.Read, access.History)
				who := token(t, r, "ann", time.Time{}, "team")
				other := token(t, r, "bob", time.Time{}, "reader")
				accept := apitest.Headers{"Accept": "text/event-stream"}
				feed, stays := r.Feed(target, bearer(who.Text()), accept), r.Feed(target, bearer(other.Text()), accept)
				r.Touch("shop/web", 1)
				for ev := feed.Must(); ev.Kind != "taurus.plan.tasks_planned.v1"; ev = feed.Must() {
					continue
				}
				e.does(r, who)
				r.Touch("shop/web", 3)
				ev := feed.Must()
				if ev.Kind != "problem" {
					t.Fatalf("after it came %+v", ev)
				}
				var p struct{ Status int }
				apitest.Unmarshal(t, ev.Data, &p)
				status, says := e.status, e.says
				if strings.Contains(target, "jobs") && status == http.StatusForbidden {
					status, says = http.StatusNotFound, "There is no such job"
				}
				if p.Status != status || !strings.Contains(ev.Data, says) {
					t.Errorf("it ended with %s", ev.Data)
				}
				if ev, more := feed.Next(); more {
					t.Errorf("after its end came %+v", ev)
				}
				// Who comes back is told the same.
				r.Do(http.MethodGet, target, "", bearer(who.Text()), accept).Want(status)
				// The others go on.
				for n := 0; n < 4; {
					if stays.Must().Kind == "taurus.plan.tasks_planned.v1" {
						n++
					}
				}
			})
		}
	}
}

// TestFeedsOfLess go on with what is left.
func TestFeedsOfLess(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	for _, id := range []string{"shop/web", "shop/db"} {
		r.Create(strings.Replace(apitest.OneTask, "web", id, 1))
	}
	setRole(r, "team", "shop/*", access.Read)
	feed := r.Feed("/v2/events", bearer(token(t, r, "ann", time.Time{}, "team").Text()))
	r.Touch("shop/web", 1)
	r.Touch("shop/db", 1)
	for _, want := range []string{"shop/web", "shop/db"} {
		if ev := feed.Must(); !strings.Contains(ev.Data, `"job":"`+want+`"`) {
			t.Fatalf("%+v", ev)
		}
	}
	setRole(r, "team", "shop/db", access.Read)
	r.Touch("shop/web", 2)
	r.Touch("shop/db", 1)
	if ev := feed.Must(); !strings.Contains(ev.Data, `"job":"shop/db"`) {
		t.Errorf("%+v", ev)
	}
	setRole(r, "team", "*", access.Read)
	r.Touch("other/x", 1)
	if ev := feed.Must(); !strings.Contains(ev.Data, `"role_set`) && !strings.Contains(ev.Data, `"job":"other/x"`) {
		t.Errorf("%+v", ev)
	}
}

// TestASlowClientsFeedEnds, too: what is on its way to it is cut off.
func TestASlowClientsFeedEnds(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	who := token(t, r, "ann", time.Time{}, access.RoleReader)
	feed := r.Feed("/v2/events?from=1", bearer(who.Text()))
	feed.Must()
	r.Append(events.AccessSubject, events.TokenRevoked{ID: who.ID})
	for {
		if _, more := feed.Next(); !more {
			break
		}
	}
	select {
	case <-feed.Gone:
		t.Error("it went on until the client gave up")
	default:
	}
}
