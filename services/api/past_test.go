package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
)

// Whatever was answered at a sequence is answered again when asked for it.
func TestAtAnswersAsItWas(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := rigOn(t, memory.New(memory.WithClock(func() time.Time { now = now.Add(time.Second); return now })))
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
			a := r.do("GET", target, "")
			w.at = a.header.Get("X-Taurus-Sequence")
			w.answers = append(w.answers, fmt.Sprint(a.status, withoutRequest(a.body)))
		}
		seen = append(seen, w)
	}
	note()
	run := r.create(oneTask)
	note()
	r.launch("web", run, 2)
	note()
	r.status("web", run, 0, "TASK_FAILED")
	note()
	r.do("POST", "/v2/jobs/web/stop", "").want(200)
	r.end("web", run, 2)
	note()
	r.do("DELETE", "/v2/jobs/web", "").want(204)
	note()
	for _, w := range seen {
		for i, target := range targets {
			if strings.Contains(target, "events") {
				continue // Histories of deleted jobs stay, and unknown jobs have none.
			}
			a := r.do("GET", target+"?at="+w.at, "")
			if got := fmt.Sprint(a.status, withoutRequest(a.body)); got != w.answers[i] {
				t.Errorf("%s at %s:\n%s, was\n%s", target, w.at, got, w.answers[i])
			}
			if got := a.header.Get("X-Taurus-Sequence"); a.status == 200 && got != w.at {
				t.Errorf("%s at %s answers of %s", target, w.at, got)
			}
		}
	}
	// By time: the log's clock moved a second per append.
	third := time.Date(2026, 1, 1, 0, 0, 3, 500, time.UTC).Format(time.RFC3339Nano)
	if got := r.do("GET", "/v2/cluster?at="+url.QueryEscape(third), "").want(200).header.Get("X-Taurus-Sequence"); got != "3" {
		t.Errorf("sequence %s at %s", got, third)
	}
	r.do("GET", "/v2/jobs?at=2000-01-01T00:00:00Z", "").want(200)
}

// withoutRequest takes out of a problem what is different each time.
func withoutRequest(body string) string {
	before, _, _ := strings.Cut(body, `,"request_id"`)
	return before
}

func TestTasksShowWhereAndWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	run := r.create(`{"id":"web","tasks":[{"role":"web","container":{"image":"i"},"replicas":2,"ports":[{"name":"http","container":80}]}]}`)
	r.plan("web", run, 2)
	r.elect()
	exit, healthy := 3, true
	r.append(r.space.Task("web", 0), events.TaskStaged{
		Run: run, Version: 1, Group: "web", Slot: 0, Attempt: 1, TaskID: "t0", AgentID: "a1", Hostname: "host1",
		HostPorts: []uint32{31000}, Resources: events.Resources{CPUs: 1, Mem: 128},
	})
	r.append(r.space.Task("web", 0), events.TaskStatusChanged{
		Run: run, Slot: 0, Attempt: 1, TaskID: "t0", State: "TASK_FAILED", Message: "boom", Reason: "REASON_COMMAND_EXECUTOR_FAILED",
		Exit: &exit, UUID: []byte{1},
	})
	later := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	r.append(r.space.Plan("web"), events.TasksPlanned{
		Run: run, Version: 1, Group: "web", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 2}}, NotBefore: later,
	})
	r.append(r.space.Task("web", 1), events.TaskStaged{
		Run: run, Version: 1, Group: "web", Slot: 1, Attempt: 1, TaskID: "t1", AgentID: "a1", Hostname: "host1", HostPorts: []uint32{31001},
	})
	r.append(r.space.Task("web", 1), events.TaskStatusChanged{
		Run: run, Slot: 1, Attempt: 1, TaskID: "t1", State: "TASK_RUNNING", Healthy: &healthy, Addresses: []string{"172.17.0.2"},
		ContainerID: "c1", UUID: []byte{2},
	})
	body := r.do("GET", "/v2/jobs/web/tasks", "").want(200).body
	for _, part := range []string{
		`"slot":0,"attempt":2,`, `"state":"PENDING"`, `"not_before":"` + later.Format(time.RFC3339) + `"`,
		`"last_failure":{"attempt":1,"state":"FAILED"`, `"host":"host1","reason":"REASON_COMMAND_EXECUTOR_FAILED","message":"boom","exit":3`,
		`"ports":[{"name":"http","container":80,"host":31001,"protocol":"tcp"}]`, `"healthy":true`, `"container_id":"c1"`,
		`"addresses":["172.17.0.2"]`, `"failures":1`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
	why := get[explanation](r, "/v2/jobs/web/explain")
	if why.codes() != "backoff:1" || !why.Reasons[0].Until.Equal(later) || !strings.Contains(why.Summary, "attempt 1 ended FAILED: boom") {
		t.Fatalf("explanation %+v", why)
	}
	var page struct {
		Tasks []struct{ Slot uint32 }
		Next  *uint32
	}
	r.do("GET", "/v2/jobs/web/tasks?limit=1", "").want(200).into(&page)
	if len(page.Tasks) != 1 || page.Next == nil || *page.Next != 1 {
		t.Fatalf("page %+v", page)
	}
	slot := get[struct{ Attempts []struct{ Attempt uint32 } }](r, "/v2/jobs/web/tasks/0")
	if len(slot.Attempts) != 1 || slot.Attempts[0].Attempt != 2 {
		t.Fatalf("slot %+v", slot)
	}
}

