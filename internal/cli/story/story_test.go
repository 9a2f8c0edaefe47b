package story_test

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/milosgajdos/taurus/internal/cli/story"
	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

func shown(t *testing.T, ev events.Event) projection.Event {
	t.Helper()
	data, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	return projection.Event{Sequence: 1, Type: ev.Type(), Subject: events.NewSpace(0).Job("web"), Job: "web", Actor: "ann", Data: data}
}

// TestTell tells every event there is.
func TestTell(t *testing.T) {
	three, yes, no := 3, true, false
	spec := jsontext.Value(`{"tasks":[{"name":"web","replicas":2,"container":{"image":"nginx"}},{"name":"db","replicas":1,"container":{"image":"pg"}}]}`)
	one := []events.SlotRange{{From: 4, To: 4, Attempt: 1}}
	for _, c := range []struct {
		ev   events.Event
		want string
	}{
		{events.JobSubmitted{Spec: spec}, "submitted: 2 x nginx (web), 1 x pg (db), by ann"},
		{events.JobScaled{Group: "web", Replicas: 1}, "group web scaled to 1 task, by ann"},
		{events.JobStopped{Reason: "closing"}, "told to stop: closing, by ann"},
		{events.JobDeleted{}, "deleted from the lists, by ann"},
		{events.TasksPlanned{Group: "web", Slots: []events.SlotRange{{From: 0, To: 3, Attempt: 1}, {From: 5, To: 5, Attempt: 2}}}, "slots 0-3, 5 (attempt 2) of group web planned"},
		{events.TasksPlanned{Group: "web", Slots: one, NotBefore: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Reason: "it failed"}, "slot 4 of group web planned, not before 03:04:05: it failed"},
		{events.JobUpdated{Version: 4}, "updated to version 4, by ann"},
		{events.JobUpdated{Version: 5, RevertOf: 3}, "updated to version 5, which is version 3 again, by ann"},
		{events.KillRequested{Group: "web", Reason: "stuck"}, "the tasks of group web are to be killed, and started again: stuck, by ann"},
		{events.KillRequested{Group: "web", Slots: one}, "slot 4 is to be killed, and started again, by ann"},
		{events.KillRequested{}, "all tasks are to be killed, and started again, by ann"},
		{
			events.KillRequested{Group: "web", Slots: one, Reason: "bad disk", Version: 3, Replicas: 2},
			"slot 4 of group web to be killed, and the group scaled down to 2 tasks: bad disk, by ann",
		},
		{events.JobRestarted{Group: "web", Slots: one, Reason: "leaks"}, "told to restart slot 4 of group web: leaks, by ann"},
		{events.JobRestarted{Group: "web", Reason: "new certificate"}, "told to restart group web: new certificate, by ann"},
		{events.VersionTagged{Version: 5, Tag: "stable"}, "version 5 tagged stable, by ann"},
		{events.VersionTagged{Version: 5}, "version 5 has no tag any more, by ann"},
		{events.RolloutSteered{Version: 5, Action: "rollback", To: 2, Reason: "slow"}, "rollout of version 5: told to go back to version 2: slow, by ann"},
		{events.RolloutEnded{Version: 5, Outcome: "succeeded"}, "rollout of version 5 succeeded"},
		{events.RolloutReverted{Version: 5, To: 2, Reason: "late"}, "rollout of version 5 failed, going back to version 2: late"},
		{events.TasksDoomed{Slots: one, Reason: "scaled down"}, "slot 4 should end: scaled down"},
		{events.KillIssued{Slots: one}, "slot 4 being killed"},
		{events.JobCompleted{}, "completed: its tasks ended well"},
		{events.JobFailed{Slot: 2, Attempt: 3, Reason: "too often", Exit: &three}, "failed at slot 2, attempt 3: too often (exit status 3)"},
		{events.TaskStaged{Slot: 1, Attempt: 1, Hostname: "h", HostPorts: []uint32{1, 2}}, "slot 1 launched on h with ports 1, 2"},
		{events.TaskStaged{Slot: 1, Attempt: 2, Hostname: "h", HostPorts: []uint32{1}}, "slot 1 (attempt 2) launched on h with port 1"},
		{events.TaskWithdrawn{Slot: 1, Attempt: 1, Reason: "doomed first"}, "slot 1 will not run: doomed first"},
		{events.TaskAdopted{Slot: 1, Attempt: 1}, "slot 1 found running in Mesos, though the log did not know it"},
		{events.TaskStatusChanged{Slot: 1, Attempt: 1, State: "TASK_RUNNING", Healthy: &yes}, "slot 1 runs and is healthy"},
		{events.TaskStatusChanged{Slot: 1, Attempt: 1, State: "TASK_RUNNING", Healthy: &no, Reason: "REASON_X"}, "slot 1 runs but is unhealthy"},
		{events.TaskStatusChanged{Slot: 1, Attempt: 1, State: "TASK_FAILED", Exit: &three, Message: "oh"}, "slot 1 failed (exit status 3): oh"},
		{events.TaskStatusChanged{Slot: 1, Attempt: 1, State: "TASK_FAILED", Exit: &three, Message: "Container exited with status 3", Reason: "REASON_COMMAND_EXECUTOR_FAILED"}, "slot 1 failed (exit status 3)"},
		{events.TaskStatusChanged{Slot: 1, Attempt: 1, State: "TASK_FAILED", Exit: &three, Message: "Container exited with status 4"}, "slot 1 failed (exit status 3): Container exited with status 4"},
		{events.TaskStatusChanged{Slot: 1, Attempt: 1, State: "TASK_LOST", Reason: "REASON_AGENT_REMOVED"}, "slot 1 is lost: agent removed"},
		{events.TaskStatusChanged{Slot: 1, Attempt: 1, State: "TASK_NEW"}, "slot 1 is NEW"},
		{events.LauncherElected{Instance: "l-1"}, "launcher l-1 took over"},
		{events.FrameworkRegistered{FrameworkID: "f"}, "Mesos knows taurus as framework f"},
		{events.SubscriptionOpened{Master: "http://m"}, "subscribed to the Mesos master at http://m"},
		{events.SubscriptionClosed{Reason: "eof"}, "subscription to Mesos ended: eof"},
		{events.AgentDrained{Hostname: "h1", Reason: "new disks"}, "host h1 is to be left by all tasks: new disks, by ann"},
		{events.AgentDrained{AgentID: "S1", Hostname: "h1", Deadline: time.Unix(1_800_000_000, 0)}, "agent S1 is to be left by all tasks until 2027-01-15T08:00:00Z, by ann"},
		{events.AgentRestored{Hostname: "h1"}, "host h1 may have tasks again, by ann"},
		{events.TokenCreated{ID: "0a", Owner: "bob", Roles: []string{"shop", "reader"}, Expires: time.Unix(1_800_000_000, 0)}, "token 0a of bob created with roles shop, reader, until 2027-01-15T08:00:00Z, by ann"},
		{events.TokenCreated{ID: "0a", Owner: "bob", Roles: []string{"shop"}}, "token 0a of bob created with role shop, for good, by ann"},
		{events.TokenRevoked{ID: "0a", Reason: "lost"}, "token 0a revoked: lost, by ann"},
		{events.RoleSet{Name: "shop", Grants: []events.Grant{{Rights: []string{"read", "stop"}, Jobs: []string{"shop/*", "cart"}}, {Rights: []string{"explain"}, Jobs: []string{"*"}}}}, "role shop gives read, stop on shop/*, cart; explain on *, by ann"},
		{events.RoleRemoved{Name: "shop"}, "role shop removed, by ann"},
		{events.GroupBound{Group: "/org/shop", Roles: []string{"shop"}}, "group /org/shop has role shop, by ann"},
		{events.GroupBound{Group: "/org/shop"}, "group /org/shop has no role, by ann"},
		{events.PolicySet{Hash: "00112233445566778899"}, "policy set to 001122334455, by ann"},
		{events.PolicySet{Hash: "0011"}, "policy set to 0011, by ann"},
		{events.TasksListed{Loss: 46, Tasks: 2}, "Mesos has listed what it runs since the loss of a part of the log (46): 2 tasks"},
		{events.AgentUnavailable{AgentID: "S1", From: time.Unix(1_800_000_000, 0)}, "maintenance of S1 is planned from 2027-01-15T08:00:00Z"},
		{events.AgentUnavailable{AgentID: "S1", Hostname: "h1"}, "no maintenance of h1 is planned any more"},
		{events.LogSealed{Through: 9}, "log sealed up to 9, by ann"},
		{events.SequenceSkipped{}, "lost record of this sequence skipped, by ann"},
		{events.LossAccepted{From: 4, To: 6, Reason: "the disk broke"}, "loss of 4..6 accepted: the disk broke, by ann"},
		{events.LogCreated{ID: "x1"}, "log x1 created, by ann"},
		{events.RequestAnswered{Principal: "bob", Method: "POST", Route: "/v2/jobs", Outcome: "refused"}, "bob asked for POST /v2/jobs: refused"},
		{events.RequestAnswered{Method: "GET", Route: "/v2/tokens", Outcome: "refused"}, "nobody known asked for GET /v2/tokens: refused"},
		{events.TokenUsed{ID: "0a1b", Owner: "bob"}, "token 0a1b of bob is in use"},
		{events.VerdictChanged{Waiting: 1, Group: "web", Summary: "too few cpus"}, "1 task of group web waits: too few cpus"},
		{events.VerdictChanged{Waiting: 2, Group: "web", Summary: "too few cpus"}, "2 tasks of group web wait: too few cpus"},
	} {
		if got := story.Tell(shown(t, c.ev)); got != c.want {
			t.Errorf("%s: %q, want %q", c.ev.Type(), got, c.want)
		}
	}
}

