package v2_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// An event of a type that nobody knows, and that is no JSON, is shown as text:
// it ends neither histories nor feeds.
func TestUnknownEventsAreShown(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	for _, data := range []string{"{\n\"a\": 1\n}", "no\njson", "", `{"a":1,"a":2}`, "\"\xff\""} {
		r.Append(r.Space.Plan("web"), events.Unknown{TypeName: "taurus.plan.other.v1", Data: []byte(data)})
	}
	want := []string{`{"a":1}`, `"no\njson"`, `""`, `"{\"a\":1,\"a\":2}"`, "\"\\\"\ufffd\\\"\""}
	page := apitest.Get[struct {
		Events []struct{ Data jsontext.Value }
	}](r, "/v2/jobs/web/events?from=2")
	f := r.Feed("/v2/events?from=2")
	for i, w := range want {
		if got := string(page.Events[i].Data); got != w {
			t.Errorf("page: %s, want %s", got, w)
		}
		if got := f.Must().Data; !strings.Contains(got, `"data":`+w+`,`) && !strings.HasSuffix(got, `"data":`+w+`}`) {
			t.Errorf("feed: %s, want %s", got, w)
		}
	}
}

// A client that is cut off again and again sees every event once, in order.
func TestFeedResumesWithoutGapOrRepeat(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	const total = 60
	written := make(chan struct{})
	go func() {
		defer close(written)
		r.Touch("web", total-1)
	}()
	want, last := 1, ""
	for want <= total {
		f := r.Feed("/v2/events?from=1", map[bool]header{true: {"Last-Event-ID": last}, false: {}}[last != ""])
		for range 7 {
			if want > total {
				break
			}
			ev := f.Must()
			if ev.ID != strconv.Itoa(want) {
				t.Fatalf("event %s, want %d", ev.ID, want)
			}
			want++
		}
		last = f.Last
		f.Close()
	}
	<-written
}

func TestFeedOfOlderEventsThanAreAtHand(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	r.Touch("web", 4200) // More than projection.FeedKept.
	f := r.Feed("/v2/events?from=1")
	for n := 1; n <= 4201; n++ {
		if ev := f.Must(); ev.ID != strconv.Itoa(n) {
			t.Fatalf("event %s, want %d", ev.ID, n)
		}
	}
}

