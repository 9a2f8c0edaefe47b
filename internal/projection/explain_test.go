package projection_test

import (
	"testing"
	"time"

	"github.com/milosgajdos/taurus/internal/projection"
	"github.com/milosgajdos/taurus/pkg/events"
)

// TestExplainAhead: what runs though the log has lost why, and what ends that.
func TestExplainAhead(t *testing.T) {
	t.Parallel()
	l := begin("service", 1)
	l.start(1)
	l.adopt(0, 2, 1)
	m := replayed(t, l.log)
	why, ok := m.Explain("a", nil, projection.Parts{}, time.Unix(1000, 0))
	if !ok || len(why.Reasons) == 0 || why.Reasons[0].Code != projection.CodeAhead || why.Reasons[0].Tasks != 1 {
		t.Fatalf("%+v", why)
	}
	const want = "the log has lost a change of it: 1 task of it runs ahead of the log, and goes on until the job is stopped or scaled"
	if why.Summary != want {
		t.Errorf("summary %q, want %q", why.Summary, want)
	}
	tasks, ok := m.Slot("a", 1, time.Unix(1000, 0))
	if !ok || len(tasks) != 1 || !tasks[0].Ahead {
		t.Errorf("%+v", tasks)
	}
}

// TestExplainTellsAReasonOnce: tasks that failed alike at different times back
// off to different times, and are one reason with the first of them.
func TestExplainTellsAReasonOnce(t *testing.T) {
	t.Parallel()
	const slots = 3
	l := begin("service", slots)
	l.start(slots)
	until := time.Unix(1000, 0)
	for n := range uint32(slots) {
		l.report(n, "TASK_FAILED")
		l.append(spaceOf().Plan("a"), events.TasksPlanned{
			Run: l.run, Version: 1, Group: "g", Slots: []events.SlotRange{{From: n, To: n, Attempt: 2}},
			NotBefore: until.Add(time.Duration(slots-n) * time.Second),
		})
	}
	m := replayed(t, l.log)
	why, ok := m.Explain("a", nil, projection.Parts{}, until)
	if !ok || len(why.Reasons) < 1 {
		t.Fatalf("%+v", why)
	}
	var backoff []projection.Reason
	for _, r := range why.Reasons {
		if r.Code == projection.CodeBackoff {
			backoff = append(backoff, r)
		}
	}
	if len(backoff) != 1 || backoff[0].Tasks != slots || !backoff[0].Until.Equal(until.Add(time.Second)) {
		t.Fatalf("%+v", backoff)
	}
}

// TestExplainALogThatTakesNothing: what the other parts say of themselves is old then,
// and is not told; of a job that waits for nothing there is nothing to tell.
func TestExplainALogThatTakesNothing(t *testing.T) {
	t.Parallel()
	l := begin("service", 1)
	parts := projection.Parts{Stuck: "no write to NATS has worked for 1m", Reaper: projection.Part{Missing: "no reaper"}}
	m := replayed(t, l.log)
	why, ok := m.Explain("a", nil, parts, time.Unix(1000, 0))
	if !ok || why.Reasons[0].Code != projection.CodeLogStuck || why.Summary != "nothing is stored: no write to NATS has worked for 1m" {
		t.Errorf("%+v", why)
	}
	if waits := m.WaitsFor("a", parts); waits != why.Summary {
		t.Errorf("it waits for %q", waits)
	}
}
