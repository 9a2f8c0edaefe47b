package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/cluster/clustertest"
	"github.com/milosgajdos/taurus/pkg/eventlog/memory"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/services/api"
	"github.com/milosgajdos/taurus/services/api/apitest"
)

// TestClosedJobsAnswerAsBefore: two apis read one log, and one of them keeps nothing of what is
// over. Users see no difference, now and at any time before.
func TestClosedJobsAnswerAsBefore(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	log := memory.New(memory.WithClock(func() time.Time { now = now.Add(time.Second); return now }))
	clock := func(o *api.Options) { o.Now = func() time.Time { return time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC) } }
	keeps := apitest.On(t, log, clock)
	closes := apitest.On(t, log, clock, func(o *api.Options) { o.KeepEnded, o.Instance = 1, "closes" })
	run := keeps.Create(apitest.OneTask)
	keeps.Plan("web", run, 2)
	keeps.Elect()
	told := func(slot uint32, state string) {
		exit := 137
		keeps.Append(keeps.Space.Task("web", slot), events.TaskStatusChanged{
			Run: run, Slot: slot, Attempt: 1, TaskID: clustertest.TaskID("web", run, slot, 1), State: state, UUID: []byte(state), Message: "it says", Exit: &exit,
			Addresses: []string{"10.0.0.1"}, ContainerID: "c",
		})
	}
	for slot := range uint32(2) {
		keeps.Append(keeps.Space.Task("web", slot), events.TaskStaged{
			Run: run, Version: 1, Group: "web", Slot: slot, Attempt: 1, TaskID: clustertest.TaskID("web", run, slot, 1),
			AgentID: "a1", Hostname: "host1", AgentURL: "http://host1:5051", HostPorts: []uint32{31000}, Resources: events.Resources{CPUs: 1, Mem: 64},
		})
		told(slot, "TASK_RUNNING")
	}
	told(0, "TASK_FAILED")
	keeps.Do("POST", "/v2/jobs/web/stop", "").Want(200)
	told(1, "TASK_KILLED")
	keeps.Create(strings.Replace(apitest.OneTask, `"id":"web"`, `"id":"other"`, 1))
	sequence := keeps.Do("GET", "/v2/cluster", "").Want(200).Header.Get("X-Taurus-Sequence")
	closes.Do("GET", "/v2/jobs?after="+sequence, "").Want(200)
	if !closes.API.Lacks("web") || keeps.API.Lacks("web") {
		t.Fatal("nothing was closed")
	}
	for _, target := range []string{
		"/v2/jobs", "/v2/jobs/web", "/v2/jobs/web/tasks", "/v2/jobs/web/tasks/0", "/v2/jobs/web/tasks/1", "/v2/jobs/web/tasks/7", "/v2/jobs/web/events",
		"/v2/jobs/web/explain", "/v2/jobs/web/versions", "/v2/jobs/web/rollout", "/v2/cluster", "/v2/agents", "/job/all", "/job/web", "/v2/jobs/none/tasks",
	} {
		for _, at := range []string{"?after=" + sequence, "?at=" + sequence} {
			want, got := keeps.Do("GET", target+at, ""), closes.Do("GET", target+at, "")
			if fmt.Sprint(got.Status, withoutRequest(got.Body)) != fmt.Sprint(want.Status, withoutRequest(want.Body)) {
				t.Errorf("%s%s:\n%d %s, and where nothing is closed\n%d %s", target, at, got.Status, got.Body, want.Status, want.Body)
			}
		}
	}
}

// withoutRequest takes out of a problem what is different each time.
func withoutRequest(body string) string {
	before, _, _ := strings.Cut(body, `,"request_id"`)
	return before
}