func TestFeedFilters(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	r.Create(strings.Replace(apitest.OneTask, "web", "db", 1))
	r.Touch("web", 1)
	r.Touch("db", 1)
	for query, want := range map[string]string{
		"job=web":                      "1 3",
		"type=taurus.job.submitted.v1": "1 2",
		"type=taurus.plan.*&job=db":    "4",
		"type=taurus.plan.tasks_planned.v1,taurus.job.submitted.v1": "1 2 3 4",
	} {
		f := r.Feed("/v2/events?from=1&" + query)
		var got []string
		for range strings.FieldsSeq(want) {
			got = append(got, f.Must().ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, want %s", query, got, want)
		}
		f.Close()
	}
}

func TestFeedEventIsWhole(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Do("POST", "/v2/jobs", apitest.OneTask, header{
		"X-Taurus-Actor": "ann",
		"Traceparent":    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}).Want(201)
	f := r.Feed("/v2/events?from=1")
	ev := f.Must()
	if f.Retry != "1000" {
		t.Errorf("retry after %q ms", f.Retry)
	}
	if ev.Kind != "taurus.job.submitted.v1" {
		t.Fatalf("event %s", ev.Kind)
	}
	for _, part := range []string{
		`"sequence":1,`, `"subject":"` + r.Space.Job("web") + `"`, `"actor":"anonymous","on_behalf_of":"ann"`, `"job":"web"`, `"source":"taurus/api/test"`,
		`"id":"` + r.Space.Job("web") + `@0/taurus.job.submitted.v1/test/`, `"data":{"spec":{"id":"web"`,
		`"judgement":"counted"`, `"result":{"run":1,"state":"pending","tasks":{`,
	} {
		if !strings.Contains(ev.Data, part) {
			t.Errorf("no %s in %s", part, ev.Data)
		}
	}
	for rec, err := range r.Log.Read(t.Context(), 1, 1) {
		if err != nil || rec.Header[events.HeaderTrace] != "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" {
			t.Fatalf("trace %q, %v", rec.Header[events.HeaderTrace], err)
		}
	}
}

// An event is the same in a feed, in a page, and in a page of the past.
func TestEventsAreTheSameWhereverTheyAreRead(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(apitest.OneTask)
	r.Launch("web", run, 1)
	r.Status("web", run, 0, "TASK_RUNNING")
	r.Status("web", run, 0, "TASK_STARTING") // Outranked.
	last := r.Append(r.Space.Plan("web"), events.JobCompleted{Run: run + 1})
	type page struct{ Events []jsontext.Value }
	now := apitest.Get[page](r, "/v2/jobs/web/events").Events
	then := apitest.Get[page](r, fmt.Sprintf("/v2/jobs/web/events?at=%d", last)).Events
	f := r.Feed("/v2/events?from=1&job=web")
	outranked := 0
	for i := range now {
		if data := f.Must().Data; string(now[i]) != data || string(then[i]) != data {
			t.Errorf("page: %s\npast: %s\nfeed: %s", now[i], then[i], data)
		}
		if strings.Contains(string(now[i]), `"judgement":"outranked"`) {
			outranked++
		}
	}
	if len(now) != len(then) || outranked != 2 {
		t.Errorf("%d events, %d in the past, %d outranked", len(now), len(then), outranked)
	}
}

// A quiet filter moves on: after a heartbeat the client resumes behind what was
// left out.
func TestFeedHeartbeatMovesTheIDOn(t *testing.T) {
	t.Parallel()
	r := apitest.New(t, func(o *api.Options) { o.Heartbeat = 5 * time.Millisecond })
	r.Create(apitest.OneTask)
	r.Touch("web", 3)
	f := r.Feed("/v2/events?from=1&job=nobody")
	for f.Lines.Scan() {
		if f.Lines.Text() == "id: 4" {
			return
		}
	}
	t.Fatalf("no heartbeat with the last sequence: %v", f.Lines.Err())
}

func TestFeedOlderThanTheLogIsGone(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	r.Touch("web", 5)
	r.Log.Forget(3)
	for _, a := range []apitest.Answer{
		r.Do("GET", "/v2/events?from=2", ""), r.Do("GET", "/v2/events", "", header{"Last-Event-ID": "1"}),
		r.Do("GET", "/v2/jobs?at=5", ""), r.Do("GET", "/v2/jobs/web/events", ""),
	} {
		if got := apitest.ProblemType(t, a.Want(410)); got != "gone" {
			t.Fatalf("problem %s", got)
		}
	}
	if ev := r.Feed("/v2/events?from=4").Must(); ev.ID != "4" {
		t.Fatalf("event %s", ev.ID)
	}
}

// The bound on reading a request does not end a feed that has been open longer.
func TestFeedOutlivesTheReadTimeout(t *testing.T) {
	t.Parallel()
	const bound = 2 * time.Second // Within it a client on a busy machine has made its request.
	began := time.Now()
	s := apitest.Start(t, api.Options{
		Anonymous: "admin",
		Log:       memory.New(), Instance: "test", Listen: "127.0.0.1:0", ReadTimeout: bound, Heartbeat: bound / 10,
	})
	f := apitest.Feed(t, s, "/v2/events")
	for beats := 0; beats < 5 || time.Since(began) < 2*bound; {
		if !f.Lines.Scan() {
			t.Fatalf("the feed ended after %d heartbeats: %v", beats, f.Lines.Err())
		}
		if f.Lines.Text() == ": heartbeat" {
			beats++
		}
	}
}

// A client that takes nothing costs nobody else anything.
func TestSlowReaderCostsOnlyItself(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(apitest.OneTask)
	r.Feed("/v2/events?from=1") // And reads nothing.
	quick := r.Feed("/v2/events?from=1")
	const big = 64
	reason := strings.Repeat("x", 256<<10)
	for n := range big {
		r.Append(r.Space.Plan("web"), events.TasksPlanned{Run: run, Reason: reason, Version: uint64(n)})
	}
	quick.Lines.Buffer(nil, 1<<20)
	for n := 1; n <= big+1; n++ {
		if ev := quick.Must(); ev.ID != strconv.Itoa(n) {
			t.Fatalf("event %s, want %d", ev.ID, n)
		}
	}
	r.Do("POST", "/v2/jobs/web/stop", "").Want(200)
}

// stuck makes a service with more to tell than buffers hold, and a client of its
// feed that takes nothing. It returns once the feed has begun.
func stuck(t *testing.T, patience time.Duration) (s *api.Service, registry *prometheus.Registry, lines *apitest.Lines) {
	t.Helper()
	log, space := memory.New(), events.NewSpace(0)
	for n := range 64 {
		env := events.Envelope{ID: strconv.Itoa(n), Source: "test", Time: time.Unix(1, 0)}
		m, err := events.Encode(space.Plan("web"), env, events.TasksPlanned{Reason: strings.Repeat("x", 256<<10)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := log.Append(t.Context(), eventlog.Fact(m)); err != nil {
			t.Fatal(err)
		}
	}
	registry, lines = prometheus.NewRegistry(), &apitest.Lines{}
	s, err := api.New(api.Options{
		Anonymous: "admin",
		Log:       log, Instance: "test", Listen: "127.0.0.1:0", Metrics: registry, Logger: zerolog.New(lines),
		FeedPatience: patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, registry, lines
}

// feeds is how many are open.
func feeds(t *testing.T, registry *prometheus.Registry) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "taurus_api_feeds" {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return -1
}

// A client that takes nothing is cut off, or it would be kept for ever.
func TestClientThatTakesNothingIsCutOff(t *testing.T) {
	t.Parallel()
	s, registry, _ := stuck(t, time.Second)
	apitest.Run(t, s)
	f := apitest.Feed(t, s, "/v2/events?from=1")
	for feeds(t, registry) != 0 {
		select {
		case <-f.Gone:
			t.Fatal("it was kept until it went by itself")
		case <-time.After(time.Millisecond):
		}
	}
}

// A client that takes nothing does not hold up the stop of the service.
func TestStopDoesNotWaitForClientsThatTakeNothing(t *testing.T) {
	t.Parallel()
	s, registry, lines := stuck(t, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for s.Ready() != nil {
		time.Sleep(time.Millisecond)
	}
	apitest.Feed(t, s, "/v2/events?from=1")
	if got := feeds(t, registry); got != 1 {
		t.Errorf("%v feeds", got)
	}
	time.Sleep(100 * time.Millisecond) // Enough for the buffers to be full; if they are not, the stop is an easier one.
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if strings.Contains(lines.String(), "cut off") {
		t.Errorf("the stop waited: %s", lines)
	}
}

// A stop ends feeds at once, or it would wait for them for ever.
func TestStopEndsFeeds(t *testing.T) {
	t.Parallel()
	s, err := api.New(api.Options{Anonymous: "admin", Log: memory.New(), Instance: "test", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for s.Ready() != nil {
		time.Sleep(time.Millisecond)
	}
	f := apitest.Feed(t, s, "/v2/events?from=1")
	cancel()
	if _, ok := f.Next(); ok {
		t.Fatal("an event out of nothing")
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if s.Ready() == nil {
		t.Fatal("ready after its end")
	}
}

func TestJobEventsPageAndFollow(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	r.Create(strings.Replace(apitest.OneTask, "web", "db", 1))
	for range 5 {
		r.Touch("web", 1)
		r.Touch("db", 40)
	}
	var got []uint64
	from := uint64(0)
	for pages := 0; ; pages++ {
		var page struct {
			Events []struct {
				Sequence uint64
				Job      string
			}
			Next uint64
		}
		r.Do("GET", fmt.Sprintf("/v2/jobs/web/events?limit=2&from=%d", from), "").Want(200).Into(&page)
		for _, ev := range page.Events {
			if ev.Job != "web" {
				t.Fatalf("event about %s", ev.Job)
			}
			got = append(got, ev.Sequence)
		}
		if from = page.Next; from == 0 {
			break
		}
	}
	if fmt.Sprint(got) != "[1 3 44 85 126 167]" {
		t.Fatalf("got %v", got)
	}
	f := r.Feed("/v2/jobs/web/events", header{"Accept": "text/event-stream"})
	for _, want := range got {
		if ev := f.Must(); ev.ID != strconv.FormatUint(want, 10) {
			t.Fatalf("event %s, want %d", ev.ID, want)
		}
	}
	r.Do("GET", "/v2/jobs/web/events?at=9999", "").Want(400)
	upTo := apitest.Get[struct{ Events []any }](r, "/v2/jobs/web/events?at=50")
	if len(upTo.Events) != 3 {
		t.Fatalf("%d events as of 50", len(upTo.Events))
	}
	for _, before := range []string{"0", "2000-01-01T00:00:00Z"} {
		if a := r.Do("GET", "/v2/jobs/web/events?at="+before, "").Want(200); a.Body != `{"events":[],"sequence":0}`+"\n" {
			t.Errorf("as of %s: %s", before, a.Body)
		}
	}
}

// A page has as many events of the types asked for as its limit says, however
// many others lie between.
func TestJobEventsPagesOfATypeAreFull(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	for range 3 {
		r.Touch("web", 2)
		r.Status("web", 1, 0, "TASK_RUNNING")
	}
	for _, row := range []struct {
		query, sequences string
		next             uint64
	}{
		{"type=taurus.task.*", "[4 7 10]", 0},
		{"type=taurus.task.*&limit=2", "[4 7]", 10},
		{"type=taurus.task.*&limit=2&from=10", "[10]", 0},
		{"type=taurus.job.submitted.v1,taurus.task.*&limit=1", "[1]", 4},
		{"type=taurus.job.submitted.v1&type=taurus.job.stopped.v1", "[1]", 0},
		{"type=taurus.task.*&at=6", "[4]", 0},
		{"type=taurus.other.*", "[]", 0},
		{"limit=3&from=8", "[8 9 10]", 0},
	} {
		page := apitest.Get[struct {
			Events []struct{ Sequence uint64 }
			Next   uint64
		}](r, "/v2/jobs/web/events?"+row.query)
		got := []uint64{}
		for _, ev := range page.Events {
			got = append(got, ev.Sequence)
		}
		if fmt.Sprint(got) != row.sequences || page.Next != row.next {
			t.Errorf("%s: %v, then %d", row.query, got, page.Next)
		}
	}
}

// A feed is for those who would rather have one.
func TestJobEventsAreAFeedForThoseWhoAcceptOne(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Create(apitest.OneTask)
	for accept, feed := range map[string]bool{
		"":                                    false,
		"*/*":                                 false,
		"application/json":                    false,
		"text/event-stream":                   true,
		"Text/Event-Stream":                   true,
		"text/event-stream;q=0":               false,
		"application/json, text/event-stream": true,
		"text/event-stream;q=0.1, */*":        true,
		"text/event-stream;q=0.1, application/json": false,
		"garbage;;, text/event-stream":              true,
	} {
		a := r.Do("HEAD", "/v2/jobs/web/events", "", header{"Accept": accept}).Want(200)
		if got := strings.HasPrefix(a.Header.Get("Content-Type"), "text/event-stream"); got != feed {
			t.Errorf("%q: a feed %v, want %v", accept, got, feed)
		}
	}
}
