package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream"
	"github.com/milosgajdos/taurus/pkg/eventlog/jetstream/natstest"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

func openLog(t *testing.T, url string) eventlog.Log {
	t.Helper()
	o := jetstream.Options{URL: url, Name: t.Name()}
	if err := jetstream.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	log, err := jetstream.Open(t.Context(), o)
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
	var instances []*apitest.Rig
	for _, name := range []string{"one", "two"} {
		s := apitest.Start(t, api.Options{Anonymous: "admin", Log: openLog(t, nats.URL()), Instance: name, Listen: "127.0.0.1:0"})
		instances = append(instances, apitest.Of(t, s))
	}
	one, two := instances[0], instances[1]
	const jobs = 10
	for n := range jobs {
		body := strings.Replace(apitest.OneTask, `"id":"web"`, fmt.Sprintf(`"id":"team/job%d"`, n), 1)
		var racers sync.WaitGroup
		statuses := make(chan int, 4)
		for i := range 4 {
			racers.Go(func() { statuses <- instances[i%2].Do("POST", "/v2/jobs", body).Status })
		}
		racers.Wait()
		sum := <-statuses + <-statuses + <-statuses + <-statuses
		if sum != 201+3*409 {
			t.Fatalf("job %d: statuses add up to %d", n, sum)
		}
	}
	stop := one.Do("POST", "/v2/jobs/team%2Fjob3/stop", "").Want(200)
	sequence := stop.Header.Get("X-Taurus-Sequence")
	if got := apitest.Get[apitest.Job](two, "/v2/jobs/team%2Fjob3?after="+sequence).State; got != "stopped" {
		t.Fatalf("state %s", got)
	}
	two.Do("DELETE", "/job/team/job3", "").WantLegacy(200, "")
	two.Do("DELETE", "/v2/jobs/team%2Fjob3", "").Want(204)
	before := apitest.Get[apitest.Job](one, "/v2/jobs/team%2Fjob3?at="+fmt.Sprint(jobs))
	if before.State != "pending" {
		t.Fatalf("state %s before the stop", before.State)
	}
	page := apitest.Get[struct{ Events []struct{ Type string } }](two, "/v2/jobs/team%2Fjob3/events")
	if len(page.Events) != 3 || page.Events[2].Type != "taurus.job.deleted.v1" {
		t.Fatalf("events %+v", page.Events)
	}
	feed := two.Feed("/v2/events?from=1")
	for n := 1; n <= jobs+2; n++ {
		if ev := feed.Must(); ev.ID != fmt.Sprint(n) {
			t.Fatalf("event %s, want %d", ev.ID, n)
		}
	}
	two.Do("DELETE", "/job/all", "").WantLegacy(200, "")
}
