package embedded_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/core/submission"
	"github.com/milosgajdos/taurus/internal/job"
	"github.com/milosgajdos/taurus/pkg/eventlog"
	"github.com/milosgajdos/taurus/pkg/events"
	"github.com/milosgajdos/taurus/sim/embedded"
	"github.com/milosgajdos/taurus/sim/world"
)

// The records of strangers that once stopped, froze or swelled every service. Each
// is passed over, and the job beside it is scaled and stopped as ever.

// strange are such records; the log has a running job "web".
func strange(t *testing.T, space events.Space) map[string]struct {
	m      events.Message
	reason string
} {
	t.Helper()
	env := events.Envelope{ID: "stranger", Source: "stranger", Time: time.Unix(0, 0)}
	encoded := func(subject string, ev events.Event) events.Message {
		m, err := events.Encode(subject, env, ev)
		must(t, err)
		return m
	}
	raw := func(subject, typeName, data string) events.Message {
		return events.Message{Subject: subject, Data: []byte(data), Header: map[string]string{
			events.HeaderID: "stranger", events.HeaderTime: "2026-03-01T12:00:00Z", events.HeaderType: typeName,
		}}
	}
	slots := func(from, to uint32) []events.SlotRange { return []events.SlotRange{{From: from, To: to, Attempt: 1}} }
	spec, err := world.Service("web", 1).JSON()
	must(t, err)
	return map[string]struct {
		m      events.Message
		reason string
	}{
		"a run that is no number":           {raw(space.Job("web"), "taurus.job.scaled.v1", `{"run":"x"}`), "malformed event body"},
		"no event at all":                   {events.Message{Subject: space.Plan("web"), Data: []byte("\xff")}, "malformed event envelope"},
		"kills of all slots there can be":   {encoded(space.Kill("web"), events.KillIssued{Run: 1, Slots: slots(0, math.MaxUint32)}), "the last is"},
		"plans of a million slots":          {encoded(space.Plan("web"), events.TasksPlanned{Run: 1, Version: 1, Group: "web", Slots: slots(0, 999_999)}), "slots names 1000000 attempts"},
		"a submission in a wrong partition": {encoded("taurus.ev.0.job.web", events.JobSubmitted{Spec: spec}), "not the partition of its job"},
		"a plan by the reaper":              {encoded(space.Kill("web"), events.TasksPlanned{Run: 1, Version: 1, Group: "web", Slots: slots(0, 0)}), "stands on subjects of plan"},
		"a status of another slot":          {encoded(space.Task("web", 0), events.TaskStatusChanged{Run: 1, Slot: 1, Attempt: 1, State: "TASK_FAILED"}), "on the subject of slot 0"},
		"a subscription to nothing":         {encoded(space.Launcher(0), events.SubscriptionOpened{StreamID: "s", Master: "http://h"}), "framework_id is missing"},
		"an election of another shard":      {encoded(space.Launcher(1), events.LauncherElected{Nonce: "n"}), "no shard 1"},
		"data that was changed":             {changed(encoded(space.Job("web"), events.JobStopped{Run: 1})), "checksum"},
	}
}

func changed(m events.Message) events.Message {
	m.Data = []byte(strings.Replace(string(m.Data), "1", "2", 1))
	return m
}

func TestStrangersRecord(t *testing.T) {
	for name, row := range strange(t, events.NewSpace(0)) {
		t.Run(name, func(t *testing.T) {
			trace(t, func(t *testing.T, w *embedded.World) {
				must(t, w.Submit(world.Service("web", 2)))
				time.Sleep(time.Minute)
				wantAlive(t, w, "web", 2)
				receipt, err := w.Log.Append(t.Context(), eventlog.Fact(row.m))
				must(t, err)
				time.Sleep(time.Minute)
				wantAlive(t, w, "web", 2)
				must(t, w.Command("web", submission.Scale{Replicas: 3, Limits: job.DefaultLimits()}))
				time.Sleep(time.Minute)
				wantAlive(t, w, "web", 3)
				w.Start("planner") // Replays it.
				must(t, w.Command("web", submission.Stop{}))
				time.Sleep(time.Minute)
				wantAlive(t, w, "web", 0)
				state, err := w.Fold(0)
				must(t, err)
				r := state.Rejections
				if r.Count != 1 || r.Newest[0].Sequence != receipt.Last || !strings.Contains(r.Newest[0].Reason, row.reason) {
					t.Errorf("rejections %+v, want %d: %s", r, receipt.Last, row.reason)
				}
			})
		})
	}
}

// TestStrangersSubmission of a job of 60,000 groups: the job fails alone, and at once.
func TestStrangersSubmission(t *testing.T) {
	trace(t, func(t *testing.T, w *embedded.World) {
		many := `{"id":"many","tasks":[` + strings.Repeat(`{},`, 59_999) + `{}]}`
		m, err := events.Encode(w.Space.Job("many"), events.Envelope{ID: "s", Time: time.Unix(0, 0)}, events.JobSubmitted{Spec: []byte(many)})
		must(t, err)
		_, err = w.Log.Append(t.Context(), eventlog.Fact(m))
		must(t, err)
		time.Sleep(time.Minute)
		state, err := w.Fold(0)
		must(t, err)
		if j := state.Jobs["many"]; j == nil || !j.Over() || !strings.Contains(j.OutcomeReason, "has 60000 entries") {
			t.Errorf("%+v", j)
		}
	})
}