type explanation struct {
	Summary string
	Reasons []struct {
		Code, Message string
		Tasks         uint32
		Until         time.Time
	}
	Verdicts []struct{ Summary string }
}

func (e explanation) codes() string {
	var codes []string
	for _, r := range e.Reasons {
		codes = append(codes, fmt.Sprintf("%s:%d", r.Code, r.Tasks))
	}
	return strings.Join(codes, " ")
}

// Why a job waits, step by step, now and afterwards.
func TestExplain(t *testing.T) {
	t.Parallel()
	why := memory.New()
	r := newRig(t, func(o *api.Options) { o.Why = why })
	run := r.create(oneTask)
	expect := func(query, want string) explanation {
		t.Helper()
		e := get[explanation](r, "/v2/jobs/web/explain"+query)
		if got := e.codes(); got != want {
			t.Fatalf("reasons %s, want %s", got, want)
		}
		return e
	}
	expect("", "no_launcher:0 not_planned:2")
	r.plan("web", run, 2)
	r.elect()
	expect("", "no_verdict_yet:2")
	at := get[struct{ Sequence uint64 }](r, "/v2/cluster").Sequence
	verdict(t, r, why, events.VerdictChanged{
		Run: run, Group: "web", Waiting: 2, Sequence: at, Offers: 3, Summary: "no offer has 4 cpus", Reasons: map[string]uint32{"cpus": 3},
		Nearest: &events.NearestMiss{Hostname: "host1", AgentID: "a1", Lacked: []string{"cpus: 4 wanted, 2 free"}},
	})
	for explained := false; !explained; {
		e := get[explanation](r, "/v2/jobs/web/explain")
		explained = e.codes() == "no_fitting_offer:2" && len(e.Verdicts) == 1 && strings.Contains(e.Summary, "no offer has 4 cpus")
	}
	r.stage("web", run, 0)
	expect("", "staged_unconfirmed:1 no_fitting_offer:1")
	r.status("web", run, 0, "TASK_RUNNING")
	r.stage("web", run, 1)
	r.status("web", run, 1, "TASK_STARTING")
	expect("", "starting:1")
	r.status("web", run, 1, "TASK_RUNNING")
	if e := expect("", ""); e.Summary != "runs as wanted" {
		t.Fatalf("summary %q", e.Summary)
	}
	r.status("web", run, 1, "TASK_UNREACHABLE")
	expect("", "agent_unreachable:1")
	r.do("POST", "/v2/jobs/web/stop", `{"reason":"enough"}`).want(200)
	if e := expect("", "over:0 agent_unreachable:1"); !strings.Contains(e.Summary, "enough") {
		t.Fatalf("summary %q", e.Summary)
	}
	expect("?at=1", "no_launcher:0 not_planned:2")
	if e := expect(fmt.Sprintf("?at=%d", at), "no_fitting_offer:2"); !strings.Contains(e.Summary, "no offer has 4 cpus") {
		t.Fatalf("summary %q", e.Summary)
	}
	expect(fmt.Sprintf("?at=%d", at-1), "no_subscription:0 no_verdict_yet:2")
}

func verdict(t *testing.T, r *rig, why eventlog.Log, ev events.VerdictChanged) {
	t.Helper()
	m, err := events.Encode(r.space.Why("web"), events.Envelope{ID: "v", Source: "test", Time: time.Now()}, ev)
	if err == nil {
		_, err = why.Append(t.Context(), eventlog.Fact(m))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestClusterHidesTheStreamID(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.launch("web", r.create(oneTask), 2)
	body := r.do("GET", "/v2/cluster", "").want(200).body
	for _, part := range []string{`"epoch":3`, `"framework_id":"fw"`, `"open":true`, `"jobs":{"running":1}`, `"tasks":{"RUNNING":2}`} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
	if strings.Contains(body, "secret-stream") {
		t.Errorf("the stream id leaks: %s", body)
	}
}

func TestReadYourWrites(t *testing.T) {
	t.Parallel()
	log := memory.New()
	one, two := rigOn(t, log), rigOn(t, log, func(o *api.Options) { o.Name = "two" })
	for n := range 50 {
		id := fmt.Sprintf("job%d", n)
		seq := one.do("POST", "/v2/jobs", strings.Replace(oneTask, `"id":"web"`, `"id":"`+id+`"`, 1)).want(201).header.Get("X-Taurus-Sequence")
		two.do("GET", "/v2/jobs/"+id+"?after="+seq, "").want(200)
	}
}