// What did not count is told with why; an api that does not say leaves it out.
func TestWhatDidNotCountIsTold(t *testing.T) {
	runs := events.TaskStatusChanged{Slot: 1, Attempt: 1, State: "TASK_RUNNING"}
	ended := projection.Result{Run: 1, Touched: []projection.Touched{{From: 1, To: 1, Attempt: 1, State: "KILLED"}}}
	for _, c := range []struct {
		ev        events.Event
		judgement string
		result    projection.Result
		want      string
	}{
		{runs, "", projection.Result{}, "slot 1 runs"},
		{runs, "counted", projection.Result{}, "slot 1 runs"},
		{runs, "outranked", ended, "slot 1 runs (does not count: it is KILLED already)"},
		{runs, "repeated", ended, "slot 1 runs (does not count: the log says so already)"},
		{runs, "stale_epoch", projection.Result{}, "slot 1 runs (does not count: its launcher had been replaced)"},
		{runs, "unmatched", projection.Result{}, "slot 1 runs (does not count: no such task is there)"},
		{runs, "skipped", projection.Result{}, "slot 1 runs (does not count: the api does not know such events)"},
		{runs, "put_off", projection.Result{}, "slot 1 runs (does not count: put off)"},
		{events.JobStopped{}, "outranked", projection.Result{}, "told to stop, by ann (does not count: what stands is newer)"},
		{events.SubscriptionClosed{Reason: "eof"}, "outranked", projection.Result{}, "subscription to Mesos ended: eof (does not count: what stands is newer)"},
	} {
		e := shown(t, c.ev)
		e.Judgement, e.Result = c.judgement, c.result
		if got := story.Tell(e); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.ev.Type(), c.judgement, got, c.want)
		}
	}
}

