package v2_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

func TestTasksShowWhereAndWhy(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	run := r.Create(`{"id":"web","tasks":[{"role":"web","container":{"image":"i"},"replicas":2,"ports":[{"name":"http","container":80}]}]}`)
	r.Plan("web", run, 2)
	r.Elect()
	exit, healthy := 3, true
	r.Append(r.Space.Task("web", 0), events.TaskStaged{
		Run: run, Version: 1, Group: "web", Slot: 0, Attempt: 1, TaskID: "t0", AgentID: "a1", Hostname: "host1",
		HostPorts: []uint32{31000}, Resources: events.Resources{CPUs: 1, Mem: 128},
	})
	r.Append(r.Space.Task("web", 0), events.TaskStatusChanged{
		Run: run, Slot: 0, Attempt: 1, TaskID: "t0", State: "TASK_FAILED", Message: "boom", Reason: "REASON_COMMAND_EXECUTOR_FAILED",
		Exit: &exit, UUID: []byte{1},
	})
	later := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	r.Append(r.Space.Plan("web"), events.TasksPlanned{
		Run: run, Version: 1, Group: "web", Slots: []events.SlotRange{{From: 0, To: 0, Attempt: 2}}, NotBefore: later,
	})
	r.Append(r.Space.Task("web", 1), events.TaskStaged{
		Run: run, Version: 1, Group: "web", Slot: 1, Attempt: 1, TaskID: "t1", AgentID: "a1", Hostname: "host1", HostPorts: []uint32{31001},
	})
	r.Append(r.Space.Task("web", 1), events.TaskStatusChanged{
		Run: run, Slot: 1, Attempt: 1, TaskID: "t1", State: "TASK_RUNNING", Healthy: &healthy, Addresses: []string{"172.17.0.2"},
		ContainerID: "c1", UUID: []byte{2},
	})
	body := r.Do("GET", "/v2/jobs/web/tasks", "").Want(200).Body
	for _, part := range []string{
		`"slot":0,"attempt":2,`, `"state":"PENDING"`, `"not_before":"` + later.Format(time.RFC3339) + `"`,
		`"last_failure":{"attempt":1,"state":"FAILED"`, `"host":"host1","summary":"failed: exit 3: boom","class":"failed","reason":"REASON_COMMAND_EXECUTOR_FAILED","message":"boom","exit":3`,
		`"ports":[{"name":"http","container":80,"host":31001,"protocol":"tcp"}]`, `"healthy":true`, `"container_id":"c1"`,
		`"addresses":["172.17.0.2"]`, `"failures":1`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
	why := apitest.Get[explanation](r, "/v2/jobs/web/explain")
	if why.codes() != "backoff:1" || !why.Reasons[0].Until.Equal(later) || !strings.Contains(why.Summary, "attempt 1 failed: exit 3: boom; see `taurus logs web/0 --stderr`") {
		t.Fatalf("explanation %+v", why)
	}
	var page struct {
		Tasks []struct{ Slot uint32 }
		Next  *uint32
	}
	r.Do("GET", "/v2/jobs/web/tasks?limit=1", "").Want(200).Into(&page)
	if len(page.Tasks) != 1 || page.Next == nil || *page.Next != 1 {
		t.Fatalf("page %+v", page)
	}
	slot := apitest.Get[struct{ Attempts []struct{ Attempt uint32 } }](r, "/v2/jobs/web/tasks/0")
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
	r := apitest.New(t, func(o *api.Options) { o.Why = why })
	run := r.Create(apitest.OneTask)
	expect := func(query, want string) explanation {
		t.Helper()
		e := apitest.Get[explanation](r, "/v2/jobs/web/explain"+query)
		if got := e.codes(); got != want {
			t.Fatalf("reasons %s, want %s", got, want)
		}
		return e
	}
	expect("", "no_launcher:0 not_planned:2")
	r.Plan("web", run, 2)
	r.Elect()
	expect("", "no_verdict_yet:2")
	at := apitest.Get[struct{ Sequence uint64 }](r, "/v2/cluster").Sequence
	verdict(t, r, why, events.VerdictChanged{
		Run: run, Group: "web", Waiting: 2, Sequence: at, Offers: 3, Summary: "no offer has 4 cpus", Reasons: map[string]uint32{"cpus": 3},
		Nearest: &events.NearestMiss{Hostname: "host1", AgentID: "a1", Lacked: []string{"cpus: 4 wanted, 2 free"}},
	})
	for explained := false; !explained; {
		e := apitest.Get[explanation](r, "/v2/jobs/web/explain")
		explained = e.codes() == "no_fitting_offer:2" && len(e.Verdicts) == 1 && strings.Contains(e.Summary, "no offer has 4 cpus")
	}
	r.Stage("web", run, 0)
	expect("", "staged_unconfirmed:1 no_fitting_offer:1")
	r.Status("web", run, 0, "TASK_RUNNING")
	r.Stage("web", run, 1)
	r.Status("web", run, 1, "TASK_STARTING")
	expect("", "starting:1")
	r.Status("web", run, 1, "TASK_RUNNING")
	if e := expect("", ""); e.Summary != "runs as wanted" {
		t.Fatalf("summary %q", e.Summary)
	}
	r.Status("web", run, 1, "TASK_UNREACHABLE")
	expect("", "agent_unreachable:1")
	r.Do("POST", "/v2/jobs/web/stop", `{"reason":"enough"}`).Want(200)
	if e := expect("", "over:0 agent_unreachable:1"); !strings.Contains(e.Summary, "enough") {
		t.Fatalf("summary %q", e.Summary)
	}
	expect("?at=1", "no_launcher:0 not_planned:2")
	if e := expect(fmt.Sprintf("?at=%d", at), "no_fitting_offer:2"); !strings.Contains(e.Summary, "no offer has 4 cpus") {
		t.Fatalf("summary %q", e.Summary)
	}
	expect(fmt.Sprintf("?at=%d", at-1), "no_subscription:0 no_verdict_yet:2")
}

func verdict(t *testing.T, r *apitest.Rig, why eventlog.Log, ev events.VerdictChanged) {
	t.Helper()
	m, err := events.Encode(r.Space.Why("web"), events.Envelope{ID: "v", Source: "test", Time: time.Now()}, ev)
	if err == nil {
		_, err = why.Append(t.Context(), eventlog.Fact(m))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestClusterHidesTheStreamID(t *testing.T) {
	t.Parallel()
	r := apitest.New(t)
	r.Launch("web", r.Create(apitest.OneTask), 2)
	body := r.Do("GET", "/v2/cluster", "").Want(200).Body
	for _, part := range []string{`"epoch":3`, `"framework_id":"fw"`, `"open":true`, `"jobs":{"running":1}`, `"tasks":{"RUNNING":2}`} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
	if strings.Contains(body, "secret-stream") {
		t.Errorf("the stream id leaks: %s", body)
	}
}
