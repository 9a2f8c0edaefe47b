package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/milosgajdos/taurus/internal/core/access"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// shop may do everything with the jobs of one prefix.
func shop() asking {
	return signedIn("shop", access.Grant{Rights: access.Rights(), Jobs: []string{"shop/*"}})
}

// newNeighbours is a rig with two teams' jobs, some of which name each other.
func newNeighbours(t *testing.T) *asked {
	t.Helper()
	a := newAsked(t)
	a.submit("shop/web")
	a.submit(theirs)
	a.by.are(anybody())
	const spec = `,"tasks":[{"role":"web","container":{"image":"nginx"},"replicas":2}]}`
	a.Create(`{"id":"shop/after","after":["` + theirs + `"]` + spec)
	a.Create(`{"id":"other/after","after":["shop/web"]` + spec)
	return a
}

// TestListsAndCountsAreOfWhatOneMayRead, on any page of them.
func TestListsAndCountsAreOfWhatOneMayRead(t *testing.T) {
	t.Parallel()
	a := newNeighbours(t)
	for _, subject := range []string{a.Space.Job("shop/web"), a.Space.Job(theirs)} {
		if _, err := a.Log.Append(t.Context(), eventlog.Fact(events.Message{Subject: subject, Data: []byte("nonsense")})); err != nil {
			t.Fatal(err)
		}
	}
	a.Append(events.AgentsSubject, events.AgentDrained{Hostname: "host1"})
	a.as(anybody(), http.MethodPost, "/v2/jobs/shop%2Fweb/kill", `{"slots":[0]}`).Want(http.StatusOK)
	a.by.are(shop())
	var ids []string
	for next := "/v2/jobs?limit=1"; next != ""; {
		page := apitest.Get[struct {
			Jobs []apitest.Job
			Next string
		}](a.Rig, next)
		for _, j := range page.Jobs {
			ids = append(ids, j.ID)
		}
		if next = ""; page.Next != "" {
			next = "/v2/jobs?limit=1&cursor=" + page.Next
		}
	}
	if !slices.Equal(ids, []string{"shop/after", "shop/web"}) {
		t.Errorf("the list has %v", ids)
	}
	for _, at := range []string{"", "?at=999"} {
		if at != "" {
			at = "?at=" + a.Do(http.MethodGet, "/v2/jobs", "").Header.Get("X-Taurus-Sequence")
		}
		all := apitest.Get[struct {
			Jobs, Tasks map[string]int
			Rejected    int
			Rejections  []struct{ Subject string }
		}](a.Rig, "/v2/cluster"+at)
		if all.Jobs["pending"] != 2 || len(all.Jobs) != 1 || all.Tasks["RUNNING"] != 1 ||
			all.Rejected != 1 || len(all.Rejections) != 1 || !strings.HasSuffix(all.Rejections[0].Subject, "shop=2Fweb") {
			t.Errorf("%s: counted %+v", at, all)
		}
	}
	agents := apitest.Get[struct {
		Agents []struct {
			State       string
			Tasks, Jobs int
		}
	}](a.Rig, "/v2/agents").Agents
	if len(agents) != 1 || agents[0].Tasks != 1 || agents[0].Jobs != 1 || agents[0].State != "draining" {
		t.Errorf("agents are %+v", agents)
	}
	// That nothing of one's own is there any more does not make it drained.
	a.End("shop/web", 1, 1)
	a.by.are(shop())
	if again := a.Do(http.MethodGet, "/v2/agents", "").Want(http.StatusOK); !strings.Contains(again.Body, `"state":"draining","tasks":0`) {
		t.Errorf("agents are %s", again.Body)
	}
}

// TestFeedsAreOfWhatOneMayRead: of others' jobs, and of what is about none, nothing comes.
func TestFeedsAreOfWhatOneMayRead(t *testing.T) {
	t.Parallel()
	a := newNeighbours(t)
	a.Touch(theirs, 3)
	last := a.Append(a.Space.Plan("shop/web"), events.TasksPlanned{Run: 1, Group: "none"})
	a.by.are(shop())
	for _, target := range []string{"/v2/events?from=1", "/v2/events?from=1&type=taurus.*"} {
		feed, seen := a.Feed(target), uint64(0)
		for seen != last {
			ev := feed.Must()
			var of struct {
				Job      string
				Sequence uint64
			}
			apitest.Unmarshal(t, ev.Data, &of)
			if seen = of.Sequence; !strings.HasPrefix(of.Job, "shop/") {
				t.Fatalf("event %s %s of %q", ev.ID, ev.Kind, of.Job)
			}
		}
	}
	// Asked for theirs alone, as if there were none.
	a.as(shop(), http.MethodGet, "/v2/events?from=1&job="+theirs, "").Want(http.StatusOK)
	feed := a.Feed("/v2/events?job=" + theirs)
	a.Touch(theirs, 1)
	a.by.are(anybody())
	a.Append(a.Space.Plan("shop/web"), events.TasksPlanned{Run: 1, Group: "none"})
	feed.Close()
	if ev, ok := feed.Next(); ok {
		t.Errorf("event %+v", ev)
	}
}