func TestRejectedEventsAreTold(t *testing.T) {
	for want, e := range map[string]projection.Event{
		"taurus.job.scaled.v1 is rejected: malformed":      {Type: "taurus.job.scaled.v1", Data: jsontext.Value(`"x"`), Judgement: "rejected", Rejection: "malformed"},
		"something without a type is rejected: no subject": {Data: jsontext.Value(`{}`), Judgement: "rejected", Rejection: "no subject"},
	} {
		if got := story.Tell(e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestUnknownEventsAreTold(t *testing.T) {
	for _, e := range []projection.Event{
		{Type: "taurus.job.renamed.v1", Data: jsontext.Value(`{}`)},
		{Type: "taurus.job.renamed.v1", Data: jsontext.Value(`{}`), Judgement: "skipped"},
		{Type: "taurus.job.submitted.v9", Data: jsontext.Value(`{}`)},
		{Type: "taurus.job.stopped.v1", Data: jsontext.Value(`[]`)},
	} {
		if got := story.Tell(e); got != e.Type+" happened, of which this taurus knows nothing" {
			t.Errorf("%s: %q", e.Type, got)
		}
	}
}

func FuzzTell(f *testing.F) {
	f.Add("taurus.task.status_changed.v1", []byte(`{"slot":1,"state":"TASK_FAILED","exit":1}`))
	f.Add("taurus.plan.tasks_planned.v1", []byte(`{"slots":[{"from":3,"to":1}]}`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if got := story.Tell(projection.Event{Type: name, Data: data}); got == "" && name != "" {
			t.Error("an event without a sentence")
		}
	})
}
