package v2_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// shown is what is read of an event.
type shown struct {
	Sequence                                 uint64
	Type, Job, Judgement, Rejection, Subject string
	Data                                     any
	Result                                   *struct{ Run uint64 }
}

// What no program of taurus' writes is shown, in the feed and in histories, with the
// reason, now and later; it makes no job, and the one beside it goes on.
func TestRejectedIsShown(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(apitest.OneTask)
	raw := func(subject, data string) uint64 {
		t.Helper()
		receipt, err := r.Log.Append(t.Context(), eventlog.Fact(events.Message{Subject: subject, Data: []byte(data), Header: map[string]string{
			events.HeaderID: "s\xff", events.HeaderTime: "2026-03-01T12:00:00Z", events.HeaderType: "taurus.job.scaled.v1",
		}}))
		if err != nil {
			t.Fatal(err)
		}
		return receipt.Last
	}
	raw(r.Space.Job("web"), `{"run":"x"}`)
	r.Append(r.Space.Job("web"), events.JobScaled{Run: run, Version: 1 << 40, Group: "web", Replicas: 7}) // Only the state can tell.
	raw("taurus.ev.0.job.ghost", "\xff no JSON")
	last := raw("orders.new", `{}`)
	r.Do("POST", "/v2/jobs/web/scale", `{"group":"web","replicas":3}`).Want(200)

	want := map[uint64]string{
		2: "malformed event body: taurus.job.scaled.v1", 3: "version is 1099511627776, that of the job is 1",
		4: "not the partition of its job", 5: "not a subject of taurus",
	}
	check := func(e shown) {
		t.Helper()
		reason, rejected := want[e.Sequence]
		switch {
		case rejected && (e.Judgement != "rejected" || !strings.Contains(e.Rejection, reason) || e.Result != nil || e.Type != "taurus.job.scaled.v1"):
			t.Errorf("%+v, want it rejected: %s", e, reason)
		case !rejected && (e.Judgement != "counted" || e.Rejection != ""):
			t.Errorf("%+v, want it counted", e)
		}
	}
	feed := r.Feed("/v2/events?from=1")
	for range last + 1 {
		var e shown
		if err := json.Unmarshal([]byte(feed.Must().Data), &e, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatal(err)
		}
		check(e)
	}
	for id, sequences := range map[string]int{"web": 4, "ghost": 1} {
		var page struct{ Events []shown }
		if err := json.Unmarshal([]byte(r.Do("GET", "/v2/jobs/"+id+"/events", "").Want(200).Body), &page, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatal(err)
		}
		if len(page.Events) != sequences {
			t.Errorf("%s has %d events, want %d", id, len(page.Events), sequences)
		}
		for _, e := range page.Events {
			check(e)
		}
	}
	r.Do("GET", "/v2/jobs/ghost", "").Want(404)
	if list := r.Do("GET", "/v2/jobs", "").Want(200).Body; strings.Contains(list, "ghost") {
		t.Errorf("a rejected record makes a job: %s", list)
	}
	for _, at := range []string{"", "?at=6"} {
		cluster := r.Do("GET", "/v2/cluster"+at, "").Want(200).Body
		if !strings.Contains(cluster, `"rejected":4`) || !strings.Contains(cluster, `"subject":"orders.new"`) {
			t.Errorf("the cluster is %s", cluster)
		}
	}
	if notice := r.API.Notice(); !strings.Contains(notice, "4 records of the log are rejected, the last at sequence 5 on orders.new") {
		t.Errorf("notice %q", notice)
	}
	r.Do("POST", "/v2/jobs", strings.ReplaceAll(apitest.OneTask, `"web"`, `"ghost"`)).Want(201)
}

// A record nested as deep as JSON may be is not one level deeper in an answer: feeds and
// histories go on behind it.
func TestADeepRecordEndsNoFeed(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	for _, kind := range []string{events.JobStopped{}.Type(), "taurus.job.applauded.v1"} {
		_, err := r.Log.Append(t.Context(), eventlog.Fact(events.Message{
			Subject: r.Space.Job("web"), Data: []byte(strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)), Header: map[string]string{
				events.HeaderID: "s", events.HeaderTime: "2026-03-01T12:00:00Z", events.HeaderType: kind,
			},
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
	r.Do("POST", "/v2/jobs/web/scale", `{"group":"web","replicas":3}`).Want(200)
	feed := r.Feed("/v2/events?from=1")
	for sequence := range uint64(4) {
		if e := feed.Must(); e.ID != fmt.Sprint(sequence+1) {
			t.Fatalf("event %s, want %d", e.ID, sequence+1)
		}
	}
	if body := r.Do("GET", "/v2/jobs/web/events", "").Want(200).Body; strings.Count(body, `"judgement":"rejected"`) != 2 {
		t.Errorf("the history is %.300s", body)
	}
}