// TestNobodyIsToldOfOthersByTheWay: reasons, forecasts and errors name other jobs only to
// who may read them.
func TestNobodyIsToldOfOthersByTheWay(t *testing.T) {
	t.Parallel()
	a := newNeighbours(t)
	const spec = `"tasks":[{"role":"web","container":{"image":"nginx"},"replicas":2}]}`
	for _, row := range []struct {
		method, target, body string
		status               int
		all, veiled          string // What who may read all is told, and what shop is.
	}{
		{"GET", "/v2/jobs/shop%2Fafter/explain", "", 200, "it starts after job other/x: 1 of 2", "it starts after job other/x, of which you may not be told"},
		{"POST", "/v2/whatif", `{"drain":{"host":"host1"}}`, 200, `"job":"other/x"`, `"job":"shop/web"`},
		{"PUT", "/v2/jobs/shop%2Fafter?dry_run=true", `{` + spec, 200, `"job":"other/x"`, `"job":"shop/after"`},
		{"POST", "/v2/jobs/shop%2Fweb/stop", "", 200, "", ""},
		{"GET", "/v2/jobs/shop%2Fweb/explain", "", 200, "job other/after starts after this one", `"code":"over"`},
	} {
		told := a.as(anybody(), row.method, row.target, row.body).Want(row.status)
		if !strings.Contains(told.Body, row.all) {
			t.Errorf("%s %s: who may read all is told %s", row.method, row.target, told.Body)
		}
		veiled := a.as(shop(), row.method, row.target, row.body)
		if !strings.Contains(veiled.Body, row.veiled) || row.all != "" && strings.Contains(veiled.Body, row.all) {
			t.Errorf("%s %s: shop is told %s", row.method, row.target, veiled.Body)
		}
	}
}

// TestAJobNamesOnlyWhatItsAuthorMayRead: from when it starts one could tell what another
// does.
func TestAJobNamesOnlyWhatItsAuthorMayRead(t *testing.T) {
	t.Parallel()
	a := newNeighbours(t)
	for name, named := range map[string]string{
		"after": `"after":["other/x"],"tasks":[{"role":"web","container":{"image":"nginx"}}]}`,
		"beside": `"tasks":[{"role":"web","container":{"image":"nginx"},"constraints":[` +
			`{"attribute":"host","operator":"without_job","value":"other/x"}]}]}`,
	} {
		for _, row := range [][2]string{
			{"POST", "/v2/jobs"},
			{"POST", "/v2/jobs?dry_run=true"},
			{"PUT", "/v2/jobs/shop%2Fnew"},
		} {
			answer := a.as(shop(), row[0], row[1], `{"id":"shop/new",`+named).Want(http.StatusForbidden)
			if right, job := missing(answer); right != "read" || job != theirs {
				t.Errorf("%s: %s", name, answer.Body)
			}
		}
		a.as(anybody(), "POST", "/v2/jobs?dry_run=true", `{"id":"shop/new",`+named).Want(http.StatusOK)
	}
}

// TestACircleOfOthersIsNotTold: that it goes in a circle is, by way of whom is not.
func TestACircleOfOthersIsNotTold(t *testing.T) {
	t.Parallel()
	a := newNeighbours(t)
	const tasks = `"tasks":[{"role":"web","container":{"image":"nginx"}}]}`
	a.as(anybody(), http.MethodPut, "/v2/jobs/other%2Fx", `{"after":["other/after"],`+tasks).Want(http.StatusOK)
	half := signedIn("half",
		access.Grant{Rights: access.Rights(), Jobs: []string{"shop/*"}}, access.Grant{Rights: []access.Right{access.Read}, Jobs: []string{theirs}})
	answer := a.as(half, http.MethodPut, "/v2/jobs/shop%2Fweb", `{"after":["`+theirs+`"],`+tasks).Want(http.StatusUnprocessableEntity)
	if !strings.Contains(answer.Body, "goes in a circle") || strings.Contains(answer.Body, "other/after") {
		t.Errorf("told %s", answer.Body)
	}
}

// TestStopAllStopsWhatOneMayStop, and leaves the others alone.
func TestStopAllStopsWhatOneMayStop(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "/v1"} {
		a := newNeighbours(t)
		stops := signedIn("stops", access.Grant{Rights: []access.Right{access.Stop}, Jobs: []string{"shop/*"}})
		a.as(stops, http.MethodDelete, prefix+"/job/all", "").WantLegacy(http.StatusOK, "")
		a.by.are(anybody())
		states := map[string]string{}
		for _, j := range apitest.Get[struct{ Jobs []apitest.Job }](a.Rig, "/v2/jobs").Jobs {
			states[j.ID] = j.State
		}
		if states["shop/web"] != "stopping" || states["shop/after"] != "stopped" || states[theirs] != "pending" || states["other/after"] != "pending" {
			t.Errorf("%s: %v", prefix, states)
		}
	}
}
