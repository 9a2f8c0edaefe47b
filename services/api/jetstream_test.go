package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/milosgajdos/taurus/internal/natstest"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/services/api"
)

func openLog(t *testing.T, url string) eventlog.Log {
	t.Helper()
	log, err := jetstream.Open(t.Context(), jetstream.Options{URL: url, Name: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return log
}

// Two instances on one NATS: the whole of a job's life, races, its feed and its past.
func TestOnJetStream(t *testing.T) {
	t.Parallel()
	nats := natstest.Start(t)
	var instances []*rig
	for _, name := range []string{"one", "two"} {
		s := start(t, api.Options{Log: openLog(t, nats.URL()), Name: name, Listen: "127.0.0.1:0"})
		instances = append(instances, &rig{t: t, api: s, document: document(t)})
	}
	one, two := instances[0], instances[1]
	const jobs = 10
	for n := range jobs {
		body := strings.Replace(oneTask, `"id":"web"`, fmt.Sprintf(`"id":"team/job%d"`, n), 1)
		var racers sync.WaitGroup
		statuses := make(chan int, 4)
		for i := range 4 {
			racers.Go(func() { statuses <- instances[i%2].do("POST", "/v2/jobs", body).status })
		}
		racers.Wait()
		sum := <-statuses + <-statuses + <-statuses + <-statuses
		if sum != 201+3*409 {
			t.Fatalf("job %d: statuses add up to %d", n, sum)
		}
	}
	stop := one.do("POST", "/v2/jobs/team%2Fjob3/stop", "").want(200)
	sequence := stop.header.Get("X-Taurus-Sequence")
	if got := get[jobView](two, "/v2/jobs/team%2Fjob3?after="+sequence).State; got != "stopped" {
		t.Fatalf("state %s", got)
	}
	two.do("DELETE", "/job/team/job3", "").legacyWant(200, "")
	two.do("DELETE", "/v2/jobs/team%2Fjob3", "").want(204)
	before := get[jobView](one, "/v2/jobs/team%2Fjob3?at="+fmt.Sprint(jobs))
	if before.State != "pending" {
		t.Fatalf("state %s before the stop", before.State)
	}
	page := get[struct{ Events []struct{ Type string } }](two, "/v2/jobs/team%2Fjob3/events")
	if len(page.Events) != 3 || page.Events[2].Type != "taurus.job.deleted.v1" {
		t.Fatalf("events %+v", page.Events)
	}
	feed := two.feed("/v2/events?from=1")
	for n := 1; n <= jobs+2; n++ {
		if ev := feed.must(); ev.id != fmt.Sprint(n) {
			t.Fatalf("event %s, want %d", ev.id, n)
		}
	}
	two.do("DELETE", "/job/all", "").legacyWant(200, "")
}
