package reader_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// Whatever was answered at a sequence is answered again when asked for it.
func TestAtAnswersAsItWas(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := apitest.On(t, memory.New(memory.WithClock(func() time.Time { now = now.Add(time.Second); return now })))
	targets := []string{
		"/v2/jobs", "/v2/jobs/web", "/v2/jobs/web/events", "/v2/cluster", "/job/all", "/job/web",
	}
	type was struct {
		at      string
		answers []string
	}
	var seen []was
	note := func() {
		t.Helper()
		w := was{}
		for _, target := range targets {
			a := r.Do("GET", target, "")
			w.at = a.Header.Get("X-Taurus-Sequence")
			w.answers = append(w.answers, fmt.Sprint(a.Status, withoutRequest(a.Body)))
		}
		seen = append(seen, w)
	}
	note()
	run := r.Create(apitest.OneTask)
	note()
	r.Launch("web", run, 2)
	note()
	r.Status("web", run, 0, "TASK_FAILED")
	note()
	r.Do("POST", "/v2/jobs/web/stop", "").Want(200)
	r.End("web", run, 2)
	note()
	r.Do("DELETE", "/v2/jobs/web", "").Want(204)
	note()
	for _, w := range seen {
		for i, target := range targets {
			if strings.Contains(target, "events") {
				continue // Histories of deleted jobs stay, and unknown jobs have none.
			}
			a := r.Do("GET", target+"?at="+w.at, "")
			if got := fmt.Sprint(a.Status, withoutRequest(a.Body)); got != w.answers[i] {
				t.Errorf("%s at %s:\n%s, was\n%s", target, w.at, got, w.answers[i])
			}
			if got := a.Header.Get("X-Taurus-Sequence"); a.Status == 200 && got != w.at {
				t.Errorf("%s at %s answers of %s", target, w.at, got)
			}
		}
	}
	// By time: the log's clock moved a second per append.
	third := time.Date(2026, 1, 1, 0, 0, 3, 500, time.UTC).Format(time.RFC3339Nano)
	if got := r.Do("GET", "/v2/cluster?at="+url.QueryEscape(third), "").Want(200).Header.Get("X-Taurus-Sequence"); got != "3" {
		t.Errorf("sequence %s at %s", got, third)
	}
	r.Do("GET", "/v2/jobs?at=2000-01-01T00:00:00Z", "").Want(200)
}

// withoutRequest takes out of a problem what is different each time.
func withoutRequest(body string) string {
	before, _, _ := strings.Cut(body, `,"request_id"`)
	return before
}

func TestReadYourWrites(t *testing.T) {
	t.Parallel()
	log := memory.New()
	one, two := apitest.On(t, log), apitest.On(t, log, func(o *api.Options) { o.Instance = "two" })
	for n := range 50 {
		id := fmt.Sprintf("job%d", n)
		seq := one.Do("POST", "/v2/jobs", strings.Replace(apitest.OneTask, `"id":"web"`, `"id":"`+id+`"`, 1)).Want(201).Header.Get("X-Taurus-Sequence")
		two.Do("GET", "/v2/jobs/"+id+"?after="+seq, "").Want(200)
	}
}
